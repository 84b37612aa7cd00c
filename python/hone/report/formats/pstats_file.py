# SPDX-License-Identifier: Apache-2.0
"""pstats' own file: a marshalled dict (Lib/cProfile.py, Lib/pstats.py). Of samples, each counts as a call,
as `profiling.sampling` has it; functions that have the same key are summed up."""

from __future__ import annotations

import marshal
from collections.abc import Iterator

from hone.recording.errors import RecordingError
from hone.recording.model import Recording
from hone.recording.rows import NONE, Function, Kind
from hone.recording.summary import Sum, summarise
from hone.report.formats import Options

Key = tuple[str, int, str]
Numbers = tuple[int, int, float, float]


def render(recording: Recording, options: Options) -> Iterator[bytes]:
    summary = summarise(recording, options.metric)
    if not summary.functions or not summary.owns:
        raise RecordingError(
            f"{recording.name or 'the recording'} has no calls and no samples in it"
        )
    callers: dict[Key, dict[Key, Numbers]] = {}
    for (caller, callee), sums in summary.edges.items():
        if caller != NONE:
            inner = callers.setdefault(key(recording.functions[callee]), {})
            outer = key(recording.functions[caller])
            # All calls come first here, and second below.
            inner[outer] = _plus(inner.get(outer), (sums.calls, sums.primitive, *_times(sums)))
    stats: dict[Key, Numbers] = {}
    for number, sums in summary.functions.items():
        one = key(recording.functions[number])
        stats[one] = _plus(stats.get(one), (sums.primitive, sums.calls, *_times(sums)))
    yield marshal.dumps({one: (*row, callers.get(one, {})) for one, row in stats.items()})


def key(function: Function) -> Key:
    """What pstats calls a function: by its plain name, not the qualified one."""
    if function.kind & Kind.BUILTIN:
        return "~", 0, function.name
    return function.file or "~", function.line, _plain(function.name)


def _plain(name: str) -> str:
    return name if "<built-in" in name or "<method" in name else name.rpartition(".")[2]


def _times(sums: Sum) -> tuple[float, float]:
    return sums.own, sums.cumulative


def _plus(old: Numbers | None, new: Numbers) -> Numbers:
    if old is None:
        return new
    return (old[0] + new[0], old[1] + new[1], old[2] + new[2], old[3] + new[3])
