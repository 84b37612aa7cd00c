# SPDX-License-Identifier: Apache-2.0
"""A Comparison for people at a terminal, and its words for the page."""

from __future__ import annotations

from collections.abc import Iterator

from hone.diff.verdict import WHOLE, Change, Comparison
from hone.report.formats.shown import amount, grid, printable, short_path

_RIGHT = frozenset({0, 1, 2, 3, 4})
_COLOURS = {"slower": "31", "faster": "32"}


def render(found: Comparison, limit: int, colour: bool) -> str:
    lines = list(_head(found))
    if found.changes:
        rows = [
            [
                "before",
                "after",
                "change",
                f"interval of {found.interval:.2%}",
                "calls",
                _noun(found),
                "where",
            ]
        ]
        shown = found.changes[:limit]
        rows += [cells(change, found.unit) for change in shown]
        head, *table = grid(rows, _RIGHT)
        lines += ["", head]
        for change, line in zip(shown, table, strict=True):
            lines.append(f"\033[{_COLOURS[change.word]}m{line}\033[0m" if colour else line)
        if len(found.changes) > limit:
            lines.append(f"… and {len(found.changes) - limit} more")
    return "\n".join([*lines, "", *_tail(found, limit)]) + "\n"


def _noun(found: Comparison) -> str:
    return "function" if found.kind == "functions" else "benchmark"


def _head(found: Comparison) -> Iterator[str]:
    yield sentence(found)
    if found.whole is not None and found.unit != "of the whole":
        whole = found.whole
        beyond = "" if whole.word != "same" else ", within the noise"
        yield f"all together: {value(whole.before, found.unit)} before, {value(whole.after, found.unit)} after ({percent(whole)}{beyond})"


def sentence(found: Comparison) -> str:
    slower = sum(change.word == "slower" for change in found.changes)
    faster = len(found.changes) - slower
    if not found.changes:
        return f"no {_noun(found)} changed beyond noise"
    parts = [
        f"{number} {word}"
        for number, word in zip((slower, faster), _words(found), strict=True)
        if number
    ]
    return f"{' and '.join(parts)} beyond noise"


def _words(found: Comparison) -> tuple[str, str]:
    """What stands for slower and faster."""
    if found.measured == "time":
        return "slower", "faster"
    return f"with more {found.measured}", f"with less {found.measured}"


def _tail(found: Comparison, limit: int) -> Iterator[str]:
    for change in found.recounted[:limit]:
        yield f"called {_calls(change)} times in every recording: {printable(change.key[1])}"
    yield f"Listed are {found.how}."
    yield f"{found.same} {_noun(found)}{'' if found.same == 1 else 's'} within the noise" + (
        f", {found.small} too small to count" if found.small else ""
    )
    yield from (f"note: {printable(note)}" for note in found.notes)


def cells(change: Change, unit: str) -> list[str]:
    interval = ""
    if change.low is not None and change.high is not None:
        interval = f"{signed(change.low, unit)} to {signed(change.high, unit)}"
    calls = _calls(change) if change.calls and change.calls[0] != change.calls[1] else ""
    return [
        value(change.before, unit),
        value(change.after, unit),
        percent(change),
        interval,
        calls,
        printable(change.key[1]),
        printable(place(change)),
    ]


def _calls(change: Change) -> str:
    before, after = change.calls or (0, 0)
    return f"{before:,} → {after:,}"


def place(change: Change) -> str:
    file = change.key[0]
    if file in ("", "~"):
        return ""
    return short_path(file) + (f":{change.line}" if change.line else "")


def percent(change: Change) -> str:
    if not change.before:
        return "new" if change.after else ""
    if not change.after and change.key != WHOLE:
        return "gone"
    return f"{change.ratio - 1:+.1%}".replace("-", "−")


def value(number: float, unit: str) -> str:
    return f"{number:.2%}" if unit == "of the whole" else amount(number, unit)


def signed(number: float, unit: str) -> str:
    return ("−" if number < 0 else "+") + value(abs(number), unit)


def words(found: Comparison) -> list[str]:
    """Sentences for the page: the verdict, then each change."""
    named = dict(zip(("slower", "faster"), _words(found), strict=True))
    rows = [
        f"{named[change.word]}: {change.key[1]} {place(change)} {value(change.before, found.unit)} → "
        f"{value(change.after, found.unit)} ({percent(change)})"
        for change in found.changes
    ]
    return [f"{sentence(found)}; listed are {found.how}", *rows]
