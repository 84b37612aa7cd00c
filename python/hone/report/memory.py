# SPDX-License-Identifier: Apache-2.0
"""The table of a program's memory, by line or by function: what each held at the peak and at the end, what it
asked for, how much of that was temporary or copied."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from hone.recording.model import Recording
from hone.recording.rows import Domain, Function
from hone.report.formats import shown
from hone.report.formats.sources import Sources


@dataclass
class Sum:
    """Bytes, where not said."""

    peak: int = 0
    held: int = 0
    asked: int = 0
    blocks: int = 0  # how many
    temporary: int = 0
    copied: int = 0
    native: int = 0  # of `asked`


# The words of --sort.
SORTS: dict[str, Callable[[Sum], int]] = {
    "peak": lambda row: row.peak,
    "held": lambda row: row.held,
    "asked": lambda row: row.asked,
    "blocks": lambda row: row.blocks,
    "temporary": lambda row: row.temporary,
    "copied": lambda row: row.copied,
}
Key = tuple[int, int]  # a function and a line in it, or 0


def sums(recording: Recording, *, by_line: bool) -> dict[Key, Sum]:
    """What was asked for at each line, or by each function, not by what they call."""
    found: dict[Key, Sum] = defaultdict(Sum)
    stacks = recording.stacks
    for row in recording.allocations:
        line = stacks.line[row.stack] if by_line else 0
        into = found[stacks.function[row.stack], line]
        into.peak += row.peak
        into.held += row.live
        into.asked += row.bytes
        into.blocks += row.number
        into.temporary += row.temporary
        into.copied += row.copied
        into.native += row.bytes if row.domain == Domain.NATIVE else 0
    return found


def render(
    recording: Recording, *, sort: str = "peak", limit: int = 30, by_line: bool = True
) -> str:
    """The table as text, with what the recording says about itself above it."""
    heading = [f"{recording.meta.program}: {next(iter(recording.meta.remarks), '')}"]
    heading += recording.meta.remarks[1:]
    found = sums(recording, by_line=by_line)
    if not found:
        return "\n".join([*heading, "nothing was asked for", ""])
    key = SORTS[sort]
    ranked = sorted(found.items(), key=lambda item: (-key(item[1]), -item[1].asked))
    head = ["peak", "", "held", "asked for", "blocks", "native", "temporary", "copied"]
    where = ["line", "function", "source"] if by_line else ["function", "where", ""]
    cells = [[*head, *where]]
    whole = sum(row.peak for row in found.values())
    sources = Sources(recording)
    compiled = {row.function for row in recording.compiled if row.tier}
    for (number, line), row in ranked[:limit]:
        function = recording.functions[number]
        mark = " [compiled]" if number in compiled else ""
        place = _line(function, line, sources, mark) if by_line else _function(function, mark)
        cells.append([*_cells(row, whole), *place])
    lines = [*heading, "", *shown.grid(cells, frozenset(range(8)))]
    if (left := len(ranked) - limit) > 0:
        lines.append(f"… and {left} more")
    return "\n".join([*lines, ""])


def _cells(row: Sum, whole: int) -> list[str]:
    def size(value: int) -> str:
        return shown.amount(value, "bytes") if value else ""

    return [
        size(row.peak),
        shown.share(row.peak, whole) if row.peak else "",
        size(row.held),
        size(row.asked),
        f"{row.blocks:,}" if row.blocks else "",
        f"{row.native / row.asked:.0%}" if row.native else "",
        f"{row.temporary / row.asked:.0%}" if row.temporary and row.asked else "",
        size(row.copied),
    ]


def _line(function: Function, line: int, sources: Sources, mark: str) -> list[str]:
    if function.file == "~":
        return [shown.printable(function.name), "", ""]
    text = sources.lines(function.file)
    source = text[line - 1].strip() if 0 < line <= len(text) else ""
    where = f"{shown.short_path(function.file)}:{line}"
    return [*map(shown.printable, (where, function.name + mark, source[:60]))]


def _function(function: Function, mark: str) -> list[str]:
    return [
        shown.printable(shown.title(function)) + mark,
        shown.printable(shown.place(function)),
        "",
    ]
