# SPDX-License-Identifier: Apache-2.0
"""What every form of the report says of a function, in words: one place, so that they agree."""

from __future__ import annotations

from pathlib import Path

from hone.measure.stats import Ratio
from hone.tune.outcome import Outcome, Row


def where(row: Row) -> str:
    return f"{Path(row.function.file).name}:{row.function.line}"


def done(row: Row) -> str:
    if row.state == "inlined":
        return f"inlined {row.reason}"
    return row.state + (f": {row.reason}" if row.reason else "")


def ratio(value: Ratio) -> str:
    return f"{value.value:.2f}× ({value.low:.2f}-{value.high:.2f})"


def gain(row: Row) -> str:
    return ratio(row.gain) if row.gain else row.gain_note


def equal(row: Row) -> str:
    """How many calls were compared, and with which outcome."""
    found = row.compared
    if found.different:
        return f"NOT EQUAL: {found.different} of {found.equal + found.different} calls"
    if found.equal:
        return f"{found.equal} call{'s' if found.equal > 1 else ''}"
    return "not compared" if found.not_compared else ""


def evidence(outcome: Outcome) -> list[str]:
    """What was compared and what was not, as sentences."""
    if outcome.equal is None:
        return []
    calls = outcome.calls_compared()
    aspects = "exit code, output and files written"
    if outcome.equal:
        out = [
            f"identical: {aspects} of every tuned run; {calls} calls of compiled functions on twins"
        ]
    else:
        out = [f"not equal: {text}" for text in outcome.differences]
    out += [
        f"not compared: {row.function.name}: {row.compared.why_not()}"
        for row in outcome.rows
        if row.compared.verdict is None and row.compared.not_compared
    ]
    opaque = sum(row.compared.opaque for row in outcome.rows)
    if opaque:
        out.append(
            f"in {opaque} of the compared calls some object keeps state in C that was not looked at"
        )
    return out


def never_to_win(outcome: Outcome) -> str:
    return (
        f"never hone's to win: {outcome.waiting_share:.0%} waiting, "
        f"{outcome.native_share:.0%} of the profiled time inside C functions"
    )
