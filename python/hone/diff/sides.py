# SPDX-License-Identifier: Apache-2.0
"""What one file measured, as values by a key: functions with their time or memory, or benchmarks."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from dataclasses import dataclass, field

from hone.recording.errors import RecordingError
from hone.recording.model import Recording
from hone.recording.rows import Function
from hone.recording.summary import summarise
from hone.recording.trees import METRICS, SAMPLED, build

Key = tuple[str, str]  # a file and a name; a benchmark has no file
BY = ("own", "cumulative")


@dataclass
class Measured:
    name: str
    unit: str
    values: dict[Key, float]
    whole: float
    lines: dict[Key, int] = field(default_factory=dict)
    calls: dict[Key, int] = field(default_factory=dict)  # where they were counted
    # Of samples how many a value comes from: their number is what makes its error.
    samples: dict[Key, float] | None = None


def benchmarks(recordings: list[Recording]) -> dict[str, list[float]]:
    """The values of each benchmark, of all files together."""
    found: dict[str, list[float]] = defaultdict(list)
    for recording in recordings:
        for name, values in recording.meta.values.items():
            found[name] += values
    return found


def functions(recording: Recording, metric: str, by: str) -> Measured:
    """Raises RecordingError if nothing of METRIC was recorded. Functions of one name and file are one:
    their lines may have moved."""
    tree = build(recording, metric)
    summary = summarise(recording, metric, tree)
    if not summary.functions:
        what = "functions" if metric in SAMPLED else f"memory ({metric})"
        raise RecordingError(f"{recording.name or 'the recording'} has no {what} in it")
    whole = by == "cumulative" or not summary.owns
    found = Measured(recording.name, summary.unit, defaultdict(float), summary.whole)
    sampled = Counter[Key]()
    for number, sums in summary.functions.items():
        key = key_of(recording.functions[number])
        found.values[key] += sums.cumulative if whole else sums.own
        found.lines.setdefault(key, recording.functions[number].line)
        if summary.counted:
            found.calls[key] = found.calls.get(key, 0) + sums.calls
        elif whole:
            sampled[key] += sums.calls
    if not summary.counted and summary.owns and metric in SAMPLED:
        if not whole:
            for node, count in tree.samples.items():
                sampled[key_of(recording.functions[tree.function[node]])] += count
        counts: dict[Key, float] = dict(sampled)
        # Files of counts have a line for many samples: the value is their number.
        found.samples = dict(found.values) if summary.unit == "samples" else counts
    interval = recording.meta.interval_bytes
    if interval and METRICS[metric] == "bytes":
        found.samples = {key: value / interval for key, value in found.values.items()}
    return found


def key_of(function: Function) -> Key:
    return function.file, function.name


def same_keys(before: list[Measured], after: list[Measured]) -> None:
    """Functions that lie in another folder now get the key that they had before, if only one can be
    meant: two versions of a program are often beside each other."""
    old = {key for one in before for key in one.values}
    new = {key for one in after for key in one.values}
    by_name: dict[Key, list[Key]] = defaultdict(list)
    for key in old - new:
        by_name[_short(key)].append(key)
    also: dict[Key, list[Key]] = defaultdict(list)
    for key in new - old:
        also[_short(key)].append(key)
    renamed = {
        keys[0]: by_name[short][0]
        for short, keys in also.items()
        if len(keys) == 1 and len(by_name.get(short, ())) == 1
    }
    for one in after:
        for table in (one.values, one.calls, one.samples or {}):
            for key in [key for key in table if key in renamed]:
                table[renamed[key]] = table.pop(key)  # type: ignore[assignment]


def _short(key: Key) -> Key:
    return os.path.basename(key[0]), key[1]


def common_unit(sides: list[Measured]) -> str:
    """Nothing if they are of different units, which only shares can be compared of."""
    units = {one.unit for one in sides}
    return units.pop() if len(units) == 1 else ""


def shared(side: Measured) -> None:
    """Values as parts of the whole."""
    whole = side.whole or 1.0
    side.values = {key: value / whole for key, value in side.values.items()}
    side.unit = "of the whole"
    side.whole = 1.0


__all__ = [
    "BY",
    "METRICS",
    "Key",
    "Measured",
    "benchmarks",
    "common_unit",
    "functions",
    "same_keys",
    "shared",
]
