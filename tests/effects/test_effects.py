# SPDX-License-Identifier: Apache-2.0
"""After `hone tune` the world is as after exactly one plain run of the program."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hone.tune import seal
from tests.effects.programs import (
    HEAD,
    NOT_REPEATABLE,
    PREPARE,
    PROGRAMS,
)

# Runs after the first happened, or the program can't bear one and hone said so.
VERDICTS = {
    "nothing compiled",
    "no gain",
    "faster",
    "too noisy",
    "nothing to do",
    "not repeatable",
}
NEIGHBOUR = """\
import signal, sys, time
def count(*_): sys.stdout.write("x"); sys.stdout.flush()
def answer(*_): sys.stdout.write("."); sys.stdout.flush()
signal.signal(signal.SIGUSR1, count)
signal.signal(signal.SIGUSR2, answer)  # after what came before, of SIGUSR1 too, which has a lower number
print("ready", flush=True)
while True: time.sleep(60)
"""
# A number of this process's own: workers of pytest-xdist share the machine.
SYSTEM_V_KEY = 0x68000000 + os.getpid()
NAME = f"hone-effects-{SYSTEM_V_KEY}"


class World:
    """What a program can reach: a folder, listeners, a neighbour process, places outside the folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name, text in PREPARE.items():
            (folder / name).write_text(text)
        self.tcp = socket.create_server(("127.0.0.1", 0))
        self.port = self.tcp.getsockname()[1]
        self.udp = socket.socket(type=socket.SOCK_DGRAM)
        self.udp.bind(("127.0.0.1", self.port))
        self.unix = self._listener(str(folder / "listener"))
        self.abstract = self._listener("\0" + NAME)
        self.neighbour = subprocess.Popen(
            [sys.executable, "-c", NEIGHBOUR], stdout=subprocess.PIPE, start_new_session=True
        )
        assert self.neighbour.stdout is not None
        self.neighbour.stdout.readline()

    @staticmethod
    def _listener(address: str) -> socket.socket:
        listener = socket.socket(socket.AF_UNIX)
        here = Path.cwd()
        try:
            if not address.startswith("\0"):
                os.chdir(Path(address).parent)  # the path may be too long for a socket's name
                address = Path(address).name
            listener.bind(address)
        finally:
            os.chdir(here)
        listener.listen(64)
        return listener

    def run(self, command: list[str], program: Path) -> subprocess.CompletedProcess[bytes]:
        arguments = [str(program), str(self.port), str(self.neighbour.pid), NAME]
        return subprocess.run(
            [*command, *arguments],
            cwd=self.folder,
            input=b"line\n" * 1000,
            capture_output=True,
            timeout=600,
            check=False,
        )

    def state(self) -> dict[str, object]:
        time.sleep(0.4)  # processes that a program leaves behind
        state: dict[str, object] = {
            "tcp": _accepted(self.tcp),
            "unix": _accepted(self.unix),
            "abstract": _accepted(self.abstract),
            "udp": _datagrams(self.udp),
            "signals": _signals(self.neighbour),
        }
        for place in ("/dev/shm/", "/tmp/"):
            with contextlib.suppress(FileNotFoundError):
                state[place] = Path(place + NAME).read_bytes()
        for table in ("shm", "sem", "msg"):
            state[table] = _system_v(table)
        for path in sorted(self.folder.rglob("*")):
            name = str(path.relative_to(self.folder))
            if not name.startswith(".hone"):
                state[_stable(name)] = _described(path)
        return state

    def close(self) -> None:
        for listener in (self.tcp, self.udp, self.unix, self.abstract):
            listener.close()
        self.neighbour.kill()
        self.neighbour.communicate()
        for place in ("/dev/shm/", "/tmp/"):
            Path(place + NAME).unlink(missing_ok=True)
        for option in ("-M", "-S", "-Q"):
            subprocess.run(["ipcrm", option, str(SYSTEM_V_KEY)], capture_output=True, check=False)


def _stable(name: str) -> str:
    """A temporary folder's random name, by its kind."""
    return "tmp*" + name[11:] if name.startswith("tmp") else name


def _described(path: Path) -> tuple[object, ...]:
    info = path.lstat()
    kind = stat.S_IFMT(info.st_mode)
    content: object = None
    if stat.S_ISREG(kind) and not path.name.startswith(("db", "wal")):
        content = path.read_bytes()
    elif stat.S_ISREG(kind) and path.name in ("db", "wal"):
        import sqlite3

        with contextlib.closing(sqlite3.connect(path)) as base:
            content = base.execute("select * from t").fetchall()
    elif stat.S_ISLNK(kind):
        content = path.readlink()
    old = int(info.st_mtime) if info.st_mtime < 1e6 else None  # only times that a program set
    marks = {name: os.getxattr(path, name, follow_symlinks=False) for name in _own_marks(path)}
    return kind, stat.S_IMODE(info.st_mode), info.st_nlink, content, bool(old), marks


def _own_marks(path: Path) -> list[str]:
    names = os.listxattr(path, follow_symlinks=False)
    return [name for name in names if name.startswith("user.")]


def _system_v(table: str) -> int:
    """How many System V objects have the programs' key: they live in no file."""
    lines = Path(f"/proc/sysvipc/{table}").read_text().splitlines()[1:]
    return sum(int(line.split()[0]) == SYSTEM_V_KEY for line in lines)


def _accepted(listener: socket.socket) -> int:
    count = 0
    while select.select([listener], [], [], 0)[0]:
        listener.accept()[0].close()
        count += 1
    return count


def _datagrams(sock: socket.socket) -> int:
    count = 0
    while select.select([sock], [], [], 0)[0]:
        sock.recv(100)
        count += 1
    return count


def _signals(neighbour: subprocess.Popen[bytes]) -> bytes:
    """An x for each that it was sent."""
    assert neighbour.stdout is not None
    neighbour.send_signal(signal.SIGUSR2)
    data = b""
    while not data.endswith(b"."):
        piece = os.read(neighbour.stdout.fileno(), 100)
        assert piece, "the neighbour has ended"
        data += piece
    return data[:-1]


@pytest.fixture(scope="module")
def can_seal() -> None:
    why = seal.why_not()
    if why:
        pytest.skip(f"runs can't be sealed here: {why}")


@pytest.mark.parametrize("name", PROGRAMS)
def test_one_run_is_left(name: str, tmp_path: Path, can_seal: None) -> None:
    program = tmp_path / "program.py"
    program.write_text(HEAD + PROGRAMS[name] + "\n")
    report = tmp_path / "report.json"
    plain, tuned = tmp_path / "plain", tmp_path / "tuned"
    tune = [sys.executable, "-m", "hone", "tune", "--budget", "0", "--json", str(report)]
    states, runs = [], []
    for folder, command in ((plain, [sys.executable]), (tuned, tune)):
        folder.mkdir()
        world = World(folder)
        try:
            runs.append(world.run(command, program))
            states.append(world.state())
        finally:
            world.close()
    assert runs[0].returncode == 0, runs[0].stderr
    assert runs[1].stdout.startswith(runs[0].stdout) or name == "random_and_clock", runs[1]
    assert states[1] == states[0]
    outcome = json.loads(report.read_text())
    assert outcome["verdict"] in VERDICTS, outcome
    # What only changes files begins anew under seal.
    if outcome["verdict"] == "not repeatable":
        assert name in NOT_REPEATABLE, outcome
    # It is an effect: the world after the run is not the world before it.
    assert name in ("environment", "random_and_clock") or _has_effect(states[0]), states[0]


def _has_effect(state: dict[str, object]) -> bool:
    before = {name: text.encode() for name, text in PREPARE.items()}
    for key, value in state.items():
        if key in ("tcp", "udp", "unix", "abstract", "signals", "shm", "sem", "msg"):
            if value:
                return True
        elif key == "listener":
            continue
        elif key not in before or (
            isinstance(value, tuple)
            and (value[3] != before[key] or value[1] != 0o644 or value[4] or value[5])
        ):
            return True
    return len([key for key in state if key in before]) < len(before)
