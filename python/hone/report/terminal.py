# SPDX-License-Identifier: Apache-2.0
"""The report for people at a terminal; colours as NO_COLOR, FORCE_COLOR and the stream ask."""

from __future__ import annotations

import os
import statistics
import sys
from pathlib import Path
from typing import TextIO

from hone.tune.road import Outcome, Row


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
        lines += [
            "",
            paint("1", f"{'function':<38} {'share':>6} {'calls':>10}  done"),
            *map(_row, outcome.rows),
        ]
    lines += [""] if len(lines) > 1 else []
    if outcome.tuned_seconds:
        lines.append(_timing(outcome))
    lines += [f"not equal: {text}" for text in outcome.differences]
    if outcome.unstable:
        lines.append(
            "two runs of the original differ too, so not compared: " + "; ".join(outcome.unstable)
        )
    if outcome.rows or outcome.native_share:
        lines.append(
            f"never hone's to win: {outcome.waiting_share:.0%} waiting, "
            f"{outcome.native_share:.0%} of the profiled time inside C functions"
        )
    lines += [f"note: {text}" for text in outcome.notes]
    if outcome.plan:
        lines.append(f"plan: {outcome.plan}; use it with: hone run {outcome.program}")
    return "\n".join(lines).rstrip() + "\n"


def _row(row: Row) -> str:
    function = row.function
    name = f"{function.name} ({Path(function.file).name}:{function.line})"
    name = name if len(name) <= 38 else name[:37] + "…"
    done = row.state + (f": {row.reason}" if row.reason else "")
    return f"{name:<38} {function.share:>6.1%} {function.calls:>10,}  {done}"


def _timing(outcome: Outcome) -> str:
    before, after = (
        statistics.median(outcome.original_seconds),
        statistics.median(outcome.tuned_seconds),
    )
    mib = 1 << 20
    return (
        f"original {before:.3f} s, tuned {after:.3f} s (medians of {len(outcome.tuned_seconds)} alternating pairs); "
        f"peak memory {outcome.original_peak / mib:.0f} and {outcome.tuned_peak / mib:.0f} MiB; "
        f"compiling {outcome.compile_seconds * 1000:.0f} ms"
    )
