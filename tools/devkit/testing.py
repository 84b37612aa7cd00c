# SPDX-License-Identifier: Apache-2.0
"""Running every test and adding up what came of it.

The C++ tests run once (ctest), the Python tests once per interpreter (pytest, in parallel). Both
write JUnit files, which are what is counted; a run that dies before it writes one counts as failed.
"""

from __future__ import annotations

import os
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from devkit import pythons, setup
from devkit.setup import BUILD, Interpreter
from devkit.shell import ROOT, Stop, run, say

ALSO = "3.14"  # Beside the default interpreter, every test runs on this one.
NO_TESTS = 5  # pytest's exit code when nothing was selected.


@dataclass
class Totals:
    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def add(self, other: Totals) -> None:
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped

    def line(self) -> str:
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


@dataclass(frozen=True)
class Options:
    """What of the tests to run."""

    expression: str | None = None  # -k
    update: bool = False  # Rewrite goldens instead of comparing.
    fast: bool = False  # Leave out what is marked slow.
    pythons: tuple[str, ...] = ()  # Only these interpreters.
    all: bool = False  # Every version served.
    smoke: bool = False  # The short sample on the other versions.


def command(options: Options) -> int:
    """`./dev test` and `./dev fast`; prints the closing line."""
    full, sampled = _interpreters(options)
    setup.build([*full, *sampled], tests=True)
    totals = _unit_tests(options)
    for target in full:
        totals.add(_python_tests(target, options, sample=False))
    for target in sampled:
        totals.add(_python_tests(target, options, sample=True))
    print(totals.line(), flush=True)
    return 1 if totals.failed else 0


def _interpreters(options: Options) -> tuple[list[Interpreter], list[Interpreter]]:
    """Those that run every test, and those that run the sample."""
    default = setup.default_interpreter()
    if options.pythons:
        return [setup.interpreter(name) for name in options.pythons], []
    if options.all:
        return _unique([default, *_available(pythons.SERVED)]), []
    if options.fast or options.expression or options.update:
        return [default], []
    full = _unique([default, *_available([ALSO])])
    if not options.smoke:
        return full, []
    done = {each.short for each in full}
    return full, _available([version for version in pythons.SERVED if version not in done])


def _available(versions: Sequence[str]) -> list[Interpreter]:
    """Those of VERSIONS that are here or can be brought; says which are not."""
    found = []
    for version in versions:
        try:
            found.append(setup.interpreter(version))
        except Stop as problem:
            say(f"without CPython {version}: {problem}")
    return found


def _unique(interpreters: Sequence[Interpreter]) -> list[Interpreter]:
    return list({each.version: each for each in interpreters}.values())


def _unit_tests(options: Options) -> Totals:
    say("C++ tests")
    results = BUILD / "ctest.xml"
    results.unlink(missing_ok=True)
    jobs = str(os.cpu_count() or 2)
    words = ["ctest", "--test-dir", BUILD, "-j", jobs, "--output-on-failure", "--progress"]
    words += ["--output-junit", results, "--no-tests=ignore"]
    if options.expression:
        words += ["-R", options.expression]
    status = run(words, check=False, env=_environment(options))
    return _count(results, status, "the C++ tests")


def _python_tests(target: Interpreter, options: Options, *, sample: bool) -> Totals:
    setup.install(target)
    say(f"Python tests on CPython {target.version}" + (" (sample)" if sample else ""))
    results = BUILD / f"pytest-{target.version}.xml"
    results.unlink(missing_ok=True)
    words = [target.python, "-m", "pytest", "-q", f"--junitxml={results}"]
    words += ["-n", str(os.cpu_count() or 2), "--dist", "loadgroup"]
    if options.expression:
        words += ["-k", options.expression]
    if sample:
        words += ["-m", "smoke"]
    elif options.fast:
        words += ["-m", "not slow"]
    environment = _environment(options)
    # A test that starts `python3` or `hone` by name must get this environment's.
    path = f"{target.venv / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    status = run(words, check=False, env=environment | {"PATH": path})
    if status == NO_TESTS:
        return Totals()
    return _count(results, status, f"the Python tests on {target.version}")


def _environment(options: Options) -> dict[str, str]:
    """Goldens look at HONE_UPDATE; see tests/golden."""
    return {"HONE_UPDATE": "1"} if options.update else {}


def _count(results: Path, status: int, what: str) -> Totals:
    """The totals in a JUnit file; a run that failed without a failed test counts as one."""
    totals = Totals()
    try:
        suites = ElementTree.parse(results).getroot().iter("testsuite")
    except (FileNotFoundError, ElementTree.ParseError):
        if status == 0:
            return totals
        say(f"{what} ended with status {status} and wrote no results")
        return Totals(failed=1)
    for suite in suites:
        number = {key: int(suite.get(key) or 0) for key in ("tests", "failures", "errors")}
        skipped = int(suite.get("skipped") or 0) + int(suite.get("disabled") or 0)
        failed = number["failures"] + number["errors"]
        totals.add(Totals(number["tests"] - failed - skipped, failed, skipped))
    if status != 0 and totals.failed == 0:
        say(f"{what} ended with status {status} though no test failed")
        totals.failed = 1
    return totals


def sanitize() -> int:
    """The unit tests of the Python-free rooms under ASan and UBSan."""
    run(["cmake", "--preset", "sanitize"])
    jobs = str(os.cpu_count() or 2)
    run(["cmake", "--build", ROOT / "build/sanitize", "-j", jobs, "--target", "unit-tests"])
    results = ROOT / "build/sanitize/ctest.xml"
    words = ["ctest", "--preset", "sanitize", "-j", jobs, "--output-junit", results]
    status = run([*words, "--no-tests=ignore"], check=False)
    totals = _count(results, status, "the sanitized tests")
    print(totals.line(), flush=True)
    return 1 if totals.failed else 0
