# SPDX-License-Identifier: Apache-2.0
"""CPython's own test_timeit against hone.timeit. No failure is expected, so none is listed."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FEWEST = 30  # 3.11 has 35 of them; with far fewer something else was run


@pytest.mark.smoke
@pytest.mark.skipif(
    importlib.util.find_spec("test") is None,
    reason="this interpreter comes without CPython's package `test`",
)
def test_cpythons_own_tests_pass() -> None:
    command = [sys.executable, "-m", "tests.rivals.child", "test.test_timeit", "timeit"]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout.splitlines()[-1])
    assert answer["file"].endswith("hone/timeit.py")
    assert answer["failed"] == {}
    assert answer["skipped"] == {}
    assert len(answer["passed"]) >= FEWEST
