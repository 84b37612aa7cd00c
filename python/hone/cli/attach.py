# SPDX-License-Identifier: Apache-2.0
"""`hone attach PID`: the sampler in a program that runs already."""

from __future__ import annotations

import sys
import time
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hone.cli import COMMANDS, complain, profiled
from hone.cli import sample as command
from hone.recording.errors import RecordingError
from hone.recording.rows import Sample
from hone.sampling import attaching, live
from hone.sampling.attaching import AttachError, Process, Wish
from hone.sampling.recorded import Recorder
from hone.sampling.spool import Spool, SpoolError
from hone.tune.target import TargetError

_LOOK = 0.2  # seconds between two looks at the file
_END = 5.0  # seconds for the sampler to end when it is asked to


def main(words: list[str]) -> int:
    rules = command.parser("attach", COMMANDS["attach"], "PID")
    rules.add_argument("pid", metavar="PID")
    rules.add_argument(
        "--live", action="store_true", help="what takes the time now, in the terminal"
    )
    try:
        chosen = rules.parse_args(words)
        process = _process(chosen.pid)
        attaching.check(process)
        profiled.check_outputs(chosen)
        if chosen.live and not sys.stdout.isatty():
            raise TargetError("--live needs a terminal to draw on")
        with profiled.spool_file() as path:
            return _attach(chosen, process, path)
    except TargetError as error:
        return complain(str(error), error.code)
    except (AttachError, RecordingError, SpoolError) as error:
        return complain(str(error), 1)


def _process(word: str) -> Process:
    if not word.isdecimal() or not 0 < int(word) < 1 << 31:
        raise TargetError(f"{word} is not the number of a process")
    return Process(int(word))


def _attach(chosen: Namespace, process: Process, path: str) -> int:
    from hone import _core

    words = _words(process)
    wish = Wish(
        chosen.sampling_rate, chosen.budget, chosen.duration, _core.waking_cost(), chosen.native
    )
    attaching.start(process, path, wish)
    spool = Spool(path)
    with _ended(spool, process):
        if chosen.live:
            _live(chosen, spool, process, words)
        else:
            _wait(spool, process, chosen.quiet)
    files = profiled.absolute(chosen)
    return command.tell(chosen, path, " ".join(words) or f"process {process.pid}", words, files)


def _words(process: Process) -> list[str]:
    """Its command line; the interpreter and its options tell nobody anything."""
    try:
        raw = Path(f"/proc/{process.pid}/cmdline").read_bytes()
    except OSError:
        return []
    return raw.rstrip(b"\0").decode("utf-8", "replace").split("\0")[1:]


@contextmanager
def _ended(spool: Spool, process: Process) -> Iterator[None]:
    """However it is left, the sampler in the process has ended afterwards."""
    try:
        yield
    except KeyboardInterrupt:
        pass  # what there is will be shown
    finally:
        spool.stop()
        until = time.monotonic() + _END
        while not _over(spool, process) and time.monotonic() < until:
            time.sleep(0.01)


def _over(spool: Spool, process: Process) -> bool:
    return spool.ended() or not process.alive()


def _wait(spool: Spool, process: Process, quiet: bool) -> None:
    if sys.stderr.isatty() and not quiet:
        sys.stderr.write(f"hone: sampling process {process.pid}; Ctrl-C ends it\n")
    beat = 0
    while not _over(spool, process):
        beat += 1
        spool.beat(beat)
        time.sleep(_LOOK)


def _live(chosen: Namespace, spool: Spool, process: Process, words: list[str]) -> None:
    recorder = Recorder(spool, mode=chosen.mode, native=chosen.native)
    beat = 0

    def feed() -> list[Sample] | None:
        nonlocal beat
        if _over(spool, process):
            return None
        beat += 1
        spool.beat(beat)
        return recorder.feed(to_now=True)

    def head() -> str:
        seconds = spool.now * 1e-9
        rate = spool.rounds / seconds if seconds else 0.0
        cost = spool.cost / spool.now if spool.now else 0.0
        name = " ".join(words) or "?"
        return f"{process.pid} {name}: {rate:.0f} samples a second, cost {cost:.2%} of a processor"

    live.show(feed, recorder.recording, lambda: spool.now, head)
