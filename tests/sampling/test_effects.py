# SPDX-License-Identifier: Apache-2.0
"""The program notices nothing: what it prints under the sampler is what it prints without, signals, system
calls, threads, descriptors and forks included; and however it ends, the samples are there."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.command import HONE, hone, write
from tests.machine import in_one_run
from tests.sampling.run import OFTEN, SPIN, sampled

SIGNALS = (
    SPIN
    + """
import ctypes, os, select, signal, socket, threading
counts = {"alarm": 0, "prof": 0}
signal.signal(signal.SIGALRM, lambda *_: counts.__setitem__("alarm", counts["alarm"] + 1))
signal.signal(signal.SIGPROF, lambda *_: counts.__setitem__("prof", counts["prof"] + 1))
libc = ctypes.CDLL(None, use_errno=True)
class timespec(ctypes.Structure): _fields_ = [("s", ctypes.c_long), ("n", ctypes.c_long)]
class pollfd(ctypes.Structure): _fields_ = [("fd", ctypes.c_int), ("a", ctypes.c_short), ("b", ctypes.c_short)]
# System calls that no signal handler may interrupt without being noticed.
print("nanosleep", {libc.nanosleep(ctypes.byref(timespec(0, 3_000_000)), None) for _ in range(60)})
print("poll", {libc.poll(ctypes.byref(pollfd(-1, 0, 0)), 1, 3) for _ in range(60)})
held = ctypes.PyDLL(None)
print("poll with the GIL", {held.poll(ctypes.byref(pollfd(-1, 0, 0)), 1, 3) for _ in range(60)})
r, w = os.pipe()
timer = threading.Timer(0.15, os.write, (w, b"late"))
timer.start()
print("read", os.read(r, 10), select.select([r], [], [], 0.05)[0])
timer.join()
signal.setitimer(signal.ITIMER_REAL, 0.05)
while not counts["alarm"]: select.select([], [], [], 0.01)
print("alarms", counts["alarm"])
signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)  # again and again: the first may come before the pause
signal.pause()
signal.setitimer(signal.ITIMER_REAL, 0)
print("paused", counts["alarm"] > 1)
signal.setitimer(signal.ITIMER_PROF, 0.05)
while not counts["prof"]: spin(0.02)
print("prof", counts["prof"])
print("handlers", sorted((int(s), str(signal.getsignal(s)).split(" at ")[0]) for s in signal.valid_signals()))
print("blocked", sorted(map(int, signal.pthread_sigmask(signal.SIG_BLOCK, []))), sorted(map(int, signal.sigpending())))
print("affinity", sorted(os.sched_getaffinity(0)))
print("descriptors", sorted(os.listdir("/proc/self/fd")))
print("threads", threading.active_count(), len(__import__("sys")._current_frames()))
print("timers", signal.getitimer(signal.ITIMER_PROF), signal.getitimer(signal.ITIMER_VIRTUAL))
"""
)
FORK = (
    SPIN
    + """
import os, sys, warnings
warnings.simplefilter("error")
spin(0.2)
for _ in range(5):
    child = os.fork()
    if child == 0:
        spin(0.02)
        sys.stdout.flush()
        os._exit(7)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
def afterwards(): spin(0.4)
afterwards()
import subprocess
print(subprocess.run([sys.executable, "-c", "print(5)"], stdout=subprocess.PIPE).stdout)
"""
)


def plain(path: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(path), *words],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        timeout=600,
    )


@pytest.mark.smoke
@pytest.mark.parametrize("program", [SIGNALS, FORK], ids=["signals", "forks"])
def test_the_program_prints_what_it_prints_without(tmp_path: Path, program: str) -> None:
    path = write(tmp_path, program)
    expected = plain(path)
    done = hone("sample", *OFTEN, "-o", tmp_path / "report", path)
    assert expected.returncode == 0, expected.stderr
    assert done.stdout == expected.stdout
    assert done.stderr == f"hone: wrote {tmp_path / 'report'}\n"
    assert done.returncode == 0


@in_one_run
def test_sampling_goes_on_after_a_fork_and_not_in_the_child(tmp_path: Path) -> None:
    seen = sampled(tmp_path, FORK, "--mode", "cpu")
    assert seen.share("afterwards") > 0.2
    assert {sample.thread for sample in seen.recording.samples} == {0}


ENDINGS = {
    "os._exit(3)": 3,
    "sys.exit(4)": 4,
    "1 / 0": 1,
    "os.kill(os.getpid(), signal.SIGKILL)": -signal.SIGKILL,
    "os.kill(os.getpid(), signal.SIGTERM)": -signal.SIGTERM,
    "os.abort()": -signal.SIGABRT,
    "os.execv('/bin/sh', ['sh', '-c', 'exit 6'])": 6,
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_however_it_ends(tmp_path: Path, ending: str) -> None:
    program = SPIN + f"import os, signal, sys\ndef before(): spin(0.4)\nbefore()\n{ending}\n"
    expected = plain(write(tmp_path, program))
    seen = sampled(tmp_path, program, "--mode", "cpu")
    assert seen.done.returncode == expected.returncode == ENDINGS[ending]
    assert seen.done.stderr == f"{expected.stderr}hone: wrote {tmp_path / 'seen.hone'}\n"
    assert seen.share("before") > 0.5


def test_ctrl_c_ends_the_program_and_shows_what_there_is(tmp_path: Path) -> None:
    program = (
        SPIN + "def work():\n    spin(0.5)\n    print('on', flush=True)\n    spin(60)\nwork()\n"
    )
    process = subprocess.Popen(
        [HONE, "sample", *OFTEN, str(write(tmp_path, program))],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "on\n"
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=600)
    assert process.returncode == -signal.SIGINT
    assert "KeyboardInterrupt" in err
    assert "spin" in out


def test_arguments_streams_and_modules(tmp_path: Path) -> None:
    program = "import sys\nprint(sys.argv[1:], sys.stdin.read(), __name__, __file__)\n"
    path = write(tmp_path, program)
    words = [HONE, "sample", "-o", str(tmp_path / "report")]
    for target in ([str(path), "-r", "x"], ["-m", "program", "-r", "x"]):
        options: dict[str, Any] = {"input": "said", "capture_output": True, "text": True}
        done = subprocess.run([*words, *target], cwd=tmp_path, check=False, **options)
        expected = subprocess.run([sys.executable, *target], cwd=tmp_path, check=False, **options)
        assert done.stdout == expected.stdout, done.stderr
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("command", ["sample", "memory"])
def test_descriptors_are_handed_down(tmp_path: Path, command: str) -> None:
    program = "import os\nprint(sorted(map(int, os.listdir('/proc/self/fd'))), os.read(READ, 9))\n"
    read, send = os.pipe()
    os.write(send, b"handed")
    path = write(tmp_path, program.replace("READ", str(read)))
    os.write(send, b" down")
    plain_words, words = [sys.executable, path], [HONE, command, "-o", tmp_path / "report", path]
    expected, done = (
        subprocess.run(each, pass_fds=[read], capture_output=True, text=True, check=True).stdout
        for each in (plain_words, words)
    )
    os.close(send)
    os.close(read)
    assert expected.split("]")[0] == done.split("]")[0]
    assert done.endswith("b'wn'\n")
