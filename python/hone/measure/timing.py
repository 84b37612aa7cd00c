# SPDX-License-Identifier: Apache-2.0
"""What a measurement found: one Timed for each statement or command, the ratios, the noise.

Reports read this and nothing else (python/hone/report/times.py and its neighbours).
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any

from hone.measure import changes, noise, stats
from hone.measure.rounds import Rounds
from hone.measure.statement import Sample
from hone.measure.stats import Estimate, Ratio


@dataclass
class Run:
    """One process: seconds per loop in order, without the warm-up, which is kept apart."""

    loops: int
    values: list[float]
    warm_up: list[Sample] = field(default_factory=list)  # loops, seconds of a loop
    first: float | None = None  # the very first execution
    start: changes.WarmUp = changes.FLAT
    calm: list[int] = field(default_factory=list)  # places of values that nothing disturbed

    @property
    def middle(self) -> float:
        """The median of those values; of all, where too few are left."""
        return statistics.median(self.values[at] for at in self.calm_places())

    def calm_places(self) -> Sequence[int]:
        enough = max(_FEW, len(self.values) * _FEW_SHARE)
        return self.calm if len(self.calm) >= enough else range(len(self.values))


_FEW, _FEW_SHARE = 5, 0.05


@dataclass
class Usage:
    """What the operating system charged a command's runs, one value a run."""

    user: list[float] = field(default_factory=list)
    system: list[float] = field(default_factory=list)
    peak_bytes: list[int] = field(default_factory=list)
    exit_codes: list[int] = field(default_factory=list)


@dataclass
class Timed:
    """A statement or a command, and its time."""

    name: str
    runs: list[Run]
    unit: str = "process"  # what a run is; a command's always is one
    usage: Usage | None = None  # a command has it
    parameters: dict[str, str] = field(default_factory=dict)
    facts: dict[str, str] = field(default_factory=dict)  # for files: set-up, shell

    @property
    def values(self) -> list[float]:
        return list(chain.from_iterable(run.values for run in self.runs))

    @property
    def median(self) -> Estimate | None:
        """The median of the runs' medians; None with fewer than three runs."""
        medians = [run.middle for run in self.runs]
        if len(medians) < stats.LEAST:
            return None
        return stats.median(stats.batches(medians, _BATCHES))

    def runs_in_words(self) -> str:
        count = len(self.runs)
        return f"{count} {self.units if count > 1 else self.unit}"

    @property
    def units(self) -> str:
        return self.unit + ("es" if self.unit.endswith("s") else "s")

    @property
    def mean(self) -> float:
        return statistics.fmean(self.values)

    @property
    def deviation(self) -> float | None:
        values = self.values
        return statistics.stdev(values) if len(values) > 1 else None


_BATCHES = 50  # neighbours in time share the machine's state: no more than so many count


@dataclass
class Report:
    """Everything that is known; `ratios[i]`: how many times faster the i-th is than the first."""

    times: list[Timed]
    ratios: list[Ratio | None]
    seconds: float
    noise: list[str]
    notes: list[str] = field(default_factory=list)
    interrupted: bool = False


def of_rounds(found: Rounds) -> Report:
    """What the processes of rounds.measure() answered."""
    cuts = [_cuts(answer) for answer in found.answers]
    calm = noise.calm_rounds(found.answers, len(found.statements))
    times = [
        Timed(
            statement.name,
            [_run(*each, place) for each in zip(found.answers, cuts, calm, strict=True)],
            unit=found.unit,
            facts={"timeit_setup": str(statement.setup), "timeit_stmt": statement.name},
        )
        for place, statement in enumerate(found.statements)
    ]
    ratios: list[Ratio | None] = [None]
    ratios += [_ratio(times[0], other, len(times) - 1) for other in times[1:]]
    return Report(
        times,
        ratios,
        sum(answer["ready_seconds"] + answer["seconds"] for answer in found.answers),
        _noise(found, times),
        interrupted=found.interrupted,
    )


def _cuts(answer: dict[str, Any]) -> list[changes.WarmUp]:
    """One for each statement, all of the same length: a pair is steady when both of it are."""
    series = [
        [seconds / loops for loops, seconds in samples[calibrated:]]
        for samples, calibrated in zip(answer["samples"], answer["calibrated"], strict=True)
    ]
    found = [changes.warm_up(values) for values in series]
    longest = max(each.samples for each in found)
    return [replace(each, samples=longest) for each in found]


def _run(answer: dict[str, Any], cuts: list[changes.WarmUp], calm: list[int], place: int) -> Run:
    samples = [(loops, seconds / loops) for loops, seconds in answer["samples"][place]]
    left_out = cuts[place].samples
    begin = answer["calibrated"][place] + left_out
    return Run(
        loops=samples[-1][0],
        values=[value for _, value in samples[begin:]],
        warm_up=samples[:begin],
        first=samples[0][1] if samples[0][0] == 1 else None,
        start=cuts[place],
        calm=[at - left_out for at in calm if at >= left_out],
    )


def _ratio(first: Timed, other: Timed, among: int) -> Ratio | None:
    """Each process gives one value: the median over its pairs, which were taken side by side."""
    if len(first.runs) < stats.LEAST:
        return None
    logs = [paired(a, b) for a, b in zip(first.runs, other.runs, strict=True)]
    return stats.ratio_of_logs(logs, among)


def paired(a: Run, b: Run) -> float:
    """The logarithm of how many times larger a is than b, from neighbours in time."""
    return statistics.median(math.log(a.values[at] / b.values[at]) for at in a.calm_places())


def _noise(found: Rounds, times: Sequence[Timed]) -> list[str]:
    after = found.after or noise.Machine.now()
    out = noise.surroundings(found.before, after)
    out += noise.interruptions([answer["spent"] for answer in found.answers])
    out += noise.shared_core([pace for answer in found.answers for pace in answer["paces"]])
    out += _left_out(times[0])
    for timed in times:
        values = [run.values for run in timed.runs]
        out += [
            _about(timed, times, text)
            for text in noise.spread(values, timed.units) + noise.outliers(values)
        ]
    return out


def _left_out(timed: Timed) -> list[str]:
    values = sum(len(run.values) for run in timed.runs)
    used = sum(len(run.calm_places()) for run in timed.runs)
    if used == values:
        return []
    return [
        f"medians and ratios are of the {used / values:.0%} of the samples that this did not disturb"
    ]


def _about(timed: Timed, times: Sequence[Timed], text: str) -> str:
    return text if len(times) == 1 else f"{timed.name}: {text}"


def warm_up_words(timed: Timed) -> list[str]:
    """Sentences on what the speed was like over the time of each run; none when it was even."""
    out = []
    for kind in ("warm-up", "slowdown"):
        runs = [run for run in timed.runs if run.start.kind == kind and run.start.factor != 1]
        if len(runs) * 3 < len(timed.runs):
            continue
        factor = statistics.median(run.start.factor for run in runs)
        loops = statistics.median(sum(loops for loops, _ in run.warm_up) for run in runs)
        speed = f"{factor:.2f} times slower" if factor > 1 else f"{1 / factor:.2f} times faster"
        out.append(
            f"{kind} in {len(runs)} of {timed.runs_in_words()}: the first {loops:.0f} loops were {speed}; "
            "they are left out"
        )
    unsteady = sum(not run.start.steady for run in timed.runs)
    if unsteady * 3 >= len(timed.runs):
        out.append(
            f"no steady state in {unsteady} of {timed.runs_in_words()}: the speed kept changing by more "
            f"than {changes.SAME:.0%}"
        )
    return out
