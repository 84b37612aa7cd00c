# SPDX-License-Identifier: Apache-2.0
"""Running the suites of suites.toml: a source distribution is fetched with pip into .cache/ (wheels have no
tests), its tests alone are unpacked, nothing is copied. Each suite runs in a pytest of its own, whose plugin
puts ours in the tool's place."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache" / "rivals"
TABLE = Path(__file__).with_name("suites.toml")
VERSION = f"{sys.version_info[0]}.{sys.version_info[1]}"


class Unreachable(Exception):
    """The suite could not be fetched."""


@dataclass(frozen=True)
class Suite:
    name: str
    project: str
    version: str
    plugin: str
    files: list[str]
    sample: list[str]
    expected: dict[str, str]  # test -> why it fails
    left_out: dict[str, str] = field(default_factory=dict)  # file -> why it is not run
    needs: list[str] = field(default_factory=list)  # packages of its tests


@dataclass(frozen=True)
class Result:
    """Names of tests without parameters; what failed with any is failed."""

    passed: set[str]
    failed: set[str]
    closing: str  # pytest's last line

    def wrong(self, suite: Suite, whole: bool) -> list[str]:
        """What is not as the table says."""
        out = [f"{name} fails" for name in sorted(self.failed - suite.expected.keys())]
        out += [
            f"{name} passes, though it is listed as failing"
            for name in sorted(self.passed & suite.expected.keys())
        ]
        if whole:
            gone = suite.expected.keys() - self.passed - self.failed
            out += [f"{name} is listed, but there is no such test" for name in sorted(gone)]
        return out


def suites() -> dict[str, Suite]:
    """Those of the table, with what fails on this interpreter."""
    found = {}
    for name, row in tomllib.loads(TABLE.read_text(encoding="utf-8")).items():
        only: dict[str, Any] = row.pop("only", {})
        row["expected"] = row["expected"] | only.get(VERSION, {})
        found[name] = Suite(name, **row)
    return found


def fetch(suite: Suite) -> Path:
    """The folder of its tests, alone: beside its sources they would test these. Raises Unreachable."""
    title = f"{suite.project.replace('-', '_')}-{suite.version}"
    folder = CACHE / title
    if folder.is_dir():
        return folder / "tests"
    if suite.needs:
        _pip("install", "--target", str(CACHE / "lib"), *suite.needs)
    wanted = f"{suite.project}=={suite.version}"
    _pip("download", "--no-deps", "--no-binary", suite.project, "-d", str(CACHE), wanted)
    with tarfile.open(CACHE / f"{title}.tar.gz") as archive:
        inside = [each for each in archive if each.name.startswith(f"{title}/tests/")]
        archive.extractall(CACHE / "unpacked", inside, filter="data")
    (CACHE / "unpacked" / title).rename(folder)
    return folder / "tests"


def _pip(*words: str) -> None:
    command = [sys.executable, "-m", "pip", "-q", "--disable-pip-version-check", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Unreachable((done.stderr.strip().splitlines() or ["pip failed"])[-1])


def run(suite: Suite, files: Sequence[str]) -> Result:
    """Raises Unreachable."""
    tests = fetch(suite)
    words = ["-q", "-rpfE", "-p", "no:cacheprovider", "-c", os.devnull, "--import-mode=importlib"]
    words += [str(tests / f"{name}.py") for name in files]
    path = os.pathsep.join([str(ROOT), str(CACHE / "lib")])
    # By the environment, so that the pytests which tests start have it too.
    environment = os.environ | {"PYTHONPATH": path, "PYTEST_PLUGINS": suite.plugin}
    environment.pop("PYTEST_ADDOPTS", None)
    environment.pop("PYTEST_XDIST_WORKER", None)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *words],
        cwd=CACHE,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    rows = re.findall(r"^(PASSED|FAILED|ERROR) \S+?::(?:\w+::)*(\w+)", done.stdout, re.MULTILINE)
    failed = {name for kind, name in rows if kind != "PASSED"}
    passed = {name for kind, name in rows if kind == "PASSED"} - failed
    if not passed:
        raise RuntimeError(f"{suite.name}: nothing passed\n{done.stdout[-3000:]}{done.stderr}")
    return Result(passed, failed, done.stdout.splitlines()[-1])
