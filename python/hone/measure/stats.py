# SPDX-License-Identifier: Apache-2.0
"""The statistics of a measurement: medians and ratios, with intervals that assume next to nothing.

A median's interval lies between two order statistics: its level is a sum of binomial terms, whatever
the distribution. A ratio comes from pairs that were measured side by side: the logarithms of their
ratios give the Hodges-Lehmann estimate, and Wilcoxon's signed-rank distribution gives its interval
(Hodges and Lehmann 1963; Hollander, Wolfe and Chicken, Nonparametric Statistical Methods, 3rd ed.,
sections 3.1 to 3.4). If A and B are the same and chance decides which of a pair is called A, every
sign is a fair coin: the interval then excludes 1 in at most 5 % of all cases, however the noise is
distributed, drifts or jumps. Against normal noise this costs a twentieth of the pairs that Student's
t would need, against noise with outliers it needs fewer.

A share of a whole, as a function's of a profile, comes from blocks of time, each much longer than what
makes one sample like the next: they are drawn again with replacement (a block bootstrap: Künsch 1989), and
the interval is never narrower than Wilson's for that many independent samples.

Fewer than six pairs can't give 95 %; they get the widest interval that they have (five: 93.75 %), and
its level is stated.

Two series that were not measured in pairs are compared by the differences of each with each: Hodges and
Lehmann's shift, with the interval of the rank sums of Mann and Whitney (the same book, section 4.3).
"""

from __future__ import annotations

import math
import random
import statistics
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

LEVEL = 0.95
FULL = 6  # so many pairs or values can give an interval of LEVEL
LEAST = 3  # with fewer, there is none worth the name
_EXACT = 60  # up to so many, distributions are summed; beyond, they are normal to four digits
_MOST_BESIDE = 120  # of each of two series: their differences are as many as the product
BLOCKS = 50  # into which a series is cut for a share's interval
_DRAWN = 400  # series drawn anew
_MOST = 400  # longer series are batched: their Walsh averages grow with the square


@dataclass(frozen=True)
class Estimate:
    """A value and the ends of its interval."""

    value: float
    low: float
    high: float
    level: float = LEVEL

    @property
    def width(self) -> float:
        """The interval's width as a share of the value: how noisy the answer is."""
        return (self.high - self.low) / self.value


@dataclass(frozen=True)
class Ratio(Estimate):
    """How many times faster B is than A."""

    @property
    def gain(self) -> bool:
        return self.low > 1.0

    @property
    def loss(self) -> bool:
        return self.high < 1.0


def median(values: Sequence[float]) -> Estimate:
    """The median; what was measured at intervals counts as independent, so batch what is not."""
    if len(values) < LEAST:
        raise ValueError("an interval needs at least three values")
    ordered = sorted(values)
    skip, level = _ends(len(ordered), _binomial_below)
    return Estimate(statistics.median(ordered), ordered[skip], ordered[-1 - skip], level)


def ratio(a: Sequence[float], b: Sequence[float]) -> Ratio:
    """How many times larger a is than b, over pairs taken alternately; at least three."""
    return ratio_of_logs([math.log(x / y) for x, y in zip(a, b, strict=True)])


def ratio_of_logs(logs: Sequence[float], among: int = 1) -> Ratio:
    """The same from one logarithm of a/b for each pair. Of several comparisons (AMONG) the level is
    the one of all together, after Bonferroni."""
    if len(logs) < LEAST:
        raise ValueError("an interval needs at least three pairs")
    logs = batches(logs, _MOST)
    averages = _walsh(logs)
    skip, level = _ends(len(logs), _signed_rank_below, among)
    ends = averages[skip], averages[-1 - skip]
    return Ratio(math.exp(statistics.median(averages)), math.exp(ends[0]), math.exp(ends[1]), level)


def shift(a: Sequence[float], b: Sequence[float], among: int = 1) -> Estimate:
    """How much more b is than a, two independent series of at least two; 0 is a value like any other."""
    if min(len(a), len(b)) < 2:
        raise ValueError("a shift needs two values on either side")
    a, b = batches(a, _MOST_BESIDE), batches(b, _MOST_BESIDE)
    differences = sorted(y - x for x in a for y in b)
    skip, level = _ends_of_sums(len(a), len(b), among)
    return Estimate(
        statistics.median(differences), differences[skip], differences[-1 - skip], level
    )


def share(parts: Sequence[float], wholes: Sequence[float], samples: int) -> Estimate:
    """What share of the wholes the parts are, over blocks of time that follow each other; SAMPLES were
    taken in all of them. Raises ValueError if there is nothing to share."""
    whole = sum(wholes)
    if not whole or not samples:
        raise ValueError("a share needs a whole")
    value = sum(parts) / whole
    z = statistics.NormalDist().inv_cdf((1 + LEVEL) / 2)
    middle = (value + z * z / (2 * samples)) / (1 + z * z / samples)
    spread = value * (1 - value) / samples + z * z / (4 * samples * samples)
    reach = z * math.sqrt(spread) / (1 + z * z / samples)
    low, high = middle - reach, middle + reach
    if len(parts) >= LEAST and 0 < value < 1:
        drawn = _drawn(len(parts))
        found = sorted(_ratio_of(parts, wholes, picks, value) for picks in drawn)
        skip = round((1 - LEVEL) / 2 * len(found))
        low, high = min(low, found[skip]), max(high, found[-1 - skip])
    return Estimate(value, min(max(low, 0.0), value), max(min(high, 1.0), value))


def _ratio_of(
    parts: Sequence[float], wholes: Sequence[float], picks: Sequence[int], otherwise: float
) -> float:
    whole = sum(wholes[at] for at in picks)
    return sum(parts[at] for at in picks) / whole if whole else otherwise


@cache
def _drawn(count: int) -> tuple[tuple[int, ...], ...]:
    """Always the same, so that a report is the same each time it is made."""
    source = random.Random(count)
    return tuple(tuple(source.choices(range(count), k=count)) for _ in range(_DRAWN))


def batches(values: Sequence[float], most: int) -> list[float]:
    """At most so many medians of neighbours. What one has in common with the next, as a machine's
    state of some seconds, is then inside a batch and no longer counted as many observations."""
    size = -(-len(values) // most)
    if size <= 1:
        return list(values)
    return [statistics.median(values[at : at + size]) for at in range(0, len(values), size)]


def _walsh(values: Sequence[float]) -> list[float]:
    """The averages of all pairs, each value with itself included, in order."""
    return sorted((x + y) / 2 for at, x in enumerate(values) for y in values[at:])


@cache
def _ends(count: int, below: Callable[[int, int], float], among: int = 1) -> tuple[int, float]:
    """How many of the ordered values to leave out at each end, the most that keep the level; and the
    level, which few values don't reach even if none is left out."""
    outside = (1 - LEVEL) / among / 2
    fitting = bisect_right(range(count * count), outside, key=lambda skip: below(count, skip))
    return max(0, fitting - 1), min(LEVEL, 1 - 2 * among * below(count, 0))


def _binomial_below(count: int, most: int) -> float:
    """P(at most so many of COUNT fair coins show heads)."""
    if count > _EXACT:
        return _normal(most + 0.5, count / 2, math.sqrt(count) / 2)
    return float(sum(math.comb(count, heads) for heads in range(most + 1)) / 2**count)


def _signed_rank_below(count: int, most: int) -> float:
    """P(the sum of those ranks of 1..COUNT whose coin shows heads is at most MOST)."""
    if count > _EXACT:
        spread = math.sqrt(count * (count + 1) * (2 * count + 1) / 24)
        return _normal(most + 0.5, count * (count + 1) / 4, spread)
    return float(sum(_rank_sums(count)[: most + 1]) / 2**count)


@cache
def _ends_of_sums(a: int, b: int, among: int) -> tuple[int, float]:
    """The same as _ends for the ordered differences of a series of A with one of B."""
    outside = (1 - LEVEL) / among / 2
    fitting = bisect_right(range(a * b), outside, key=lambda skip: _pairs_below(a, b, skip))
    return max(0, fitting - 1), min(LEVEL, 1 - 2 * among * _pairs_below(a, b, 0))


def _pairs_below(a: int, b: int, most: int) -> float:
    """P(of all pairs of one of A and one of B values, at most MOST have the larger one in A)."""
    if a + b > _EXACT:
        return _normal(most + 0.5, a * b / 2, math.sqrt(a * b * (a + b + 1) / 12))
    return float(sum(_pair_counts(a, b)[: most + 1]) / math.comb(a + b, a))


@cache
def _pair_counts(a: int, b: int) -> tuple[int, ...]:
    """In how many of the orders of A and B values each number of such pairs comes about."""
    # The largest of all is one of A, and larger than all of B, or it is one of B.
    if a == 0 or b == 0:
        return (1,)
    found = [0] * (a * b + 1)
    for pairs, ways in enumerate(_pair_counts(a - 1, b)):
        found[pairs + b] += ways
    for pairs, ways in enumerate(_pair_counts(a, b - 1)):
        found[pairs] += ways
    return tuple(found)


@cache
def _rank_sums(count: int) -> tuple[int, ...]:
    """In how many of the 2**COUNT ways each sum of ranks comes about."""
    ways = [1]
    for rank in range(1, count + 1):
        without = ways + [0] * rank
        ways = [w + (without[at - rank] if at >= rank else 0) for at, w in enumerate(without)]
    return tuple(ways)


def _normal(value: float, mean: float, spread: float) -> float:
    return statistics.NormalDist(mean, spread).cdf(value)
