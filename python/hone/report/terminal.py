# SPDX-License-Identifier: Apache-2.0
"""The report for people at a terminal; colours as NO_COLOR, FORCE_COLOR and the stream ask."""

from __future__ import annotations

import os
import statistics
import sys
from typing import TextIO

from hone.report import rows
from hone.tune.outcome import Outcome, Row


def has_colour(stream: TextIO) -> bool:
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or stream.isatty()


def render(outcome: Outcome, stream: TextIO | None = None) -> str:
    return _text(outcome, has_colour(stream or sys.stdout))


def plain(outcome: Outcome) -> str:
    """Without colours, whatever the environment asks."""
    return _text(outcome, False)


def _text(outcome: Outcome, colour: bool) -> str:
    def paint(code: str, text: str) -> str:
        return f"\033[{code}m{text}\033[0m" if colour else text

    good = outcome.verdict in ("faster", "worth tuning")
    lines = [f"{paint('1', 'hone')}: {paint('32;1' if good else '1', outcome.sentence)}"]
    if outcome.rows:
        head, *table = _table(outcome.rows)
        lines += ["", paint("1", head), *table]
    lines += [""] if len(lines) > 1 else []
    if outcome.tuned_seconds:
        lines.append(_timing(outcome))
    lines += rows.evidence(outcome)
    if outcome.unstable:
        lines.append(
            "two runs of the original differ too, so not compared: " + "; ".join(outcome.unstable)
        )
    if outcome.rows or outcome.native_share:
        lines.append(rows.never_to_win(outcome))
    lines += [f"note: {text}" for text in outcome.notes]
    if outcome.plan:
        lines.append(f"plan: {outcome.plan}; use it with: hone run {outcome.program}")
    return "\n".join(lines).rstrip() + "\n"


def _table(found: list[Row]) -> list[str]:
    """Columns as wide as they need to be; those that nobody fills are left out."""
    cells = [["function", "share", "calls", "gain (95 %)", "equal", "done"]]
    cells += [_cells(row) for row in found]
    columns = [column for column in zip(*cells, strict=True) if any(column[1:])]
    widths = [max(map(len, column)) for column in columns]
    right = ("share", "calls")
    return [
        "  ".join(
            cell.rjust(width) if column[0] in right else cell.ljust(width)
            for column, cell, width in zip(columns, line, widths, strict=True)
        ).rstrip()
        for line in zip(*columns, strict=True)
    ]


def _cells(row: Row) -> list[str]:
    function = row.function
    name = f"{function.name} ({rows.where(row)})"
    name = name if len(name) <= 38 else name[:37] + "…"
    return [
        name,
        f"{function.share:.1%}",
        f"{function.calls:,}",
        rows.gain(row),
        rows.equal(row),
        "" if row.state == "not tried" else rows.done(row),
    ]


def _timing(outcome: Outcome) -> str:
    before, after = (
        statistics.median(outcome.original_seconds),
        statistics.median(outcome.tuned_seconds),
    )
    mib = 1 << 20
    return (
        f"original {before:.3f} s, tuned {after:.3f} s (medians of {len(outcome.tuned_seconds)} alternating runs); "
        f"peak memory {outcome.original_peak / mib:.0f} and {outcome.tuned_peak / mib:.0f} MiB, of which "
        f"{outcome.tuned_taken / mib:.0f} are hone's own; "
        f"compiling {outcome.compile_seconds * 1000:.0f} ms"
    )
