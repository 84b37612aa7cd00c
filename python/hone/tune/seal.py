# SPDX-License-Identifier: Apache-2.0
"""Sealed runs: start hone-seal (src/tune/seal) and read its answer.

A sealed run leaves nothing behind: what the program wrote, sent or signalled stays in namespaces and
overlays that are thrown away; the answer lists what it would have changed.
"""

from __future__ import annotations

import contextlib
import os
import signal
import struct
import subprocess
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path


def native(name: str) -> str:
    """The path of one of hone's native helpers."""
    import hone

    return str(Path(hone.__file__).parent / "lib" / name)


# How far a run is kept from the world (src/tune/seal/request.h).
SEALED, CLOSED, OPEN = "sealed", "closed", "open"


class SealError(Exception):
    """A run could not be sealed; the text says which step failed."""


@dataclass(frozen=True)
class Change:
    """One path that the program left different from how it found it."""

    kind: str  # f file, d folder, l link, p pipe, s socket, c device, x deleted
    path: str
    mode: int
    owner: int
    group: int
    size: int
    content: str


@dataclass
class SealedRun:
    status: int = 0  # exit code, or minus the signal, as subprocess has it
    timed_out: bool = False
    left_processes: bool = False
    wall: float = 0.0
    cpu: float = 0.0
    peak: int = 0
    taken: int = 0  # of the peak: what hone says it takes itself (compiled.py)
    changes: list[Change] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    kept: list[bytes] = field(default_factory=list)
    stdout: bytes = b""
    stderr: bytes = b""


@dataclass(frozen=True)
class Stdin:
    """What the open run had on its standard input: a file, a pipe, or nothing."""

    kind: str  # "file", "pipe", "null", "terminal"
    data: bytes = b""
    offset: int = 0


@dataclass(frozen=True)
class Undo:
    """What the user's own run has changed, to be taken back inside the seal (before.py)."""

    removed: list[str]  # paths that it made
    tree: str  # folder with copies of what it changed or deleted, at their absolute paths


class _Reader:
    """The answer's fields in order (src/tune/seal/wire.h)."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def _plain(self, form: str) -> int | float:
        try:
            (value,) = struct.unpack_from(form, self._data, self._at)
        except struct.error:
            raise SealError("the sealed run was cut short") from None
        self._at += 8
        return value  # type: ignore[no-any-return]

    def number(self) -> int:
        return int(self._plain("=Q"))

    def real(self) -> float:
        return float(self._plain("=d"))

    def blob(self) -> bytes:
        size = self.number()
        if self._at + size > len(self._data):
            raise SealError("the sealed run was cut short")
        value = self._data[self._at : self._at + size]
        self._at += size
        return value

    def text(self) -> str:
        return os.fsdecode(self.blob())


def _read_change(reader: _Reader) -> Change:
    kind, path = reader.text(), reader.text()
    mode, owner, group, size = (reader.number() for _ in range(4))
    return Change(kind, path, mode, owner, group, size, reader.text())


def read_answer(data: bytes) -> SealedRun:
    reader = _Reader(data)
    if not data:
        raise SealError("the sealed run ended without an answer")
    if reader.number() == 0:
        number, what = reader.number(), reader.text()
        raise SealError(f"could not {what}" + (f": {os.strerror(number)}" if number else ""))
    run = SealedRun(status=os.waitstatus_to_exitcode(reader.number()))
    run.timed_out, run.left_processes = bool(reader.number()), bool(reader.number())
    run.wall, run.cpu, run.peak = reader.real(), reader.real(), reader.number()
    run.changes = [_read_change(reader) for _ in range(reader.number())]
    run.notes = [reader.text() for _ in range(reader.number())]
    run.kept = [reader.blob() for _ in range(reader.number())]
    return run


class _Drain(threading.Thread):
    """Reads a descriptor to its end."""

    def __init__(self, file: int) -> None:
        super().__init__(daemon=True)
        self._file = file
        self.pieces: list[bytes] = []
        self.start()

    def run(self) -> None:
        with open(self._file, "rb", buffering=0) as source:
            while piece := source.read(1 << 20):
                self.pieces.append(piece)

    def all(self) -> bytes:
        self.join()
        return b"".join(self.pieces)


def _open_stdin(stdin: Stdin) -> tuple[int, threading.Thread | None]:
    """A descriptor that reads like the recorded input, and the thread that feeds it."""
    if stdin.kind == "file":
        file = os.memfd_create("stdin")
        with open(os.dup(file), "wb") as out:
            out.write(stdin.data)
        os.lseek(file, stdin.offset, os.SEEK_SET)
        return file, None
    if stdin.kind == "pipe":
        read_end, write_end = os.pipe()
        feeder = threading.Thread(target=_feed, args=(write_end, stdin.data), daemon=True)
        return read_end, feeder
    return os.open(os.devnull, os.O_RDONLY), None


def _feed(file: int, data: bytes) -> None:
    with contextlib.suppress(OSError), open(file, "wb", buffering=0) as out:
        view = memoryview(data)
        while view:
            view = view[out.write(view) :]


def run_sealed(
    argv: Sequence[str],
    *,
    folder: str,
    mode: str = SEALED,
    stdin: Stdin | None = None,
    merged: bool = False,
    timeout: float | None = None,
    environment: Sequence[str] = (),
    hidden: Sequence[str] = (),
    kept: Sequence[str] = (),
    writable: Sequence[str] = (),
    undo: Undo | None = None,
    prepare: str | None = None,
    cleanup: str | None = None,
) -> SealedRun:
    """Run `argv` under seal; `merged`: standard error goes where standard output goes."""
    options = ["--folder", folder, "--timeout", str(timeout or 0), "--mode", mode]
    for name, values in (
        ("--env", environment),
        ("--hide", hidden),
        ("--keep", kept),
        ("--writable", writable),
        ("--remove", undo.removed if undo else []),
        ("--undo", [undo.tree] if undo else []),
        ("--prepare", [prepare] if prepare else []),
        ("--cleanup", [cleanup] if cleanup else []),
    ):
        for value in values:
            options += [name, value]
    input_file, feeder = _open_stdin(stdin or Stdin("null"))
    answer_read, answer_write = os.pipe()
    out_read, out_write = os.pipe()
    err_read, err_write = os.pipe()
    command = [native("hone-seal"), "--result", str(answer_write), *options, "--", *argv]
    try:
        process = subprocess.Popen(
            command,
            stdin=input_file,
            stdout=out_write,
            stderr=out_write if merged else err_write,
            pass_fds=(answer_write,),
        )
    finally:
        for file in (input_file, answer_write, out_write, err_write):
            os.close(file)
    if feeder:
        feeder.start()
    answer, out, err = _Drain(answer_read), _Drain(out_read), _Drain(err_read)
    try:
        process.wait()
    except BaseException:
        # The launcher's death ends everything inside.
        process.send_signal(signal.SIGKILL)
        process.wait()
        raise
    run = read_answer(answer.all())
    run.stdout, run.stderr = out.all(), err.all()
    return run


def why_not(mode: str = SEALED) -> str | None:
    """The sentence that says why runs can't be kept from the world in this way; None when they can."""
    if not Path(native("hone-seal")).exists():
        return "hone-seal is not installed"
    try:
        run_sealed(["/bin/true"], folder="/", mode=mode, timeout=20)
    except SealError as error:
        return str(error)
    except OSError as error:
        return f"hone-seal can't be started: {error.strerror}"
    return None


@dataclass(frozen=True)
class Choice:
    """How the runs after the first are made: a mode, or none, and why not in a better one."""

    mode: str | None
    why: str | None = None


def choose(allow_repeat: bool) -> Choice:
    """`allow_repeat`: the user would rather have open runs than none, or than closed ones."""
    forced = os.environ.get("HONE_SEAL")  # for tests, and for who trusts namespaces less
    why = None if forced is None else "HONE_SEAL asks for it"
    if forced in (None, SEALED):
        why = why_not(SEALED)
        if why is None:
            return Choice(SEALED)
    if allow_repeat:
        return Choice(OPEN, why)
    closed = why_not(CLOSED)
    return Choice(CLOSED if closed is None else None, why)
