# SPDX-License-Identifier: Apache-2.0
"""Callgrind's format (valgrind.org/docs/manual/cl-format.html), for KCachegrind: own cost by line where
lines are known, calls with their inclusive cost. Names are numbered at their first use."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import hone
from hone.recording.errors import RecordingError
from hone.recording.model import Recording
from hone.recording.rows import NONE
from hone.recording.summary import Sum, Summary, lines, summarise
from hone.report.formats import Options, shown

_EVENTS = {"seconds": ("Nanoseconds", 1e9), "samples": ("Samples", 1), "bytes": ("Bytes", 1)}


def render(recording: Recording, options: Options) -> Iterator[str]:
    summary = summarise(recording, options.metric)
    if not summary.functions or not summary.owns:
        raise RecordingError(
            f"{recording.name or 'the recording'} has no calls and no samples in it"
        )
    event, scale = _EVENTS.get(summary.unit, ("Allocations", 1))
    yield "# callgrind format\nversion: 1\n"
    yield f"creator: hone {hone.__version__}\n"
    yield f"cmd: {shown.printable(shown.name_of(recording))}\n"
    yield f"positions: line\nevents: {event}\nsummary: {round(summary.whole * scale)}\n"
    yield from _functions(recording, summary, scale, options.metric)


def _functions(recording: Recording, summary: Summary, scale: float, metric: str) -> Iterator[str]:
    by_line = {} if summary.counted else lines(recording, metric)
    called: dict[int, list[tuple[int, Sum]]] = defaultdict(list)
    for (caller, callee), sums in summary.edges.items():
        if caller != NONE:
            called[caller].append((callee, sums))
    names = _Names(recording)
    for number, sums in summary.functions.items():
        line = recording.functions[number].line
        yield f"\n{names.file('fl', number)}\n{names.function('fn', number)}\n"
        own = {at: one.own for at, one in by_line.get(number, {}).items() if one.own}
        for at, value in sorted(own.items()) or [(line, sums.own)]:
            yield f"{at} {round(value * scale)}\n"
        for callee, edge in called[number]:
            yield f"{names.file('cfl', callee)}\n{names.function('cfn', callee)}\n"
            yield f"calls={max(1, edge.calls)} {recording.functions[callee].line}\n"
            yield f"{line} {round(edge.cumulative * scale)}\n"


class _Names:
    """`fn=(3) name` at first, then `fn=(3)`."""

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self.files: dict[str, int] = {}
        self.functions: set[int] = set()

    def file(self, word: str, number: int) -> str:
        name = self.recording.functions[number].file or "~"
        known = self.files.get(name)
        if known is not None:
            return f"{word}=({known})"
        self.files[name] = len(self.files) + 1
        return f"{word}=({len(self.files)}) {shown.printable(name)}"

    def function(self, word: str, number: int) -> str:
        if number in self.functions:
            return f"{word}=({number + 1})"
        self.functions.add(number)
        name = self.recording.functions[number].name
        return f"{word}=({number + 1}) {shown.printable(name)}"
