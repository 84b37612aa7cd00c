# SPDX-License-Identifier: Apache-2.0
"""Words and numbers that several reports show in the same way."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from hone.recording.model import Recording
from hone.recording.rows import Compiled, Function, Kind
from hone.recording.summary import Sum, Summary, summarise
from hone.report.formats import Options

# The words of --sort, with pstats' own beside ours; which way is down.
SORTS: dict[str, str] = {
    "own": "own", "tottime": "own", "time": "own",
    "cumulative": "cumulative", "cumtime": "cumulative",
    "calls": "calls", "ncalls": "calls",
    "name": "name", "file": "file", "filename": "file",
}  # fmt: skip


@dataclass(frozen=True)
class Row:
    """A function and its sums."""

    number: int
    function: Function
    sum: Sum
    compiled: Compiled | None


_KEYS: dict[str, Callable[[Row], tuple[float, float] | tuple[str, int] | tuple[str, str]]] = {
    "own": lambda row: (-row.sum.own, -row.sum.cumulative),
    "cumulative": lambda row: (-row.sum.cumulative, -row.sum.own),
    "calls": lambda row: (-row.sum.calls, -row.sum.own),
    "name": lambda row: (row.function.name, row.function.file),
    "file": lambda row: (row.function.file, row.function.line),
}


def functions(recording: Recording, options: Options) -> tuple[Summary, list[Row]]:
    """The sums and their rows, in the order that was asked for; not cut off yet."""
    summary = summarise(recording, options.metric)
    compiled = {row.function: row for row in recording.compiled}
    found = [
        Row(number, recording.functions[number], sums, compiled.get(number))
        for number, sums in summary.functions.items()
    ]
    sort = SORTS[options.sort]
    key = _KEYS["cumulative" if sort == "own" and not summary.owns else sort]
    return summary, sorted(found, key=key)


def place(function: Function) -> str:
    """Where it is, as people look for it: short."""
    if not function.file:
        return function.module
    if function.kind & Kind.BUILTIN or function.file == "~":
        return ""
    name = short_path(function.file)
    return f"{name}:{function.line}" if function.line else name


def short_path(file: str) -> str:
    """Below the working folder as it is from there, else the last two parts."""
    here = os.getcwd() + os.sep
    if file.startswith(here):
        return file[len(here) :]
    parts = file.split(os.sep)
    return file if len(parts) <= 3 else os.sep.join(("…", *parts[-2:]))


def title(function: Function) -> str:
    """A name that says enough by itself: also of a module's body."""
    return short_path(function.file) if function.name == "<module>" else function.name


def amount(value: float, unit: str) -> str:
    """A quantity with its unit, of three digits."""
    if unit == "seconds":
        for scale, name in ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs")):
            if value >= scale:
                return f"{_three(value / scale)} {name}"
        return f"{value / 1e-9:.0f} ns" if value else "0 s"
    if unit == "bytes":
        for power, name in ((40, "TiB"), (30, "GiB"), (20, "MiB"), (10, "KiB")):
            if value >= 1 << power:
                return f"{_three(value / (1 << power))} {name}"
        return f"{value:.0f} B"
    return f"{value:,.0f}"


def _three(value: float) -> str:
    digits = 2 if value < 10 else 1 if value < 100 else 0
    return f"{value:,.{digits}f}"


def share(value: float, whole: float) -> str:
    return f"{value / whole:.1%}" if whole else ""


def facts(recording: Recording) -> Iterator[str]:
    """Sentences about the run, the slowdown among them, then the notes."""
    meta = recording.meta
    parts = [meta.python, f"on {meta.host}" if meta.host else ""]
    if meta.wall_seconds:
        parts.append(f"{amount(meta.wall_seconds, 'seconds')}")
    if meta.cpu_seconds:
        parts.append(f"{amount(meta.cpu_seconds, 'seconds')} of CPU")
    if known := ", ".join(filter(None, parts)):
        yield known
    if down := meta.slowdown:
        interval = f" ({down.low:.2f} to {down.high:.2f} with 95 %)" * (down.low < down.high)
        yield f"recording took {down.ratio:.2f} times the time{interval}"
    yield from meta.remarks
    yield from recording.notes


def name_of(recording: Recording) -> str:
    return (
        " ".join(recording.meta.argv) or recording.meta.program or recording.name or "a recording"
    )


def grid(rows: list[list[str]], right: frozenset[int]) -> list[str]:
    """Lines of columns as wide as they need to be; those that only have a head are left out."""
    columns = [column for column in enumerate(zip(*rows, strict=True)) if any(column[1][1:])]
    widths = [max(map(len, column)) for _, column in columns]
    return [
        "  ".join(
            column[line].rjust(width) if at in right else column[line].ljust(width)
            for (at, column), width in zip(columns, widths, strict=True)
        ).rstrip()
        for line in range(len(rows))
    ]


def bold(text: str, options: Options) -> str:
    return f"\033[1m{text}\033[0m" if options.colour else text


def printable(text: str) -> str:
    """Without what would move the cursor or end the line."""
    return "".join(letter if letter.isprintable() else f"\\x{ord(letter):02x}" for letter in text)
