# SPDX-License-Identifier: Apache-2.0
"""The statistics of a comparison: medians, and a bootstrap interval for their ratio.

Samples of A and B alternate, so a pair shares the state of the machine; pairs are what is resampled.
"""

from __future__ import annotations

import random
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

RESAMPLES = 4000


@dataclass(frozen=True)
class Ratio:
    """How many times faster B is than A: the estimate and its 95 % interval."""

    value: float
    low: float
    high: float

    @property
    def gain(self) -> bool:
        return self.low > 1.0

    @property
    def loss(self) -> bool:
        return self.high < 1.0

    @property
    def width(self) -> float:
        """The interval's width as a share of the value: how noisy the answer is."""
        return (self.high - self.low) / self.value


def _quantile(ordered: Sequence[float], share: float) -> float:
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def ratio(a: Sequence[float], b: Sequence[float]) -> Ratio:
    """median(a) / median(b) over pairs taken alternately; needs at least three pairs."""
    pairs = list(zip(a, b, strict=True))
    if len(pairs) < 3:
        raise ValueError("an interval needs at least three pairs")
    draw = random.Random(20231)
    found = []
    for _ in range(RESAMPLES):
        sample = draw.choices(pairs, k=len(pairs))
        found.append(
            statistics.median(x for x, _ in sample) / statistics.median(y for _, y in sample)
        )
    found.sort()
    return Ratio(
        statistics.median(a) / statistics.median(b),
        _quantile(found, 0.025),
        _quantile(found, 0.975),
    )
