# SPDX-License-Identifier: Apache-2.0
"""Programs that crash under `hone profile` and `hone lines`: they die as they die without, and what was
recorded up to then is written."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from hone.line_profiler import load_stats
from tests.measure.test_profile_command import counts, run

HEAD = """\
import ctypes, os, signal, sys, threading, time
def f():
    return 1
f(); f()
print("lost", end="")
"""
CRASHES = {
    "fault": ("ctypes.string_at(0)", signal.SIGSEGV),
    "deep": ("def deep(n): deep(n - 1) if n else ctypes.string_at(0)\ndeep(900)", signal.SIGSEGV),
    "without the lock": ("ctypes.CDLL(None).strlen(None)", signal.SIGSEGV),
    "sent": ("os.kill(os.getpid(), signal.SIGSEGV); time.sleep(30)", signal.SIGSEGV),
    "sent while it sleeps": (
        "os.system(f'(sleep 0.3; kill -BUS {os.getpid()}) &'); time.sleep(30)",
        signal.SIGBUS,
    ),
    "abort": ("ctypes.CDLL(None).abort()", signal.SIGABRT),
    "in a thread": (
        "threading.Thread(target=ctypes.string_at, args=(0,)).start(); time.sleep(30)",
        signal.SIGSEGV,
    ),
    "faulthandler": (
        "import faulthandler; faulthandler.enable(); ctypes.string_at(0)",
        signal.SIGSEGV,
    ),
    "children": (
        "if (child := os.fork()) == 0: ctypes.string_at(0)\n"
        "assert os.waitpid(child, 0)[1] & 127 == signal.SIGSEGV; f(); ctypes.string_at(0)",
        signal.SIGSEGV,
    ),
}


@pytest.fixture
def script(tmp_path: Path) -> Path:
    return tmp_path / "plain.py"


def both(script: Path, *words: str) -> tuple[Any, Any]:
    """Without hone and with it; output is buffered."""
    env = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    plain = run(script.name, folder=script.parent, env=env)
    return plain, run("-m", "hone", *words, script.name, folder=script.parent, env=env)


@pytest.mark.parametrize("crash", CRASHES)
def test_a_crash_keeps_the_calls(crash: str, script: Path) -> None:
    code, number = CRASHES[crash]
    script.write_text(f"{HEAD}{code}\n")
    plain, done = both(script, "profile", "-o", "out")
    assert (done.returncode, done.stdout) == (plain.returncode, plain.stdout) == (-number, "")
    said = f"hone: the program crashed ({signal.strsignal(number)}): this is what was recorded"
    assert done.stderr.count(said) == 1, done.stderr
    found = counts(script.parent / "out")
    assert found["plain.py", 2, "f"][0] == 2 + (crash == "children")
    assert not any("crash" in file or name == "save" for file, _, name in found)
    if crash == "faulthandler":
        assert "Fatal Python error: Segmentation fault" in plain.stderr
        traces = [
            re.sub("0x[0-9a-f]+", "", text.partition("\n\nCurrent thread's C stack")[0])
            for text in (plain.stderr, done.stderr)
        ]
        assert traces[1].startswith(traces[0])


def test_faulthandler_may_come_first(script: Path) -> None:
    script.write_text(f"{HEAD}ctypes.string_at(0)\n")
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-m", "hone", "profile", "-o", "out", script.name],
        cwd=script.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == -signal.SIGSEGV
    assert "Fatal Python error: Segmentation fault" in done.stderr
    assert counts(script.parent / "out")["plain.py", 2, "f"][0] == 2


@pytest.mark.parametrize("crash", ["fault", "sent", "in a thread"])
def test_a_crash_keeps_the_lines(crash: str, script: Path) -> None:
    code, number = CRASHES[crash]
    script.write_text(f"{HEAD}{code}\n")
    words = ["lines", "-o", "out", "--record", "seen", "-p", "plain.py"]
    plain, done = both(script, *words)
    assert (done.returncode, plain.returncode) == (-number, -number)
    assert "hone: the program crashed" in done.stderr
    (rows,) = (
        rows for key, rows in load_stats(script.parent / "out").timings.items() if key[2] == "f"
    )
    assert [(line, hits) for line, hits, _ in rows] == [(3, 2)]
    shown = run("-m", "hone", "report", "seen", folder=script.parent).stdout
    assert "the program crashed" in shown


def test_the_table_is_shown(script: Path) -> None:
    script.write_text(f"{HEAD}ctypes.string_at(0)\n")
    done = both(script, "profile")[1]
    assert "plain.py:2(f)" in done.stdout
    assert "lost" not in done.stdout


def test_a_program_that_handles_it_itself(script: Path) -> None:
    script.write_text(
        "import os, signal\nprint(signal.getsignal(signal.SIGSEGV))\n"
        "signal.signal(signal.SIGSEGV, lambda *_: print('mine'))\n"
        "os.kill(os.getpid(), signal.SIGSEGV)\n"
    )
    plain, done = both(script, "profile", "-o", "out")
    assert (done.returncode, done.stdout) == (plain.returncode, plain.stdout)
    assert "crashed" not in done.stderr
