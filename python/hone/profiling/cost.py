# SPDX-License-Identifier: Apache-2.0
"""How much slower a program ran because it was profiled."""

from __future__ import annotations

from hone import _core


def slowdown(profile: _core.Profiler) -> float:
    """The time the program took over the time it would have taken, by the measured price of a
    probe and how often it was paid, and by what watching costs plain bytecode (3.11)."""
    overhead = profile.overhead()
    watched, removed = overhead["watched"], overhead["seconds"]
    left = max(watched - removed, watched * 0.01)
    python = sum(row[4] for row in profile.rows() if not row[6])
    dilation = max(1.0, overhead["dilation"])
    without = left - min(python, left) * (1 - 1 / dilation)
    return float(watched / without) if without > 0 else 1.0


def sentence(profile: _core.Profiler) -> str:
    overhead = profile.overhead()
    if overhead["watched"] == 0:
        return "the profiler was never on"
    factor = slowdown(profile)
    text = f"profiled, the program ran {factor:.2f} times as long"
    if overhead["seconds"] <= 0:
        return text
    return f"{text}; {overhead['seconds']:.3g} s of probes are not in the times"
