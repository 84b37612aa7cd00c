# SPDX-License-Identifier: Apache-2.0
"""The overview at the terminal: what ran, and the functions that took most."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from hone.recording.model import Recording
from hone.recording.summary import Summary
from hone.recording.trees import METRICS, SAMPLED
from hone.report.formats import Options, shown, table

_MEMORY_ROWS = 8
_LONGER = 1.01  # than the clock ran: below that it may be rounding
_OF = {"cpu": "on a CPU", "gil": "with the GIL"}


def render(recording: Recording, options: Options) -> Iterator[str]:
    yield shown.bold(shown.printable(shown.name_of(recording)), options) + "\n"
    for sentence in shown.facts(recording):
        yield f"{shown.printable(sentence)}\n"
    measured = {name: values for name, values in recording.meta.values.items() if values}
    for name, values in measured.items():
        middle = sorted(values)[len(values) // 2]
        yield f"{shown.printable(name)}: {shown.amount(middle, 'seconds')} (median of {len(values)})\n"
    summary, rows = shown.functions(recording, options)
    if rows:
        yield f"\n{_sentence(recording, summary, options)}\n"
        yield from table.lines(summary, rows, options)
    if recording.allocations and options.metric in SAMPLED and rows:
        fewer = replace(options, metric="bytes", limit=min(options.limit, _MEMORY_ROWS))
        yield "\nmemory that was asked for\n"
        yield from table.lines(*shown.functions(recording, fewer), fewer)
    if not rows and not measured:
        yield "nothing was recorded\n"


def _of_threads(recording: Recording, summary: Summary) -> str:
    """A thread's own times are no longer than the clock ran; several threads' together may be."""
    passed = recording.meta.wall_seconds
    if not 0 < passed * _LONGER < summary.whole:
        return ""
    return f", several threads' added up, while {shown.amount(passed, 'seconds')} passed"


def _sentence(recording: Recording, summary: Summary, options: Options) -> str:
    whole = shown.amount(summary.whole, summary.unit)
    if options.metric in _OF:
        return f"{whole} {_OF[options.metric]}"
    if options.metric not in SAMPLED:
        what = f"{whole} {'' if METRICS[options.metric] == 'bytes' else 'times '}"
        return f"{what}({options.metric} memory)"
    if summary.counted:
        calls = sum(row.calls for row in summary.functions.values())
        return f"{calls:,} calls in {whole}{_of_threads(recording, summary)}"
    if recording.samples:
        suffix = "" if summary.unit == "samples" else f" of {whole}"
        number = summary.whole if summary.unit == "samples" else len(recording.samples)
        return f"{number:,.0f} samples{suffix}"
    return f"{whole} in lines that were timed"
