# SPDX-License-Identifier: Apache-2.0
"""Warm-up: where a series of timings reaches the speed that it keeps.

Change points by PELT (Killick, Fearnhead and Eckley, Optimal detection of changepoints with a linear
computational cost, JASA 2012), the way Barrett et al. use it on virtual machines (Virtual machine
warmup blows hot and cold, OOPSLA 2017): segments first, then words for what they do. Levels are
compared in logarithms, so that a tenth is a tenth at any speed. Single outliers are taken out by a
running median first: they are noise, not a state.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise

from hone.measure.stats import batches

SHORTEST = 3  # samples: what lasts less long is no state
SAME = 0.02  # levels this close are one: a change must matter, not only be certain
_LONGEST = 200  # longer series are batched: the search grows with the square where nothing changes
_WINDOW = 5  # of the running median
_FINEST = 1e-4  # the least noise believed in: quantised clocks can show none at all


@dataclass(frozen=True)
class WarmUp:
    """`samples` at the start are not part of the steady state; `factor`: their level over it.
    `steady`: the second half stayed at one level."""

    samples: int
    factor: float
    steady: bool

    @property
    def kind(self) -> str:
        if self.samples == 0:
            return "flat"
        return "warm-up" if self.factor > 1 else "slowdown"


FLAT = WarmUp(0, 1.0, True)


def warm_up(values: Sequence[float]) -> WarmUp:
    """What the start of a series of positive timings is; at most half of it is taken off."""
    if len(values) < 4 * SHORTEST:
        return FLAT
    size = -(-len(values) // _LONGEST)
    found = _classify([math.log(value) for value in batches(values, _LONGEST)])
    return replace(found, samples=found.samples * size)


def _classify(logs: list[float]) -> WarmUp:
    smooth = _smoothed(logs)
    half = len(logs) // 2
    level = statistics.median(smooth[half:])
    start, steady = 0, True
    for begin, end in _segments(logs, smooth):
        other = abs(statistics.fmean(smooth[begin:end]) - level) > SAME
        if other and begin == start and end <= half:
            start = end
        elif other and end > half:
            steady = False
    factor = math.exp(statistics.fmean(smooth[:start]) - level) if start else 1.0
    return WarmUp(start, factor, steady)


def change_points(values: Sequence[float], penalty: float) -> list[int]:
    """Where segments with another mean begin: the cuts with the least squared error + PENALTY each."""
    sums = [0.0, *accumulate(values)]
    squares = [0.0, *accumulate(value * value for value in values)]

    def cost(begin: int, end: int) -> float:
        total = sums[end] - sums[begin]
        return squares[end] - squares[begin] - total * total / (end - begin)

    best = [-penalty] + [math.inf] * len(values)
    before = [0] * (len(values) + 1)
    begins = [0]
    # Begin -> the cut that beats it; from there on, once a segment fits behind that cut.
    beaten: dict[int, int] = {}
    for end in range(SHORTEST, len(values) + 1):
        begins = [begin for begin in begins if end - beaten.get(begin, end) < SHORTEST]
        tried = [(best[begin] + cost(begin, end), begin) for begin in begins]
        least, before[end] = min(tried)
        best[end] = least + penalty
        for value, begin in tried:
            if value > best[end]:
                beaten.setdefault(begin, end)
        begins.append(end - SHORTEST + 1)
    cuts, end = [], len(values)
    while before[end] > 0:
        end = before[end]
        cuts.append(end)
    return cuts[::-1]


def _segments(values: list[float], smooth: list[float]) -> list[tuple[int, int]]:
    """The penalty is BIC's for a mean and a place, doubled, as neighbours in time are alike."""
    steps = [abs(b - a) for a, b in pairwise(values)]
    noise = max(statistics.median(steps), _FINEST)  # 1.05 sigma where it is normal
    cuts = change_points(smooth, 4 * math.log(len(smooth)) * noise * noise)
    return list(pairwise([0, *cuts, len(smooth)]))


def _smoothed(values: list[float]) -> list[float]:
    side = _WINDOW // 2
    return [
        statistics.median(values[max(0, at - side) : at + side + 1]) for at in range(len(values))
    ]
