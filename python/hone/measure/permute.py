# SPDX-License-Identifier: Apache-2.0
"""Which of many quantities differ between two groups of runs, when each run gives a value of all of them.

If the groups are alike, every other division of the runs into two groups is as likely as the one that
is. Each division has a largest studentised difference among all quantities; a quantity differs if its
own is larger than those of nearly all divisions (Westfall and Young, Resampling-Based Multiple Testing,
1993, chapter 2). That holds the chance of even one false alarm among all of them, whatever their
distribution is and however they hang together, and costs nothing for quantities that go together.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from itertools import combinations

_MOST = 2000  # divisions: beyond, that many are drawn


def adjusted(
    a: Sequence[Sequence[float]], b: Sequence[Sequence[float]], floor: float
) -> list[float]:
    """For each quantity the chance that a difference as large as its own, of any of them, is none.

    A and B are runs, each with a value of every quantity. FLOOR is a spread below which nothing is told
    apart, in the values' unit: it keeps those that hardly vary from standing out by nothing.
    """
    columns = [_Column(values, floor) for values in zip(*a, *b, strict=True)]
    observed = [column.difference(range(len(a))) for column in columns]
    beaten = [0] * len(columns)
    number = 0
    for chosen in _divisions(len(a) + len(b), len(a)):
        number += 1
        most = max((column.difference(chosen) for column in columns), default=0.0)
        for at, own in enumerate(observed):
            # The same sums in another order may differ in their last digit.
            beaten[at] += most >= own * (1 - 1e-9)
    return [count / number for count in beaten]


def least(a: int, b: int) -> float:
    """The smallest chance that so many runs can show. The one and the other way round are alike."""
    return min(1.0, (2 if a == b else 1) / math.comb(a + b, a))


def _divisions(runs: int, first: int) -> Iterator[Sequence[int]]:
    if math.comb(runs, first) <= _MOST:
        yield from combinations(range(runs), first)
        return
    draw = random.Random(runs * 1000 + first)  # the same answer whenever it is asked
    yield range(first)
    for _ in range(_MOST - 1):
        yield draw.sample(range(runs), first)


class _Column:
    """A quantity's values. Their sums without the chosen are those of all less those of the chosen; that
    loses no digits because the values are taken from their mean."""

    def __init__(self, values: Sequence[float], floor: float) -> None:
        mean = math.fsum(values) / len(values)
        self.values = [value - mean for value in values]
        self.squares = [value * value for value in self.values]
        self.sum = math.fsum(self.values)
        self.square = math.fsum(self.squares)
        self.floor = floor * floor

    def difference(self, chosen: Sequence[int]) -> float:
        """Welch's t between the chosen and the others, without sign."""
        inside = len(chosen)
        outside = len(self.values) - inside
        a, squares = (
            sum(map(self.values.__getitem__, chosen)),
            sum(map(self.squares.__getitem__, chosen)),
        )
        b = self.sum - a
        spread = self.floor
        for total, square, number in ((a, squares, inside), (b, self.square - squares, outside)):
            variance = (square - total * total / number) / max(1, number - 1)
            spread += max(0.0, variance) / number
        return abs(b / outside - a / inside) / math.sqrt(spread) if spread else 0.0
