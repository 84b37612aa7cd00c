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
    quiet: bool = True  # enough rounds were undisturbed: `used` are places of theirs
    used: Sequence[int] | None = None  # places of the values that count; None: of all

    @property
    def places(self) -> Sequence[int]:
        return range(len(self.values)) if self.used is None else self.used

    @property
    def telling(self) -> list[float]:
        """The values that count."""
        return [self.values[at] for at in self.places]

    @property
    def middle(self) -> float:
        return statistics.median(self.telling)


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
        medians = [run.middle for run in self.counted()]
        if len(medians) < stats.LEAST:
            return None
        return stats.median(stats.batches(medians, _BATCHES))

    def counted(self) -> list[Run]:
        """The runs that count: the quiet ones, if most are. Every statement of a process has the same."""
        quiet = [run for run in self.runs if run.quiet]
        return quiet if len(quiet) >= max(stats.FULL, len(self.runs) / 2) else self.runs

    @property
    def share_used(self) -> float:
        """How many of the samples count."""
        return sum(len(run.places) for run in self.counted()) / len(self.values)

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
    calm = noise.calm_rounds(found.answers, len(found.statements))
    runs = [_runs(answer, rounds) for answer, rounds in zip(found.answers, calm, strict=True)]
    times = [
        Timed(
            statement.name,
            [of_process[place] for of_process in runs],
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


def _runs(answer: dict[str, Any], calm: list[int]) -> list[Run]:
    """One for each statement, cut at the same round: a pair is steady when both of it are. Warm-up is
    looked for where nothing else disturbed, or a state of the machine would be taken for it; unless
    it is larger than any disturbance, then the first undisturbed round may come long after it."""
    times = [
        [seconds / loops for loops, seconds in samples[calibrated:]]
        for samples, calibrated in zip(answer["samples"], answer["calibrated"], strict=True)
    ]
    everywhere = range(len(times[0]))
    starts, cut = _starts(times, calm if _enough(calm, everywhere) else everywhere)
    larger, end = _starts(times, everywhere)
    if max(abs(math.log(start.factor)) for start in larger) > math.log(_DISTURBED):
        pairs = zip(larger, starts, strict=True)
        starts, cut = [replace(start, steady=told.steady) for start, told in pairs], end
    left = [at - cut for at in calm if at >= cut]
    quiet = _enough(left, everywhere)
    used = left if quiet else everywhere[: len(everywhere) - cut]
    return [_run(answer, place, cut, start, quiet, used) for place, start in enumerate(starts)]


def _starts(
    times: Sequence[Sequence[float]], places: Sequence[int]
) -> tuple[list[changes.WarmUp], int]:
    """Each statement's warm-up by the rounds at PLACES, all as long as the longest; the first round
    behind it. At most half of a series is warm-up."""
    starts = [changes.warm_up([series[at] for at in places]) for series in times]
    longest = max(start.samples for start in starts)
    return [replace(start, samples=longest) for start in starts], places[longest] if longest else 0


def _enough(calm: Sequence[int], among: Sequence[int]) -> bool:
    return len(calm) >= max(_FEW, len(among) * _FEW_SHARE)


_FEW, _FEW_SHARE = 5, 0.05  # undisturbed rounds that are enough to go by
# Times slower: 2 by a neighbour on the core, 2 by a process that takes turns, rarely both.
_DISTURBED = 3


def _run(
    answer: dict[str, Any],
    place: int,
    cut: int,
    start: changes.WarmUp,
    quiet: bool,
    used: Sequence[int],
) -> Run:
    samples = [(loops, seconds / loops) for loops, seconds in answer["samples"][place]]
    begin = answer["calibrated"][place] + cut
    return Run(
        loops=samples[-1][0],
        values=[value for _, value in samples[begin:]],
        warm_up=samples[:begin],
        first=samples[0][1] if samples[0][0] == 1 else None,
        start=start,
        quiet=quiet,
        used=used,
    )


def _ratio(first: Timed, other: Timed, among: int) -> Ratio | None:
    """Each process gives one value: the median over its pairs, which were taken side by side."""
    pairs = list(zip(first.counted(), other.counted(), strict=True))
    if len(pairs) < stats.LEAST:
        return None
    return stats.ratio_of_logs([paired(a, b) for a, b in pairs], among)


def paired(a: Run, b: Run) -> float:
    """The logarithm of how many times larger a is than b, from neighbours in time."""
    return statistics.median(math.log(x / y) for x, y in zip(a.telling, b.telling, strict=True))


def _noise(found: Rounds, times: Sequence[Timed]) -> list[str]:
    after = found.after or noise.Machine.now()
    out = noise.surroundings(found.before, after)
    out += noise.interruptions([answer["spent"] for answer in found.answers])
    out += noise.shared_core([pace for answer in found.answers for pace in answer["paces"]])
    out += _left_out(times[0])
    for timed in times:
        texts = noise.spread([run.telling for run in timed.counted()], timed.units)
        texts += noise.outliers([run.values for run in timed.runs])
        out += [_about(timed, times, text) for text in texts]
    return out


def _left_out(timed: Timed) -> list[str]:
    if timed.share_used == 1:
        return []
    return [
        f"medians and ratios are of the {timed.share_used:.0%} of the samples that this did not disturb"
    ]


def _about(timed: Timed, times: Sequence[Timed], text: str) -> str:
    return text if len(times) == 1 else f"{timed.name}: {text}"


def warm_up_words(timed: Timed) -> list[str]:
    """Sentences on what the speed was like over the time of each run; none when it was even."""
    out = []
    for kind in ("warm-up", "slowdown"):
        runs = [run for run in timed.runs if run.start.kind == kind and run.start.factor != 1]
        if len(runs) < len(timed.runs) * _MOST:
            continue
        factor = statistics.median(run.start.factor for run in runs)
        loops = statistics.median(sum(loops for loops, _ in run.warm_up) for run in runs)
        speed = f"{factor:.2f} times slower" if factor > 1 else f"{1 / factor:.2f} times faster"
        out.append(
            f"{kind} in {len(runs)} of {timed.runs_in_words()}: the first {loops:.0f} loops were {speed}; "
            "they are left out"
        )
    unsteady = sum(not run.start.steady for run in timed.runs)
    if unsteady >= len(timed.runs) * _MOST:
        text = (
            f"no steady state in {unsteady} of {timed.runs_in_words()}: the speed kept changing by "
        )
        text += f"more than {changes.SAME:.0%}"
        busy = timed.share_used < _BUSY
        out.append(
            text + ("; on a machine this busy that need not be its own doing" if busy else "")
        )
    return out


_MOST = 2 / 3  # of the runs: what only some do is more likely the machine's state
_BUSY = 0.8  # of the samples were undisturbed
