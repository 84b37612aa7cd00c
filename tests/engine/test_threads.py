# SPDX-License-Identifier: Apache-2.0
"""Threads that come to the compiler at the same time."""

from __future__ import annotations

import subprocess
import sys

SOURCE = """
import sys, threading
from hone import _jit
_jit.configure(threshold=1)
text = "def work(n):\\n    total = 0\\n    for i in range(n):\\n        total += i & 3\\n    return total\\n"
functions = []
for number in range(8):
    names = {}
    exec(_jit.prepare(compile(text, f"{number}.py", "exec")), names)
    functions.append(names["work"])
sys.setswitchinterval(1e-6)
start = threading.Barrier(len(functions))
results = []
def call(function):
    start.wait()
    results.append([function(1000) for _ in range(4)])
threads = [threading.Thread(target=call, args=(function,)) for function in functions]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(results == [[1500] * 4] * len(functions))
"""


def test_the_first_functions_are_compiled_in_several_threads() -> None:
    """What is made at the first compilation must not wait for another thread with the GIL in hand."""
    for _ in range(5):
        done = subprocess.run(
            [sys.executable, "-c", SOURCE], capture_output=True, text=True, timeout=600, check=False
        )
        assert (done.stdout, done.returncode) == ("True\n", 0), done.stderr
