# SPDX-License-Identifier: Apache-2.0
"""What hone says about a benchmark beyond pytest-benchmark's figures: the median of its steady,
undisturbed rounds with an interval, its warm-up, and whether a kept run was different.

The rounds of one process are all there is: what differs from process to process (where memory lies, the
hash seed) is in no interval here. `hone time --stats` repeats processes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from typing import Any

from hone.measure import changes, noise, stats
from hone.measure.stats import Estimate, Ratio
from hone.pytest_plugin.figures import Benchmark
from hone.pytest_plugin.rounds import Watch

BATCHES = 50  # neighbours in time share the machine's state: no more than so many count
_FEW, _FEW_SHARE = 5, 0.05  # undisturbed rounds that are enough to go by
_BUSY = 0.8  # of the rounds were undisturbed
_LEAST_LEVEL = 0.9  # of an interval worth the name


@dataclass(frozen=True)
class Judged:
    """`batches`: medians of neighbouring rounds, in order; `used`: of which share of the rounds."""

    batches: list[float] = field(default_factory=list)
    warm_up: changes.WarmUp = changes.FLAT
    used: float = 1.0

    @property
    def median(self) -> Estimate | None:
        return stats.median(self.batches) if len(self.batches) >= stats.LEAST else None

    def as_dict(self) -> dict[str, Any]:
        """For files."""
        median = self.median
        start = self.warm_up
        return {
            "median": None
            if median is None
            else {
                "value": median.value,
                "low": median.low,
                "high": median.high,
                "level": median.level,
            },
            "warm_up": {"rounds": start.samples, "factor": start.factor, "steady": start.steady},
            "batches": self.batches,
        }


@cache
def judge(benchmark: Benchmark) -> Judged:
    return _judge(benchmark.stats.data, undisturbed(benchmark.watch))


def _judge(data: Sequence[float], places: Sequence[int] | None = None) -> Judged:
    if places is None or len(places) < max(_FEW, len(data) * _FEW_SHARE):
        places = range(len(data))
    values = [data[at] for at in places]
    if min(values) <= 0:  # the clock's steps are longer than a round
        return Judged()
    start = changes.warm_up(values)
    steady = values[start.samples :]
    return Judged(stats.batches(steady, BATCHES), start, len(values) / len(data))


def undisturbed(watch: Watch) -> list[int]:
    """The rounds in which the process kept its processor and the core its speed."""
    (calm,) = noise.calm_rounds([watch.answer()], 1)
    blocks = list(pairwise(watch.ends))
    return [at for block in calm for at in range(*blocks[block])]


def kept(row: Mapping[str, Any]) -> list[float]:
    """The batches of a benchmark of a file; none if it has neither them nor the rounds."""
    try:
        found = row.get("hone", {}).get("batches") or _judge(row["stats"]["data"]).batches
        return [float(value) for value in found if value > 0]
    except (KeyError, TypeError, ValueError, AttributeError):
        return []


def faster(before: Sequence[float], now: Sequence[float], among: int = 1) -> Ratio | None:
    """How many times faster NOW is than BEFORE; None where that can't be said with any certainty.
    AMONG so many comparisons."""
    if min(len(before), len(now)) < 2:
        return None
    shift = stats.shift([math.log(x) for x in now], [math.log(x) for x in before], among)
    if shift.level < _LEAST_LEVEL:
        return None
    return Ratio(math.exp(shift.value), math.exp(shift.low), math.exp(shift.high), shift.level)


def warm_up_words(judged: Judged) -> Iterator[str]:
    """Where much was disturbed, a changing speed need not be the function's own doing."""
    start = judged.warm_up
    if start.samples:
        factor = start.factor
        speed = f"{factor:.2f} times slower" if factor > 1 else f"{1 / factor:.2f} times faster"
        yield f"{start.kind}: the first {start.samples} rounds were {speed}; they are left out"
    if not start.steady and judged.used >= _BUSY:
        yield f"no steady state: the speed kept changing by more than {changes.SAME:.0%}"


def disturbances(watches: Sequence[Watch]) -> list[str]:
    """Sentences on the machine while the rounds of all benchmarks were made."""
    before = after = noise.Machine(0, 0, 0, 0)
    for watch in watches:
        before, after = _sum(before, watch.before), _sum(after, watch.after or watch.before)
    seen = after.total > before.total  # the system counts in hundredths of a second
    return [
        *(noise.surroundings(before, after) if seen else ()),
        *noise.interruptions([watch.spent for watch in watches if watch.spent]),
        *noise.shared_core([pace for watch in watches for pace in watch.paces]),
    ]


def _sum(a: noise.Machine, b: noise.Machine) -> noise.Machine:
    return noise.Machine(a.busy + b.busy, a.stolen + b.stolen, a.total + b.total, a.own + b.own)
