# SPDX-License-Identifier: Apache-2.0
"""The cases of compiled_lines.py, in a process of their own: loops that are entered hold one of
sys.monitoring's ids up to its end, which tests of other tools need."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_lines_of_compiled_functions() -> None:
    cases = Path(__file__).with_name("compiled_lines.py")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(cases)],
        cwd=cases.parents[2],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout
