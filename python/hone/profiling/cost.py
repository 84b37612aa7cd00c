# SPDX-License-Identifier: Apache-2.0
"""How much slower a program ran because it was profiled."""

from __future__ import annotations

import sys
from typing import Any, NamedTuple

from hone import _core


class Slower(NamedTuple):
    """Times as long; and where 95 % of repeated calibrations would have put it."""

    ratio: float
    low: float
    high: float


def slowdown(profile: _core.Profiler) -> Slower:
    """The time the program took over the time it would have taken: from the measured price of a
    probe, how often it was paid, and what watching costs plain bytecode (3.11)."""
    overhead = profile.overhead()
    compiled = _compiled()
    python = sum(
        row[4] for row in profile.rows() if not row[6] and (row[0], row[1], row[2]) not in compiled
    )
    low, high = overhead["interval"]
    return Slower(*(_ratio(overhead, python, part) for part in (1.0, low, high)))


def _compiled() -> set[tuple[str, int, str]]:
    """The functions that ran compiled: what watching costs bytecode, it did not cost them."""
    engine = sys.modules.get("hone._jit")
    report = engine.report() if engine is not None else []
    return {
        (row["filename"], row["firstlineno"], row["qualname"])
        for row in report
        if row["state"] == "compiled"
    }


def _ratio(overhead: dict[str, Any], python: float, part: float) -> float:
    """PART of the price was really paid."""
    watched = overhead["watched"] - overhead["without_processor"] - overhead["compiling"]
    left = max(watched - part * overhead["seconds"], watched * 0.01)
    without = left - min(python, left) * (1 - 1 / max(1.0, overhead["dilation"]))
    return float(watched / without) if without > 0 else 1.0


def sentence(profile: _core.Profiler) -> str:
    overhead = profile.overhead()
    if overhead["watched"] == 0:
        return "the profiler was never on"
    if overhead["seconds"] <= 0:
        return "times are as measured, with the profiler's cost"
    away = overhead["without_processor"]
    text = (
        f"profiled, the program ran {slowdown(profile).ratio:.2f} times as long; "
        f"{overhead['seconds']:.3g} s of probes are not in the times"
    )
    return f"{text}, nor {away:.3g} s without a processor" if away > 0.05 else text
