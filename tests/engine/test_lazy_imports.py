# SPDX-License-Identifier: Apache-2.0
"""Names that `lazy import` (PEP 810) binds: their first use imports, in compiled code too."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import sys
from hone import _jit

_jit.configure(threshold=0)
source = '''
lazy import colorsys
lazy from colorsys import rgb_to_hsv

def attribute(x):
    return colorsys.rgb_to_hls(x, 0.5, 0.25)

def name(x):
    return rgb_to_hsv(x, 0.5, 0.25)

def late(x, use):
    return colorsys if use else x
'''
names = {"__name__": "lazily"}
exec(_jit.prepare(compile(source, "lazily.py", "exec")), names)
print("colorsys" in sys.modules, names["late"](1, False), "colorsys" in sys.modules)
print([names["attribute"](0.75) for _ in range(3)], names["late"](1, True) is sys.modules["colorsys"])
print([names["name"](0.75) for _ in range(3)])
print(sorted(row["qualname"] for row in _jit.report() if row["state"] == "compiled"))
"""


@pytest.mark.skipif(sys.version_info < (3, 15), reason="lazy imports came with 3.15")
def test_the_first_use_imports() -> None:
    import colorsys

    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "False 1 False",
        f"{[colorsys.rgb_to_hls(0.75, 0.5, 0.25)] * 3} True",
        f"{[colorsys.rgb_to_hsv(0.75, 0.5, 0.25)] * 3}",
        "['attribute', 'late', 'name']",
    ]
