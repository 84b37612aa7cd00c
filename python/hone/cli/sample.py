# SPDX-License-Identifier: Apache-2.0
"""`hone sample`, which is also `hone profile --sample`: a program's stacks, looked at from inside at random
times, no more often than a budget allows."""

from __future__ import annotations

import math
import sys
from argparse import ArgumentTypeError, Namespace
from collections.abc import Iterator
from contextlib import suppress
from functools import partial

from hone.cli import COMMANDS, complain, options, profiled
from hone.cli.report import several
from hone.recording.engine import add_compiled
from hone.recording.meta import here
from hone.recording.model import Recording
from hone.report import samples
from hone.report.formats import FORMATS, Options, render
from hone.sampling import child, compiled
from hone.sampling.recorded import MODES, Recorder
from hone.sampling.spool import Spool, SpoolError
from hone.tune import handover
from hone.tune.target import Target

_SHORT = ("collapsed", "pstats", "speedscope")  # formats that have an option of their own


def main(words: list[str]) -> int:
    return profiled.main(parser("sample", COMMANDS["sample"], options.PROGRAM), words, _run)


def takes_value(word: str, after: str) -> bool:
    """For `hone profile`, which looks for the mode among the options."""
    return options.takes_value(parser("sample", "", options.PROGRAM), word)


def parser(command: str, text: str, program: str) -> options.Parser:
    rules = options.parser(command, text, program)
    add = rules.add_argument
    add("-r", "--sampling-rate", type=_rate, default=1000.0, metavar="HZ", help="samples a second, at most (1000)")  # fmt: skip
    add("--budget", type=share, default=0.01, metavar="1%", help="what it may cost: a share of the time (1%%)")  # fmt: skip
    add("-d", "--duration", type=options.some_seconds, default=0.0, metavar="S", help="seconds to sample (all)")  # fmt: skip
    add("--mode", choices=MODES, default="wall", help="; ".join(f"{name}: {what}" for name, what in MODES.items()))  # fmt: skip
    add("--native", action="store_true", help="show what is called that is not Python's as functions")  # fmt: skip
    add("-o", "--output", metavar="FILE", help="write the report there")
    add("-f", "--format", choices=FORMATS, metavar="FORMAT", help=f"instead of the table: {', '.join(FORMATS)}")  # fmt: skip
    for name in _SHORT:
        add(f"--{name}", dest="format", action="store_const", const=name, help=f"--format {name}")
    if command == "sample":
        add("--tuned", action="store_true", help="run it with what hone tune decided")
    add("--record", metavar="FILE", help="write a recording, for hone report and hone diff")
    add("-s", "--sort", choices=samples.SORTS, default="own", help=f"{', '.join(samples.SORTS)} (own)")  # fmt: skip
    add("-l", "--limit", type=several, default=30, metavar="N", help="rows (30)")
    add("-q", "--quiet", action="store_true", help="nothing on standard error but what went wrong")
    return rules


def share(word: str) -> float:
    """`1%` or `0.01`."""
    try:
        value = float(word.removesuffix("%")) / (100 if word.endswith("%") else 1)
    except ValueError:
        value = -1.0
    if not 0 < value <= 1:
        raise ArgumentTypeError(f"{word} is not a share above 0 and up to 100%, as 1% or 0.01")
    return value


def _rate(word: str) -> float:
    try:
        value = float(word)
    except ValueError:
        value = -1.0
    if not 0 < value < math.inf:
        raise ArgumentTypeError(f"{word} is not a number of samples a second")
    return value


def _run(chosen: Namespace, target: Target, path: str) -> int:
    files = profiled.absolute(chosen)
    rate, budget, seconds = chosen.sampling_rate, chosen.budget, chosen.duration
    tuned = handover.hand_over_tuned(target) if chosen.tuned else ""
    native = "native" if chosen.native else ""
    words = (path, f"{rate}", f"{budget}", f"{seconds}", native, tuned)
    command = target.hosted_command("sample", *words)
    status = child.run(command, *handover.descriptors(tuned))
    try:
        told = tell(chosen, path, target.name, target.program_words(), files)
    except SpoolError as error:
        return complain(f"{error}; {target.name} ended with {status}")
    return child.end_like(status) if told == 0 or status != 0 else told


def tell(chosen: Namespace, path: str, name: str, words: list[str], files: dict[str, str]) -> int:
    """Write and show what the spool at PATH says. Raises SpoolError."""
    spool = Spool(path)
    recorder = Recorder(spool, mode=chosen.mode, native=chosen.native)
    recording = recorder.finish()
    add_compiled(recording, compiled.report(path))
    if spool.head is None:
        raise SpoolError(f"{name} ended before it could be sampled")
    describe(recording, spool, chosen, name, words)
    say = partial(_say, chosen)
    return profiled.deliver(recording, chosen, files, lambda: _parts(recording, chosen), say)


def describe(
    recording: Recording, spool: Spool, chosen: Namespace, name: str, words: list[str]
) -> None:
    assert spool.head is not None
    meta = recording.meta = here(name, words)
    version = spool.head.python
    meta.python = f"CPython {version >> 24}.{version >> 16 & 255}.{version >> 8 & 255}"
    meta.pid, meta.started = spool.head.process, spool.head.started
    meta.wall_seconds = spool.now * 1e-9
    meta.cpu_seconds = sum(thread.cpu or 0 for thread in spool.threads.values()) * 1e-9
    if spool.rounds:
        meta.interval_seconds = meta.wall_seconds / spool.rounds
    meta.remarks = list(remarks(spool, chosen))


def remarks(spool: Spool, chosen: Namespace) -> Iterator[str]:
    """What a reader of the report should know about how it came about."""
    wall = spool.now * 1e-9
    rate = spool.rounds / wall if wall else 0.0
    cost = spool.cost / spool.now if spool.now else 0.0
    yield (
        f"{spool.rounds} samples in {wall:.2f} s ({rate:.0f} a second) of {MODES[chosen.mode]}; "
        f"sampling cost {cost:.2%} of one processor, the budget was {chosen.budget:.2%}"
    )
    if spool.torn * 20 > spool.rounds:
        yield (
            f"{spool.torn} stacks were met while they changed and counted with the next one: "
            "shares of functions that call much are less sure"
        )
    assert spool.head is not None
    yield from _native_remarks(spool, spool.head.native)
    if spool.head.state == 3:
        yield "the sampling ended early: no room for its file"


_NO_STACKS = {
    2: "this system's loader does not tell whose code is where (glibc 2.35 does)",
    3: "the program uses SIGURG itself",
}


def _native_remarks(spool: Spool, state: int) -> Iterator[str]:
    if reason := _NO_STACKS.get(state):
        yield f"no C stacks: {reason}; native functions are known by the text of their calls"
    elif spool.wanted > spool.had:
        yield (
            f"of {spool.wanted} samples that might be in native functions {spool.had} have C stacks: "
            "the others are known by the text of the call"
        )


def _parts(recording: Recording, chosen: Namespace) -> profiled.Parts:
    if chosen.format is not None:
        sort = "cumulative" if chosen.sort == "total" else chosen.sort
        return render(chosen.format, recording, Options(sort=sort, limit=chosen.limit))
    program, remarks = recording.meta.program, recording.meta.remarks
    heading = (f"{program}: {remarks[0]}", *remarks[1:])
    text = samples.render(recording, sort=chosen.sort, limit=chosen.limit, heading=heading)
    return iter([text])


def _say(chosen: Namespace, text: str) -> None:
    if chosen.quiet:
        return
    with suppress(OSError):
        sys.stderr.write(f"hone: {text}\n")
