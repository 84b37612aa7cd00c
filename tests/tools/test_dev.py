# SPDX-License-Identifier: Apache-2.0
"""./dev hands words on to what it runs, options too."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

DEV = Path(__file__).parents[2] / "dev"
SPLIT = f"""
import runpy, sys
split = runpy.run_path({str(DEV)!r}, run_name="dev")["split"]
print(split(sys.argv[1:]))
"""


def split(*words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", SPLIT, *words], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_what_goes_on_to_the_program() -> None:
    assert split("fuzz", "--seconds", "5") == "(['fuzz'], ['--seconds', '5'])"
    assert (
        split("suite", "--python", "3.14", "test_int")
        == "(['suite', '--python', '3.14'], ['test_int'])"
    )
    assert split("bench", "compile", "--quick") == "(['bench', 'compile'], ['--quick'])"
    assert split("bench") == "(['bench'], [])"
    assert split("explain", "-m", "a:f") == "(['explain'], ['-m', 'a:f'])"


def test_what_stays() -> None:
    assert split("test", "-k", "x") == "(['test', '-k', 'x'], [])"
    assert split("fuzz", "--help") == "(['fuzz', '--help'], [])"
    assert split() == "([], [])"
