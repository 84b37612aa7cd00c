# SPDX-License-Identifier: Apache-2.0
"""Starting the sampler in a process that runs already: by the socket at which it listens, or, on 3.14 and
later, by sys.remote_exec(), which lets its main thread run a file of ours."""

from __future__ import annotations

import os
import re
import socket
import struct
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from hone.sampling.spool import VERSION, Spool, SpoolError

_REQUEST = struct.Struct("<dddQIIII")
_PATIENCE = 10.0  # seconds in which the program has to execute Python code
REMOTE = (3, 14)  # the first version that has sys.remote_exec()


class AttachError(Exception):
    """The process can't be sampled; the text says why, and what would help."""


@dataclass(frozen=True)
class Wish:
    """What is asked of the sampler."""

    rate: float
    budget: float
    seconds: float
    waking_cost: int
    native: bool = False


@dataclass(frozen=True)
class Process:
    pid: int

    def alive(self) -> bool:
        try:
            state = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return False
        return state not in "ZX"

    def user(self) -> int:
        return os.stat(f"/proc/{self.pid}").st_uid

    def python(self) -> tuple[int, int] | None:
        """The version of the interpreter in it, as its files' names tell."""
        try:
            maps = Path(f"/proc/{self.pid}/maps").read_text()
        except OSError:
            return None
        found = re.findall(r"(?:lib)?python3\.(\d+)", maps)
        return (3, int(max(found, key=found.count))) if found else None


def check(process: Process) -> None:
    """Raises AttachError for who can't be asked at all."""
    if not process.alive():
        raise AttachError(f"there is no process {process.pid}")
    if process.pid == os.getpid():
        raise AttachError("that is this very process")
    if os.geteuid() not in (0, process.user()):
        raise AttachError(f"process {process.pid} is another user's: root may attach to it")


def start(process: Process, spool: str, wish: Wish) -> None:
    """The sampler in the process writes to SPOOL from now on. Raises AttachError."""
    if os.geteuid() != process.user():
        os.chown(spool, process.user(), -1)
    if (connection := _connect(process)) is not None:
        with connection:
            _ask(connection, process, spool, wish)
            return
    version = process.python()
    if version is None:
        raise AttachError(f"process {process.pid} does not run CPython, as far as its files tell")
    if version < REMOTE:
        raise AttachError(
            f"process {process.pid} runs CPython {_text(version)}, into which nothing can be brought "
            "from outside: start it with HONE_ATTACH=1 and `import hone` in it, or let it call "
            f"hone.attachable(); from {_text(REMOTE)} on any program can be attached to"
        )
    if version != sys.version_info[:2]:
        raise AttachError(
            f"process {process.pid} runs CPython {_text(version)}: run hone attach with that version, "
            f"this is {_text(sys.version_info[:2])}"
        )
    _run_in(process, spool, wish)


def _text(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


def _connect(process: Process) -> socket.socket | None:
    """To the process itself and nobody who has taken its name."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.connect(f"\0hone-attach-{process.pid}")
        peer = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
        if struct.unpack("3i", peer)[0] == process.pid:
            return connection
    except OSError:
        pass
    connection.close()
    return None


def _ask(connection: socket.socket, process: Process, spool: str, wish: Wish) -> None:
    path = os.fsencode(spool)
    request = _REQUEST.pack(
        wish.rate,
        wish.budget,
        wish.seconds,
        wish.waking_cost,
        VERSION,
        len(path),
        wish.native,
        0,
    )
    try:
        connection.settimeout(_PATIENCE)
        connection.sendall(request + path)
        answer = b"".join(iter(lambda: connection.recv(4096), b""))
    except OSError as error:
        raise AttachError(f"process {process.pid} does not answer: {error}") from None
    if answer:
        raise AttachError(f"process {process.pid} answers: {answer.decode('utf-8', 'replace')}")


# Run in the program's __main__, where it binds no name.
_SCRIPT = """\
__import__("builtins").exec({source!r}, {{}})
"""
_SOURCE = """\
import sys
try:
    core = sys.modules.get("hone._core")
    if core is None:
        import _imp
        from importlib.machinery import ExtensionFileLoader, ModuleSpec
        spec = ModuleSpec("hone._core", ExtensionFileLoader("hone._core", {core!r}), origin={core!r})
        core = _imp.create_dynamic(spec)
        _imp.exec_dynamic(core)
    core.start_sampler({spool!r}, watch_reader=True, **{wish!r})
except BaseException as error:
    try:
        with open({spool!r}, "r+b") as file:
            # As long as the head of a spool at least, or it would be waited for.
            file.write(f"{{type(error).__name__}}: {{error}}".encode().ljust(256, bytes(1)))
    except OSError:
        pass
"""


def _run_in(process: Process, spool: str, wish: Wish) -> None:
    from hone import _core

    script = f"{spool}.py"
    source = _SOURCE.format(core=_core.__file__, spool=spool, wish=vars(wish))
    handle = os.open(script, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(handle, "w", encoding="utf-8") as file:
        file.write(_SCRIPT.format(source=source))
    if os.geteuid() != process.user():
        os.chown(script, process.user(), -1)
    try:
        try:
            sys.remote_exec(process.pid, script)  # type: ignore[attr-defined]
        except PermissionError:
            raise AttachError(
                f"the system does not let us into process {process.pid}: root may, or the program "
                "itself by hone.attachable(); see kernel.yama.ptrace_scope"
            ) from None
        except (OSError, RuntimeError) as error:
            raise AttachError(f"process {process.pid} can't be entered: {error}") from None
        if not _started(process, spool):
            # It may still come to it: then it must find a file, and nothing to do.
            os.truncate(script, 0)
            raise AttachError(
                f"the main thread of process {process.pid} has executed no Python code for "
                f"{_PATIENCE:.0f} s"
            )
        os.unlink(script)
    except AttachError:
        if os.path.getsize(script):
            os.unlink(script)
        raise


def _started(process: Process, spool: str) -> bool:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until and process.alive():
        try:
            reader = Spool(spool)
            reader.feed()
            if reader.head is not None:
                return True
        except SpoolError:
            text = Path(spool).read_bytes().rstrip(b"\0").decode("utf-8", "replace")
            raise AttachError(f"process {process.pid} answers: {text}") from None
        time.sleep(0.02)
    if not process.alive():
        raise AttachError(f"process {process.pid} has ended")
    return False
