# SPDX-License-Identifier: Apache-2.0
"""What the compiler says of its functions."""

from __future__ import annotations

import subprocess
import sys

# Functions in cycles are garbage that only a collection finds: the next new object may begin one.
SOURCE = """
import gc
from hone import _jit
_jit.configure(threshold=1)
gc.disable()
for number in range(300):
    names = {}
    text = f"def work{number}(n):\\n    return n + 1\\n"
    exec(_jit.prepare(compile(text, f"{number}.py", "exec")), names)
    names["itself"] = names
del names
gc.set_threshold(20)
gc.enable()
print(len(_jit.report()) >= 300, gc.isenabled())
"""


def test_functions_that_are_garbage_do_not_disturb_it() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SOURCE], capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.returncode) == ("True True\n", 0), done.stderr
