# SPDX-License-Identifier: Apache-2.0
"""CPython's own tests of cProfile, profile and pstats with hone's profiler in cProfile's place.

Failures that are expected stand in EXPECTED with their reason; one that is gone fails here, too.
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.rivals import environment

ROOT = Path(__file__).resolve().parents[2]

CPROFILE = (
    "test.test_cprofile"
    if sys.version_info < (3, 15)
    else "test.test_profiling.test_tracing_profiler"
)
FEWEST = {CPROFILE: 14, "test.test_profile": 6, "test.test_pstats": 8}
# Method of a test -> why it fails.
EXPECTED = {
    "test_crash_with_not_enough_args": "calls private methods of _lsprof.Profiler (its callbacks for "
    "sys.monitoring), which hone's has no use for",
}

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("test") is None or importlib.util.find_spec(CPROFILE) is None,
    reason="this interpreter comes without CPython's package `test`",
)


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return environment.make(tmp_path_factory.mktemp("shim") / "env", "cProfile")


@pytest.mark.smoke
@pytest.mark.parametrize("module", FEWEST)
def test_cpythons_own_tests_pass(module: str, python: Path) -> None:
    command = [python, "-m", "tests.rivals.child", module, "cProfile"]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=600
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout.splitlines()[-1])
    assert answer["file"].endswith("hone/cprofile.py")
    failed = {test: text for test, text in answer["failed"].items() if not _expected(test)}
    assert failed == {}
    assert len(answer["passed"]) >= FEWEST[module]
    missing = [name for name in EXPECTED if f".{name}" in " ".join(answer["passed"])]
    assert missing == [], "these pass now: take them off the list"


def _expected(test: str) -> bool:
    """A subtest's id has its parameters behind the method."""
    return test.partition(" ")[0].rpartition(".")[2] in EXPECTED
