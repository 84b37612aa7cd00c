# SPDX-License-Identifier: Apache-2.0
"""`hone memory`, which is also `hone profile --memory`: what each line of a program asks memory for, what is
held at the peak and at the end, what is temporary and copied."""

from __future__ import annotations

import math
import sys
from argparse import ArgumentTypeError, Namespace
from contextlib import suppress
from functools import partial
from typing import Any

from hone.cli import COMMANDS, complain, options, profiled
from hone.cli.report import several
from hone.memory import hosted
from hone.memory import store as stores
from hone.memory.recorded import recording
from hone.recording.engine import add_compiled
from hone.recording.model import Recording
from hone.recording.trees import METRICS, SAMPLED
from hone.report import memory
from hone.report.formats import FORMATS, Options, render, shown
from hone.sampling import child, compiled
from hone.tune import handover
from hone.tune.target import Target

_UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
# What a form shows when it shows one measure: by the table's word for it.
_METRICS = {"held": "live", "asked": "bytes", "blocks": "number"}


def main(words: list[str]) -> int:
    return profiled.main(parser("memory", COMMANDS["memory"]), words, _run)


def takes_value(word: str, after: str) -> bool:
    """For `hone profile`, which looks for the mode among the options."""
    return options.takes_value(parser("memory", ""), word)


def parser(command: str, text: str) -> options.Parser:
    rules = options.parser(command, text)
    add = rules.add_argument
    add("-e", "--every", type=_size, default=0.0, metavar="BYTES", help="bytes between two samples on average, as 64k; 1: every block, exactly (as few as are cheap)")  # fmt: skip
    add("-o", "--output", metavar="FILE", help="write the report there")
    add("-f", "--format", choices=FORMATS, metavar="FORMAT", help=f"instead of the table: {', '.join(FORMATS)}")  # fmt: skip
    add("--record", metavar="FILE", help="write a recording, for hone report and hone diff")
    add("-s", "--sort", choices=memory.SORTS, default="peak", help=f"{', '.join(memory.SORTS)} (peak)")  # fmt: skip
    add("-l", "--limit", type=several, default=30, metavar="N", help="rows (30)")
    add("--functions", action="store_true", help="functions instead of lines")
    add("--tuned", action="store_true", help="run it with what hone tune decided")
    add("--seed", type=_seed, default=0, metavar="N", help="of the samples' chances: the same ones again")  # fmt: skip
    add("-q", "--quiet", action="store_true", help="nothing on stderr")
    return rules


def _size(word: str) -> float:
    number, unit = word, ""
    if word[-1:].lower() in _UNITS and not word[-1:].isdigit():
        number, unit = word[:-1], word[-1].lower()
    try:
        value = float(number) * _UNITS[unit]
    except ValueError:
        value = -1.0
    if not 1 <= value < math.inf:
        raise ArgumentTypeError(f"{word} is not a number of bytes from 1 on, as 64k")
    return value


def _seed(word: str) -> int:
    if not word.isdecimal() or not 0 < int(word) < 1 << 64:
        raise ArgumentTypeError(f"{word} is not a number above 0")
    return int(word)


def _run(chosen: Namespace, target: Target, path: str) -> int:
    files = profiled.absolute(chosen)
    tuned = handover.hand_over_tuned(target) if chosen.tuned else ""
    command = target.hosted_command("memory", path, repr(chosen.every), str(chosen.seed), tuned)
    status = child.run(command, *handover.descriptors(tuned))
    try:
        store = stores.read(path)
        if store is None and status == hosted.REFUSED:
            return status  # it has said why
        told = _tell(chosen, store, target, files, compiled.report(path))
    except stores.StoreError as error:
        return complain(f"{error}; {target.name} ended with {status}")
    return child.end_like(status) if told == 0 or status != 0 else told


def _tell(
    chosen: Namespace,
    store: stores.Store | None,
    target: Target,
    files: dict[str, str],
    engine: list[dict[str, Any]],
) -> int:
    """Write and show what the store says, and the ENGINE of the functions that it compiled. Raises
    StoreError."""
    if store is None:
        raise stores.StoreError(f"{target.name} ended before its memory could be profiled")
    found = recording(store, target.name, target.program_words())
    add_compiled(found, engine)
    say = partial(_say, chosen)
    code = profiled.deliver(found, chosen, files, lambda: _parts(found, chosen), say)
    if down := found.meta.slowdown:
        interval = f" ({ends})" if (ends := shown.ends(down)) else ""
        say(f"profiled, the program ran {down.ratio:.2f} times as long{interval}")
    return code


def _say(chosen: Namespace, text: str) -> None:
    if not chosen.quiet:
        with suppress(OSError):
            sys.stderr.write(f"hone: {text}\n")


def _parts(found: Recording, chosen: Namespace) -> profiled.Parts:
    if chosen.format is None:
        by_line = not chosen.functions
        return iter([memory.render(found, sort=chosen.sort, limit=chosen.limit, by_line=by_line)])
    metric = _METRICS.get(chosen.sort, chosen.sort)
    assert metric in METRICS
    assert metric not in SAMPLED
    return render(chosen.format, found, Options(metric=metric, limit=chosen.limit))
