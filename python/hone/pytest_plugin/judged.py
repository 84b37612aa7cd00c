# SPDX-License-Identifier: Apache-2.0
"""What hone says about benchmarks beyond pytest-benchmark's figures: the median of the steady,
undisturbed rounds with an interval, warm-up, and whether a kept run was different.

Where the core was slowed down all the time (a neighbour on its other hardware thread, a lower clock rate),
no rounds are undisturbed. How much slower it was is known from its pace beside the best that this session or
the kept run saw: a comparison's interval is widened by that.

The rounds of one process are all there is: what differs from process to process (where memory lies, the
hash seed) is in no interval. So words are used for differences beyond PROCESSES only.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from typing import Any

from hone.measure import changes, noise, stats
from hone.measure.stats import Estimate, Ratio
from hone.pytest_plugin.rounds import Watch

BATCHES = 50  # neighbours in time share the machine's state: no more than so many count
PROCESSES = 0.1  # by so much the medians of two processes of one program may differ
_FEW, _FEW_SHARE = 5, 0.05  # undisturbed rounds that are enough to go by
_BUSY = 0.8  # of the rounds were undisturbed
_LEAST_LEVEL = 0.9  # of an interval worth the name
_CALM = 1.15  # times the best pace: what hone.measure.noise calls undisturbed, too
_SLOWED = 0.9  # the quantile of the paces that stands for rounds which are not


@dataclass(frozen=True)
class Judged:
    """`batches`: medians of neighbouring rounds, in order; `used`: of which share of the rounds; `pace`:
    of the core in them, `best`: in the session, in ticks of a piece of work (src/measure/pace.h)."""

    batches: list[float] = field(default_factory=list)
    warm_up: changes.WarmUp = changes.FLAT
    used: float = 1.0
    pace: float = 1.0
    best: float = 1.0

    @property
    def median(self) -> Estimate | None:
        return stats.median(self.batches) if len(self.batches) >= stats.LEAST else None

    def slowed(self, best: float) -> float:
        """How many times slower the core was at most, beside a BEST pace."""
        factor = self.pace / min(self.best, best)
        return factor if factor > _CALM else 1.0

    def as_dict(self) -> dict[str, Any]:
        """For files."""
        median, start = self.median, self.warm_up
        return {
            "median": None if median is None else asdict(median),
            "warm_up": {"rounds": start.samples, "factor": start.factor, "steady": start.steady},
            "pace": self.pace,
            "best_pace": self.best,
            "batches": self.batches,
        }


def judge(data: Sequence[Sequence[float]], watches: Sequence[Watch]) -> list[Judged]:
    """The rounds of each benchmark of a session, and what watched them. All together: one that was
    disturbed throughout doesn't look so by itself."""
    calm = noise.calm_rounds([watch.answer() for watch in watches], 1)
    best = min((_quantile(watch.paces, 0.05) for watch in watches), default=1.0)
    return [_judge(*each, best) for each in zip(data, watches, calm, strict=True)]


def _judge(data: Sequence[float], watch: Watch, calm: list[int], best: float) -> Judged:
    blocks = list(pairwise(watch.ends))
    places: Sequence[int] = [at for block in calm for at in range(*blocks[block])]
    pace = best
    if len(places) < max(_FEW, len(data) * _FEW_SHARE):
        places, pace = range(len(data)), _quantile(watch.paces, _SLOWED)
    values = [data[at] for at in places]
    if min(values) <= 0:  # the clock's steps are longer than a round
        return Judged()
    start = changes.warm_up(values)
    steady = stats.batches(values[start.samples :], BATCHES)
    return Judged(steady, start, len(values) / len(data), pace, best)


def _quantile(values: Sequence[float], share: float) -> float:
    return sorted(values)[int(share * (len(values) - 1))]


def kept(row: Mapping[str, Any]) -> Judged | None:
    """What a benchmark of a file says of it; None if another program wrote it."""
    try:
        found = row["hone"]
        batches = [float(value) for value in found["batches"]]
        paces = float(found["pace"]), float(found["best_pace"])
    except (KeyError, TypeError, ValueError):
        return None
    if min(*batches, *paces, 1.0) <= 0 or not math.isfinite(sum(batches) + sum(paces)):
        return None
    return Judged(batches, changes.FLAT, 1.0, *paces)


def faster(before: Judged, now: Judged, among: int = 1) -> Ratio | None:
    """How many times faster NOW is than BEFORE; None where that can't be said with any certainty.
    AMONG so many comparisons."""
    if min(len(before.batches), len(now.batches)) < 2:
        return None
    logs = ([math.log(value) for value in each.batches] for each in (now, before))
    shift = stats.shift(next(logs), next(logs), among)
    if shift.level < _LEAST_LEVEL:
        return None
    ends = (
        math.exp(shift.low) / before.slowed(now.best),
        math.exp(shift.high) * now.slowed(before.best),
    )
    return Ratio(math.exp(shift.value), *ends, shift.level)


def verdict(ratio: Ratio, name: str) -> str:
    """The comparison with the kept run NAME as a sentence."""
    ends = ratio.low, ratio.high
    if ratio.low > 1 + PROCESSES:
        text = f"{ratio.value:.3f} times faster than {name}"
    elif ratio.high < 1 / (1 + PROCESSES):
        text = f"{1 / ratio.value:.3f} times slower than {name}"
        ends = 1 / ratio.high, 1 / ratio.low
    else:
        text = f"no difference to {name} beyond {PROCESSES:.0%}: {ratio.value:.3f} times its speed"
    return f"{text} ({ratio.level * 100:.0f} %: {ends[0]:.3f}-{ends[1]:.3f})"


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
