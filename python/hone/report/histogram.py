# SPDX-License-Identifier: Apache-2.0
"""A histogram for the terminal. The slow tail is cut where one outlier would flatten the rest."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable, Sequence

ROWS, WIDTH = 10, 48
_EIGHTHS = " ▏▎▍▌▋▊▉█"


def render(values: Sequence[float], unit: str, number: Callable[[float, str], str]) -> list[str]:
    low, high = _range(values)
    step = (high - low) / ROWS
    if step <= 0:
        return []
    counts = [0] * ROWS
    for value in values:
        if value <= high:
            counts[min(ROWS - 1, int((value - low) / step))] += 1
    beyond = sum(value > high for value in values)
    most = max(counts)
    labels = [number(low + (row + 0.5) * step, unit) for row in range(ROWS)]
    width = max(map(len, labels))
    lines = [
        f"{label:>{width}} {unit} | {_bar(count / most)} {count}".rstrip()
        for label, count in zip(labels, counts, strict=True)
    ]
    if beyond:
        lines.append(
            f"{'':>{width}} {'':{len(unit)}} | and {beyond} slower, up to {number(max(values), unit)}"
        )
    return lines


def _range(values: Sequence[float]) -> tuple[float, float]:
    low, middle, high = statistics.quantiles(values, n=4)
    fence = max(high + 3 * (high - low), middle * 1.0001)
    return min(values), max(value for value in values if value <= fence)


def _bar(share: float) -> str:
    """Eighths of a column where the terminal has the characters for them."""
    if not _has_blocks():
        return "#" * round(share * WIDTH)
    eighths = round(share * WIDTH * 8)
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


def _has_blocks() -> bool:
    try:
        _EIGHTHS.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True
