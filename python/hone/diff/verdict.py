# SPDX-License-Identifier: Apache-2.0
"""What changed beyond noise, and how that is known.

With three recordings and more on either side the noise is what they differ among themselves: all divisions
of them are tried (hone.measure.permute). With fewer, only a part of the noise can be known, the error
of samples by their number; what machines do from run to run is covered by a threshold that is stated.
Of benchmarks each has values of its own, and an interval that excludes no change at all.
"""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass, field
from typing import Literal

from hone.diff.sides import Key, Measured
from hone.measure import permute, stats

LEAST_RUNS = 3  # on either side, for divisions to say anything
WHOLE: Key = ("", "")  # the key of all functions together
_LEAST_LEVEL = 0.9  # of a benchmark's interval
Word = Literal["slower", "faster", "same"]


@dataclass(frozen=True)
class Rules:
    level: float = 0.95  # of all rows together
    threshold: float = 0.1  # without repetitions: changes below it are noise
    least: float = 0.005  # of the whole: functions below it on both sides are left out


@dataclass(frozen=True)
class Change:
    """A row; values are medians of the sides."""

    key: Key
    before: float
    after: float
    word: Word
    line: int = 0
    low: float | None = None  # the interval of after − before, where there is one
    high: float | None = None
    calls: tuple[int, int] | None = None

    @property
    def difference(self) -> float:
        return self.after - self.before

    @property
    def ratio(self) -> float:
        """After by before; infinite for what is new."""
        return self.after / self.before if self.before else math.inf


@dataclass
class Comparison:
    unit: str
    kind: str  # "functions" or "benchmarks"
    how: str  # a sentence: what counts as beyond noise here
    level: float
    interval: float  # the level of each row's interval
    changes: list[Change] = field(default_factory=list)  # beyond noise, the largest first
    recounted: list[Change] = field(
        default_factory=list
    )  # called more or less often in every recording
    same: int = 0  # rows within the noise
    small: int = 0  # rows that were left out
    whole: Change | None = None
    notes: list[str] = field(default_factory=list)
    measured: str = "time"  # or "memory", "allocations": less of it is better

    def slower(self, above: float = 0.0) -> list[Change]:
        """Those that take more than before by more than that part, the whole among them."""
        rows = [*self.changes, *([self.whole] if self.whole else [])]
        return [row for row in rows if row.word == "slower" and row.ratio > 1 + above]

    @property
    def word(self) -> Word:
        if self.slower():
            return "slower"
        return "faster" if any(row.word == "faster" for row in self.changes) else "same"


def functions(before: list[Measured], after: list[Measured], rules: Rules) -> Comparison:
    """BEFORE and AFTER have the same unit and keys."""
    keys, small = _worth(before, after, rules.least)
    repeated = min(len(before), len(after)) >= LEAST_RUNS
    found = (_by_divisions if repeated else _by_threshold)(before, after, keys, rules)
    found.small = small
    return found


def _worth(before: list[Measured], after: list[Measured], least: float) -> tuple[list[Key], int]:
    """The keys that have a part of any whole worth mentioning, and the number of others."""
    most: dict[Key, float] = {}
    for one in (*before, *after):
        for key, value in one.values.items():
            most[key] = max(most.get(key, 0.0), value / (one.whole or 1.0))
    chosen = [key for key, part in most.items() if part >= least]
    return sorted(chosen, key=lambda key: -most[key]), len(most) - len(chosen)


def _values(sides: list[Measured], key: Key) -> list[float]:
    if key == WHOLE:
        return [one.whole for one in sides]
    return [one.values.get(key, 0.0) for one in sides]


def _by_divisions(
    before: list[Measured], after: list[Measured], keys: list[Key], rules: Rules
) -> Comparison:
    reach = permute.least(len(before), len(after))
    risk = max(1 - rules.level, reach * (1 + 1e-9))
    level = 1 - risk
    rows = [*keys, WHOLE]
    whole = statistics.fmean(_values([*before, *after], WHOLE))
    runs = [[[_values([one], key)[0] for key in rows] for one in side] for side in (before, after)]
    chances = permute.adjusted(runs[0], runs[1], floor=whole * 1e-4)
    found = Comparison(
        before[0].unit,
        "functions",
        f"changes beyond what {len(before)} and {len(after)} recordings differ among themselves, "
        f"at {level:.1%} for all rows together",
        level,
        stats.LEVEL,
    )
    if level < rules.level - 1e-6:
        wanted = next(n for n in range(1, 99) if permute.least(n, n) <= 1 - rules.level)
        found.notes.append(f"{rules.level:.1%} would take {wanted} recordings on either side")
    for key, chance in zip(rows, chances, strict=True):
        a, b = _values(before, key), _values(after, key)
        shift = stats.shift(a, b)
        _file(found, before, after, key, chance <= risk, (shift.low, shift.high))
    return _sorted(found)


def _by_threshold(
    before: list[Measured], after: list[Measured], keys: list[Key], rules: Rules
) -> Comparison:
    rows = len(keys) + 1
    errors = all(one.samples is not None for one in (*before, *after))
    also = f" and {rules.level:.1%} of the error of samples by their number" if errors else ""
    found = Comparison(
        before[0].unit,
        "functions",
        f"changes of more than {rules.threshold:.0%} of a function's {_what(before[0].unit)}{also}",
        rules.level,
        1 - (1 - rules.level) / rows,
    )
    found.notes.append(
        f"so few recordings don't tell how much one run differs from the next; from {LEAST_RUNS} on either "
        "side on, that is measured"
    )
    tail = statistics.NormalDist().inv_cdf(1 - (1 - rules.level) / 2 / rows)
    for key in (*keys, WHOLE):
        a, b = (statistics.fmean(_values(side, key)) for side in (before, after))
        error = tail * math.hypot(_error(before, key), _error(after, key)) if errors else 0.0
        beyond = abs(b - a) > max(rules.threshold * max(a, b), error)
        interval = (b - a - error, b - a + error) if errors and key != WHOLE else (None, None)
        _file(found, before, after, key, beyond, interval)
    return _sorted(found)


def _what(unit: str) -> str:
    return {"seconds": "time", "bytes": "memory"}.get(unit, unit)


def _error(sides: list[Measured], key: Key) -> float:
    """The standard error of a side's mean. Samples come as they come: their number has the variance of
    its own size, and one more for those that had none so far."""
    found = 0.0
    for one in sides:
        counts = one.samples or {}
        total = sum(counts.values()) or 1.0
        count = total if key == WHOLE else counts.get(key, 0.0)
        each = one.whole / total if key == WHOLE else _values([one], key)[0] / (count or 1.0)
        found += (count + 1) * (each or one.whole / total) ** 2
    return math.sqrt(found) / len(sides)


def _file(
    found: Comparison,
    before: list[Measured],
    after: list[Measured],
    key: Key,
    beyond: bool,
    interval: tuple[float | None, float | None],
) -> None:
    a, b = (statistics.median(_values(side, key)) for side in (before, after))
    word: Word = ("slower" if b > a else "faster") if beyond and a != b else "same"
    line = next((one.lines[key] for one in (*after, *before) if key in one.lines), 0)
    row = Change(key, a, b, word, line, *interval, calls=_calls(before, after, key))
    if key == WHOLE:
        found.whole = row
        return
    if row.calls and _recounted(before, after, key):
        found.recounted.append(row)
    if word == "same":
        found.same += 1
    else:
        found.changes.append(row)


def _recounted(before: list[Measured], after: list[Measured], key: Key) -> bool:
    """Counts are exact; what differs among equal runs overlaps."""
    a, b = ([one.calls.get(key, 0) for one in side] for side in (before, after))
    return max(a) < min(b) or max(b) < min(a)


def _calls(before: list[Measured], after: list[Measured], key: Key) -> tuple[int, int] | None:
    if key == WHOLE or not all(one.calls for one in (*before, *after)):
        return None
    a, b = (statistics.median(one.calls.get(key, 0) for one in side) for side in (before, after))
    return round(a), round(b)


def benchmarks(before: dict[str, list[float]], after: dict[str, list[float]]) -> Comparison:
    """Those of both sides; each has a value for each process that ran it."""
    common = [name for name in before if name in after]
    found = Comparison("seconds", "benchmarks", "", stats.LEVEL, stats.LEVEL)
    level = stats.LEVEL
    for name in common:
        row = _benchmark(name, before[name], after[name], len(common))
        if row is None:
            found.notes.append(f"{name} has too few values for a verdict")
            found.same += 1
            continue
        level = min(level, row[1])
        if row[0].word == "same":
            found.same += 1
        else:
            found.changes.append(row[0])
    found.level = found.interval = level
    found.how = f"intervals that exclude no change, at {level:.1%} for all benchmarks together"
    for name in sorted({*before} ^ {*after}):
        found.notes.append(f"{name} is only {'before' if name in before else 'after'}")
    return _sorted(found)


def _benchmark(
    name: str, a: list[float], b: list[float], among: int
) -> tuple[Change, float] | None:
    """The row and its interval's level, if that is worth the name."""
    if min(len(a), len(b)) < 2:
        return None
    shift = stats.shift(a, b, among)
    if shift.level < _LEAST_LEVEL:
        return None
    word: Word = "slower" if shift.low > 0 else "faster" if shift.high < 0 else "same"
    medians = statistics.median(a), statistics.median(b)
    return Change(("", name), *medians, word, 0, shift.low, shift.high), shift.level


def _sorted(found: Comparison) -> Comparison:
    found.changes.sort(key=lambda row: -abs(row.difference))
    return found
