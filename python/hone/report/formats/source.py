# SPDX-License-Identifier: Apache-2.0
"""Annotated sources: of the functions that take most, each line with what it took."""

from __future__ import annotations

from collections.abc import Iterator

from hone.recording.errors import RecordingError
from hone.recording.model import Recording
from hone.recording.summary import LineSum, lines, summarise
from hone.report.formats import Options, shown
from hone.report.formats.sources import Sources

_AROUND = 2  # lines shown before and after one that has a time
_HEAT = ((0.2, "31;1"), (0.05, "33"))  # colours from these shares on


def render(recording: Recording, options: Options) -> Iterator[str]:
    found = lines(recording, options.metric)
    if not found:
        name = recording.name or "the recording"
        hint = (
            ": hone lines and hone sample record them"
            if recording.totals or recording.calls
            else ""
        )
        raise RecordingError(f"{name} has no lines in it{hint}")
    summary = summarise(recording, options.metric)
    sources = Sources(recording)
    heaviest = sorted(found, key=lambda number: -_weight(found[number]))
    for number in heaviest[: options.limit]:
        yield from _function(recording, number, found[number], sources, summary.unit, options)
    if (left := len(heaviest) - options.limit) > 0:
        yield f"… and {left} more functions\n"
    if sources.of_today:
        yield "The sources are as they are now, which may be later than the recording.\n"


def _weight(by_line: dict[int, LineSum]) -> float:
    return sum(line.own for line in by_line.values()) or 1e-12 * len(by_line)


def _function(
    recording: Recording,
    number: int,
    by_line: dict[int, LineSum],
    sources: Sources,
    unit: str,
    options: Options,
) -> Iterator[str]:
    function = recording.functions[number]
    whole = _weight(by_line)
    head = f"{shown.title(function)}  {function.file}:{function.line}  {shown.amount(whole, unit)}"
    yield shown.bold(shown.printable(head), options) + "\n"
    text = sources.lines(function.file)
    counted = "hits" if recording.lines else "samples"
    yield f"{'line':>6}  {counted:>11}  {'own':>9}  {'':>6}\n"
    before = 0
    for line in _shown(function.line, by_line, len(text)):
        if before and line > before + 1:
            yield f"{'…':>6}\n"
        before = line
        source = shown.printable(text[line - 1].expandtabs()) if 0 < line <= len(text) else ""
        yield _line(line, by_line.get(line), whole, unit, source, options)
    yield "\n"


def _shown(first: int, by_line: dict[int, LineSum], last: int) -> list[int]:
    """The function's first line, those that have something, and some around each."""
    found = {first} if 0 < first <= last else set()
    for line in by_line:
        least = max(first, line - _AROUND, 1)
        found |= {line, *range(least, min(line + _AROUND, last) + 1)}
    return sorted(found)


def _line(
    line: int, sums: LineSum | None, whole: float, unit: str, source: str, options: Options
) -> str:
    if sums is None:
        return f"{line:6}  {'':>11}  {'':>9}  {'':>6}  {source}".rstrip() + "\n"
    share = sums.own / whole if whole else 0.0
    hits = f"{sums.hits:,}" if sums.hits else ""
    own = shown.amount(sums.own, unit) if sums.own else ""
    percent = f"{share:.1%}" if own else ""
    text = f"{line:6}  {hits:>11}  {own:>9}  {percent:>6}  {source}".rstrip()
    code = next((code for least, code in _HEAT if share >= least), "")
    return (f"\033[{code}m{text}\033[0m" if code and options.colour else text) + "\n"
