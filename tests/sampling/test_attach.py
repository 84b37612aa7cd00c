# SPDX-License-Identifier: Apache-2.0
"""`hone attach`: programs that agreed, any program on 3.14 and later, and sentences for all others."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from hone.recording import reader
from hone.recording.model import Recording
from hone.recording.rows import Function, Sample
from hone.sampling import attaching, live
from hone.sampling.attaching import AttachError, Process
from tests.command import hone, write
from tests.sampling.run import OFTEN, SPIN

LONG = SPIN + (
    "import sys\ndef work(): spin(30)\nnames = set(globals())\nprint('on', flush=True)\n"
    "sys.stdin.readline() if len(sys.argv) > 1 else work()\n"
)
needs_remote = pytest.mark.skipif(
    sys.version_info < attaching.REMOTE, reason="sys.remote_exec() came with 3.14"
)


@contextmanager
def running(folder: Path, text: str, *words: str, **environment: str) -> Iterator[Any]:
    process = subprocess.Popen(
        [sys.executable, str(write(folder, text)), *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | environment,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "on\n"
        yield process
    finally:
        process.kill()
        process.communicate()


def attach(folder: Path, pid: int, *words: str) -> tuple[subprocess.CompletedProcess[str], Path]:
    path = folder / "seen.hone"
    return hone("attach", *OFTEN, "-d", "0.7", "--record", path, *words, pid), path


def names(path: Path) -> set[str]:
    return {row.name for row in reader.load(path).functions}


@pytest.mark.smoke
def test_a_program_that_agreed(tmp_path: Path) -> None:
    with running(tmp_path, "import hone\nhone.attachable()\n" + LONG) as process:
        for _ in range(2):  # one after the other
            done, path = attach(tmp_path, process.pid)
            assert done.returncode == 0, done.stderr
            assert "work" in names(path)
        assert process.poll() is None


def test_the_environment_agrees_for_it(tmp_path: Path) -> None:
    with running(tmp_path, "import hone\n" + LONG, HONE_ATTACH="1") as process:
        done, path = attach(tmp_path, process.pid)
        assert done.returncode == 0, done.stderr
        assert "work" in names(path)


@needs_remote
def test_any_program(tmp_path: Path) -> None:
    end = "print(sorted(set(globals()) - names), 'hone' in sys.modules, 'hone._core' in sys.modules)\n"
    program = LONG.replace("spin(30)", "spin(3)") + end
    with running(tmp_path, program) as process:
        done, path = attach(tmp_path, process.pid)
        assert done.returncode == 0, done.stderr
        assert "work" in names(path)
        out, err = process.communicate(timeout=600)
        assert out == "['names'] False False\n"
        assert err == ""


@pytest.mark.skipif(
    sys.version_info >= attaching.REMOTE, reason="from 3.14 on any program can be attached to"
)
def test_a_program_that_did_not_agree(tmp_path: Path) -> None:
    with running(tmp_path, LONG) as process:
        done, path = attach(tmp_path, process.pid)
        assert done.returncode == 1
        assert "let it call hone.attachable()" in done.stderr
        assert done.stderr.count("\n") == 1
        assert not path.exists()


def test_a_second_one_is_told_of_the_first(tmp_path: Path) -> None:
    first = tmp_path / "first"
    first.touch()
    with running(tmp_path, f"import hone\nhone.attachable()\n{LONG}") as process:
        attaching.start(Process(process.pid), str(first), attaching.Wish(100, 0.1, 0, 0))
        done, _ = attach(tmp_path, process.pid)
        assert done.returncode == 1
        assert "is being sampled already" in done.stderr


@needs_remote
def test_a_second_one_is_told_of_the_first_in_any_program(tmp_path: Path) -> None:
    first = tmp_path / "first"
    first.touch()
    with running(tmp_path, LONG) as process:
        attaching.start(Process(process.pid), str(first), attaching.Wish(100, 0.1, 0, 0))
        done, _ = attach(tmp_path, process.pid)
        assert done.returncode == 1
        assert "is being sampled already" in done.stderr


def test_a_program_that_ends_meanwhile(tmp_path: Path) -> None:
    program = "import hone\nhone.attachable()\n" + LONG.replace("spin(30)", "spin(3)")
    with running(tmp_path, program) as process:
        done = hone("attach", *OFTEN, process.pid)
        assert done.returncode == 0, done.stderr
        assert "work" in done.stdout


def test_a_child_of_a_program_that_agreed_did_not(tmp_path: Path) -> None:
    program = (
        "import hone, os, sys, time\nhone.attachable()\nchild = os.fork()\n"
        "if child == 0: time.sleep(30); os._exit(0)\n"
        "time.sleep(0.2)\nprint('on', flush=True)\nprint(child, flush=True)\nsys.stdin.readline()\n"
    )
    with running(tmp_path, program) as process:
        child = int(process.stdout.readline())
        try:
            assert attaching._connect(Process(child)) is None
            connection = attaching._connect(Process(process.pid))  # again after the fork
            assert connection is not None
            connection.close()
        finally:
            os.kill(child, 9)


def test_nonsense_at_the_socket_harms_nobody(tmp_path: Path) -> None:
    with running(tmp_path, "import hone\nhone.attachable()\n" + LONG) as process:
        for data in (b"", b"x" * 7, b"x" * 5000, bytes(40)):
            connection = attaching._connect(Process(process.pid))
            assert connection is not None
            with connection:
                connection.sendall(data)
                connection.shutdown(socket.SHUT_WR)
                assert connection.recv(100) or not data
        assert attach(tmp_path, process.pid)[0].returncode == 0


@pytest.mark.parametrize(
    ("pid", "text"),
    [
        ("x", "x is not the number of a process"),
        ("-1", "-1 is not the number of a process"),
        ("0", "0 is not the number of a process"),
        ("4194303", "there is no process 4194303"),
    ],
)
def test_what_is_no_process(pid: str, text: str) -> None:
    done = hone("attach", pid)
    assert done.returncode in (1, 2)
    assert text in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_program_that_is_not_python() -> None:
    process = subprocess.Popen(["sleep", "30"])
    try:
        done = hone("attach", process.pid)
        assert done.returncode == 1
        assert "does not run CPython" in done.stderr
    finally:
        process.kill()
        process.wait()


def test_another_users_program(monkeypatch: pytest.MonkeyPatch) -> None:
    process = subprocess.Popen(["sleep", "30"])
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 12345)
    try:
        with pytest.raises(AttachError, match="is another user's"):
            attaching.check(Process(process.pid))
    finally:
        process.kill()
        process.wait()


def test_another_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Process, "python", lambda self: (3, 99))
    monkeypatch.setattr(Process, "user", lambda self: os.geteuid())
    with pytest.raises(AttachError, match=r"runs CPython 3\.99: run hone attach with that version"):
        attaching.start(Process(1 << 30), str(tmp_path), attaching.Wish(1, 1, 1, 0))


def test_the_live_view_shows_the_last_seconds() -> None:
    recording = Recording()
    hot, main = (
        recording.functions.add(Function("a.py", n, name))
        for n, name in enumerate(("hot", "main"), 1)
    )
    outer = recording.stacks.append(-1, main, 1)
    inner = recording.stacks.append(outer, hot, 2)
    window = live.Window(recording)
    second = 10**9
    window.add([Sample(0, outer, second, second, 1)], second)
    window.add(
        [Sample(0, inner, 9 * second, 3 * second, 1), Sample(1, outer, 9 * second, second, 2)],
        9 * second,
    )
    own, total, threads, running_, whole = window.sums()
    assert own == Counter({hot: 3 * second, main: second})
    assert total == Counter({main: 4 * second, hot: 3 * second})
    assert (threads[1], running_[1], whole) == (second, 0, 4 * second)
    screen = live.lines(window, recording, "head", False, 60, 7)
    assert [line.split()[:3] for line in screen[4:]] == [
        ["75.0%", "75.0%", "hot"],
        ["25.0%", "100.0%", "main"],
    ]
    assert live.lines(window, recording, "head", True, 60, 7)[4].split()[2] == "main"
    assert max(map(len, live.lines(window, recording, "x" * 500, True, 60, 7))) < 60
