# SPDX-License-Identifier: Apache-2.0
"""A table of functions: calls, own and cumulative time, and what hone's compiler did for them."""

from __future__ import annotations

from collections.abc import Iterator

from hone.recording.errors import RecordingError
from hone.recording.model import Recording
from hone.recording.summary import Summary
from hone.report.formats import Options, shown

_NUMBERS = frozenset(range(7)) | {9, 10}


def render(recording: Recording, options: Options) -> Iterator[str]:
    summary, rows = shown.functions(recording, options)
    if not rows:
        raise RecordingError(f"{recording.name or 'the recording'} has no functions in it")
    yield from lines(summary, rows, options)


def lines(summary: Summary, rows: list[shown.Row], options: Options) -> Iterator[str]:
    counted = "calls" if summary.counted else "allocations" if "byte" in summary.unit else "samples"
    head = [counted, "own", "", "each", "cumulative", "", "each", "function", "where", "tier"]
    cells = [[*head, "exits", "compiling"]]
    cells += [_cells(summary, row) for row in rows[: options.limit]]
    first, *rest = shown.grid(cells, _NUMBERS)
    yield shown.bold(first, options) + "\n"
    for line in rest:
        yield line + "\n"
    if (left := len(rows) - options.limit) > 0:
        yield f"… and {left} more\n"


def _cells(summary: Summary, row: shown.Row) -> list[str]:
    sums, unit = row.sum, summary.unit
    calls = f"{sums.calls:,}" if sums.calls else ""
    if sums.primitive != sums.calls:
        calls = f"{sums.calls:,}/{sums.primitive:,}"
    each = summary.counted and sums.calls
    own = [shown.amount(sums.own, unit), shown.share(sums.own, summary.whole)]
    return [
        calls,
        *(own if summary.owns else ["", ""]),
        shown.amount(sums.own / sums.calls, unit) if each else "",
        shown.amount(sums.cumulative, unit),
        shown.share(sums.cumulative, summary.whole),
        shown.amount(sums.cumulative / sums.primitive, unit) if each and sums.primitive else "",
        shown.printable(shown.title(row.function)),
        shown.printable(shown.place(row.function)),
        *_compiled(row),
    ]


def _compiled(row: shown.Row) -> list[str]:
    made = row.compiled
    if made is None:
        return ["", "", ""]
    compiling = shown.amount(made.compile_seconds, "seconds") if made.compile_seconds else ""
    return [shown.printable(made.tier or made.why_not), f"{made.exits:,}", compiling]
