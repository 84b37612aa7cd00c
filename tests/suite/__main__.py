# SPDX-License-Identifier: Apache-2.0
"""CPython's own tests, plain against compiled: what passes plainly must pass compiled.

Runs the files of tests/suite/tests.toml with the modules they test compiled at first call; what
fails there only is a difference. Known ones stand in the same file, each with its reason; one that
passes again is an error too. Too long for CI.
"""

from __future__ import annotations

import argparse
import fnmatch
import json
import os
import subprocess
import sys
import tempfile
import time
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TABLE = Path(__file__).with_name("tests.toml")
ENGINES = ("never", "always", "1")  # exits: none but real ones, at every guard, by seed


@dataclass
class Outcome:
    """Of one test file: what failed, by test; how the process ended."""

    failed: dict[str, str] = field(default_factory=dict)
    passed: set[str] = field(default_factory=set)


def run(python: str, test: str, engine: str, modules: list[str], timeout: float) -> Outcome:
    with tempfile.TemporaryDirectory(prefix="hone-suite-") as folder:
        out = Path(folder, "lines")
        command = [python, "-m", "tests.suite.child", test, str(out), engine, *modules]
        try:
            child = subprocess.run(
                command,
                cwd=ROOT,
                env=os.environ | {"PYTHONHASHSEED": "0"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                timeout=timeout,
                check=False,
            )
            ended = f"exit code {child.returncode}" if child.returncode else ""
            if ended:
                ended += ": " + child.stderr.decode("utf-8", "replace")[-600:]
        except subprocess.TimeoutExpired:
            ended = f"no end after {timeout:.0f} s"
        lines = out.read_text(encoding="utf-8").splitlines() if out.exists() else []
    return collect([json.loads(line) for line in lines], ended)


def collect(lines: list[list[str]], ended: str) -> Outcome:
    outcome, last = Outcome(), "(import)"
    for kind, name, *said in lines:
        last = name
        if kind == "done" and said[0]:
            outcome.failed[name] = said[0]
        elif kind == "done":
            outcome.passed.add(name)
    if ended:
        outcome.failed[last] = ended
        outcome.passed.discard(last)
    return outcome


def differences(plain: Outcome, other: Outcome) -> dict[str, str]:
    missing = dict.fromkeys(plain.passed - other.passed - set(other.failed), "did not run")
    failed = {name: said for name, said in other.failed.items() if name not in plain.failed}
    return failed | (missing if not failed else {})


def known(table: dict[str, str], name: str, version: str) -> str | None:
    """The reason of an expected failure: keys are patterns of test ids, `3.14 PATTERN` for one
    version only."""
    for key, reason in table.items():
        only, _, pattern = key.rpartition(" ")
        if (not only or only == version) and fnmatch.fnmatch(name, pattern):
            return reason
    return None


def options(tests: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.suite", description=__doc__)
    parser.add_argument("tests", nargs="*", default=tests, help="files, such as test_int")
    parser.add_argument("-e", dest="engines", action="append", choices=ENGINES)
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--timeout", type=float, default=400.0, help="seconds for a file")
    return parser.parse_args()


def main() -> int:
    table = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    given = options(list(table["tests"]))
    version = subprocess.check_output(
        [given.python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"], text=True
    ).strip()
    bad = 0
    for test in given.tests:
        modules = table["tests"][test]
        plain = run(given.python, test, "plain", modules, given.timeout)
        for engine in given.engines or ENGINES:
            start = time.monotonic()
            other = run(given.python, test, engine, modules, given.timeout)
            found = differences(plain, other)
            reasons = {name: known(table["known"], name, version) for name in found}
            new = {name: said for name, said in found.items() if reasons[name] is None}
            bad += len(new)
            print(
                f"{test} exits={engine}: {len(other.passed)} passed, {len(found) - len(new)} known, "
                f"{len(new)} differ, {time.monotonic() - start:.1f} s",
                flush=True,
            )
            for name, said in new.items():
                print(f"    {name}: {said}", flush=True)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
