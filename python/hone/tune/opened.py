# SPDX-License-Identifier: Apache-2.0
"""The open run: the user's own. Its streams pass through live and are kept, clocks and random bytes
that it reads are recorded, nothing else is different from running the program without hone."""

from __future__ import annotations

import contextlib
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hone.tune.seal import Stdin, native


@dataclass
class OpenRun:
    status: int  # exit code, or minus the signal
    timed_out: bool
    wall: float
    cpu: float
    queued: float  # of the wall time: it could have run, but others had the processors
    stdin: Stdin
    merged: bool
    stdout: bytes
    stderr: bytes


def record_environment(recording: str) -> dict[str, str]:
    return _replay_environment(f"record:{recording}")


def feed_environment(recording: str) -> list[str]:
    return [f"{name}={value}" for name, value in _replay_environment(f"feed:{recording}").items()]


def _replay_environment(order: str) -> dict[str, str]:
    library = native("libhone_replay.so")
    if not Path(library).exists():
        return {}
    before = os.environ.get("LD_PRELOAD", "")
    return {
        "HONE_REPLAY": order,
        "HONE_REPLAY_PRELOAD": before,
        "LD_PRELOAD": f"{library}:{before}" if before else library,
    }


def trim_recording(path: Path) -> None:
    """Cut the sparse file to what was recorded (its header says how much)."""
    with contextlib.suppress(OSError), path.open("r+b") as file:
        head = file.read(16)
        used = int.from_bytes(head[8:16], sys.byteorder)
        if used:
            file.truncate(min(used, path.stat().st_size))


class _Tee(threading.Thread):
    """Copies what the program writes to where it would have gone, and keeps it."""

    def __init__(self, source: int, target: int) -> None:
        super().__init__(daemon=True)
        self._source, self._target = source, target
        self.kept: list[bytes] = []
        self.start()

    def run(self) -> None:
        while True:
            try:
                piece = os.read(self._source, 1 << 16)
            except OSError:
                break  # a pty whose other side was closed
            if not piece:
                break
            self.kept.append(piece)
            with contextlib.suppress(OSError):
                view = memoryview(piece)
                while view:
                    view = view[os.write(self._target, view) :]


def _output_channel(target: int) -> tuple[int, int]:
    """(our end, the program's end): a terminal if the target is one, else a pipe."""
    if not os.isatty(target):
        return os.pipe()
    import fcntl
    import pty
    import termios
    import tty

    ours, theirs = pty.openpty()
    mode = termios.tcgetattr(theirs)
    mode[tty.OFLAG] &= ~termios.OPOST  # the real terminal does that once
    termios.tcsetattr(theirs, termios.TCSANOW, mode)
    with contextlib.suppress(OSError):
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, fcntl.ioctl(target, termios.TIOCGWINSZ, b"\0" * 8))
    return ours, theirs


class _StdinFeeder:
    """Passes a pipe on and keeps what came through it."""

    def __init__(self) -> None:
        read_end, self._write_end = os.pipe()
        self.program_end = read_end
        self.kept: list[bytes] = []
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        with contextlib.suppress(OSError):
            while piece := os.read(0, 1 << 16):
                self.kept.append(piece)
                view = memoryview(piece)
                while view:
                    view = view[os.write(self._write_end, view) :]
        with contextlib.suppress(OSError):
            os.close(self._write_end)


def _kind_of_stdin() -> tuple[str, int]:
    try:
        mode = os.fstat(0).st_mode
    except OSError:
        return "null", 0
    if stat.S_ISREG(mode):
        return "file", os.lseek(0, 0, os.SEEK_CUR)
    if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode):
        return "pipe", 0
    return ("terminal" if os.isatty(0) else "null"), 0


def _same_output() -> bool:
    try:
        return os.path.sameopenfile(1, 2)
    except OSError:
        return False


def run_open(command: Sequence[str], *, recording: str, timeout: float | None) -> OpenRun:
    kind, offset = _kind_of_stdin()
    feeder = _StdinFeeder() if kind == "pipe" else None
    merged = _same_output()
    sys.stdout.flush()
    sys.stderr.flush()
    out, out_theirs = _output_channel(1)
    err, err_theirs = (out, out_theirs) if merged else _output_channel(2)
    # A handler, not SIG_IGN: it is the program's signal, and exec would hand SIG_IGN on.
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        started = time.perf_counter()
        process = subprocess.Popen(
            command,
            stdin=feeder.program_end if feeder else None,
            stdout=out_theirs,
            stderr=err_theirs,
            env=os.environ | record_environment(recording),
        )
        for file in {out_theirs, err_theirs} | ({feeder.program_end} if feeder else set()):
            os.close(file)
        tees = [_Tee(out, 1)] + ([] if merged else [_Tee(err, 2)])
        status, cpu, queued, timed_out = _wait_or_end(process, started, timeout)
        wall = time.perf_counter() - started
        for tee in tees:
            tee.join(1.0)  # a process left behind may hold the stream open
    finally:
        signal.signal(signal.SIGINT, before)
    trim_recording(Path(recording))
    data = b"".join(feeder.kept) if feeder else _file_input() if kind == "file" else b""
    texts = [b"".join(tee.kept) for tee in tees]
    return OpenRun(
        status,
        timed_out,
        wall,
        cpu,
        queued,
        Stdin(kind, data, offset),
        merged,
        texts[0],
        b"" if merged else texts[1],
    )


def _file_input() -> bytes:
    return os.pread(0, os.fstat(0).st_size, 0)


def _wait_or_end(
    process: subprocess.Popen[bytes], started: float, timeout: float | None
) -> tuple[int, float, float, bool]:
    try:
        return _wait(process, started, timeout)
    except BaseException:  # hone itself is ended
        _end_tree(process.pid)
        raise


def _wait(
    process: subprocess.Popen[bytes], started: float, timeout: float | None
) -> tuple[int, float, float, bool]:
    timer = None
    timed_out = threading.Event()

    def stop() -> None:
        timed_out.set()
        _end_tree(process.pid)

    if timeout:
        timer = threading.Timer(max(0.0, timeout - (time.perf_counter() - started)), stop)
        timer.daemon = True
        timer.start()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    queued = _queued(process.pid)
    _, status, usage = os.wait4(process.pid, 0)
    if timer:
        timer.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, usage.ru_utime + usage.ru_stime, queued, timed_out.is_set()


def _queued(pid: int) -> float:
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) * 1e-9
    except (OSError, IndexError, ValueError):
        return 0.0


def _end_tree(root: int) -> None:
    """Kill the process and its descendants; stopped first, so that none is born meanwhile."""
    found = [root]
    for pid in found:
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGSTOP)
            for task in Path(f"/proc/{pid}/task").iterdir():
                found += [int(word) for word in (task / "children").read_text().split()]
    for pid in reversed(found):
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)
