# SPDX-License-Identifier: Apache-2.0
"""Sums by function, by caller and callee, and by line, whatever of it was recorded: counted calls if there
are any, else samples, else times of lines."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from hone.recording import rows
from hone.recording.model import Recording
from hone.recording.rows import NONE
from hone.recording.trees import Tree, build, totals_of, unit_of, walk, weights

# What one of a unit is in those that reports show: seconds, or as it is.
SCALES = {"nanoseconds": 1e-9}


Owner = TypeVar("Owner", bound=Hashable)


@dataclass(frozen=True)
class Sum:
    """Of a function, or of a caller and its callee. Values are in `Summary.unit`."""

    own: float
    cumulative: float
    calls: int  # or samples, if `Summary.counted` is False
    primitive: int


@dataclass
class Summary:
    unit: str  # seconds, samples, bytes, allocations
    counted: bool  # whether calls were counted
    whole: float = 0.0  # of all functions
    functions: dict[int, Sum] = field(default_factory=dict)
    edges: dict[tuple[int, int], Sum] = field(default_factory=dict)  # the caller may be NONE
    owns: bool = True  # whether own times are known: lines' times include what they call


def summarise(recording: Recording, metric: str = "time", tree: Tree | None = None) -> Summary:
    """TREE may be given if it is at hand."""
    if metric == "time" and (recording.totals or recording.calls):
        return _of_calls(recording)
    tree = build(recording, metric) if tree is None else tree
    if metric == "time" and not len(tree) and recording.lines:
        return _of_lines(recording)
    return _of_tree(tree)


def _of_calls(recording: Recording) -> Summary:
    found = Summary("seconds", counted=True)
    counted = totals_of(recording)
    for row in counted:
        old = found.functions.get(row.function, _NOTHING)
        found.functions[row.function] = _added(old, row)
    for call in recording.calls:
        key = (call.caller, call.callee)
        found.edges[key] = _added(found.edges.get(key, _NOTHING), call)
    found.whole = sum(row.own for row in counted)
    return found


_NOTHING = Sum(0.0, 0.0, 0, 0)


def _added(old: Sum, row: rows.Total | rows.Call) -> Sum:
    return Sum(
        old.own + row.own,
        old.cumulative + row.cumulative,
        old.calls + row.calls,
        old.primitive + row.primitive,
    )


def _of_lines(recording: Recording) -> Summary:
    found = Summary("seconds", counted=False, owns=False)
    for row in recording.lines:
        old = found.functions.get(row.function, _NOTHING)
        found.functions[row.function] = Sum(0.0, old.cumulative + row.seconds, 0, 0)
    found.whole = sum(row.seconds for row in recording.lines)
    return found


def _of_tree(tree: Tree) -> Summary:
    """Recursion counts once: at the outermost of a function's frames on a stack."""
    scale = SCALES.get(tree.unit, 1)
    own = tree.own_of_all()
    totals = tree.totals(own)
    samples = tree.totals(tree.samples)
    # By caller and callee; None is no caller but the sum over all.
    sums: dict[tuple[int | None, int], list[float]] = defaultdict(lambda: [0.0, 0.0, 0])
    active: Counter[tuple[int | None, int]] = Counter()
    for node, entered in walk(tree.parent):
        function = tree.function[node]
        above = tree.function[tree.parent[node]] if tree.parent[node] != NONE else NONE
        for key in ((None, function), (above, function)):
            if not entered:
                active[key] -= 1
                continue
            row = sums[key]
            row[0] += own.get(node, 0)
            if not active[key]:
                row[1] += totals[node]
                row[2] += samples[node]
            active[key] += 1
    found = Summary("seconds" if scale != 1 else tree.unit, counted=False)
    for (caller, callee), (own_, cumulative, count) in sums.items():
        made = Sum(own_ * scale, cumulative * scale, int(count), int(count))
        if caller is None:
            found.functions[callee] = made
        else:
            found.edges[caller, callee] = made
    found.whole = sum(own.values()) * scale
    return found


@dataclass
class LineSum:
    """Of a line of a file: how often it was begun, its time without and with what it calls."""

    hits: int = 0
    own: float = 0.0
    cumulative: float = 0.0


def lines(recording: Recording, metric: str = "time") -> dict[int, dict[int, LineSum]]:
    """By function, then by line; counted times if there are any, else samples. Values as in a Summary."""
    return _lines(recording, metric, list(range(len(recording.functions))))


def lines_of_files(recording: Recording, metric: str = "time") -> dict[str, dict[int, LineSum]]:
    """The same by file: a line that several functions share, as with a comprehension, counts once."""
    return _lines(recording, metric, [function.file for function in recording.functions])


def _lines(
    recording: Recording, metric: str, owner: Sequence[Owner]
) -> dict[Owner, dict[int, LineSum]]:
    """OWNER is what the lines of a function belong to, by its number."""
    found: dict[Owner, dict[int, LineSum]] = defaultdict(lambda: defaultdict(LineSum))
    if metric == "time" and recording.lines:
        for row in recording.lines:
            line = found[owner[row.function]][row.line]
            line.hits += row.hits
            line.own += row.seconds
            line.cumulative += row.seconds
        return found
    own, count = _by_stack(recording, metric)
    scale = SCALES.get(unit_of(recording, metric), 1)
    stacks = recording.stacks
    keys = [(owner[f], line) for f, line in zip(stacks.function, stacks.line, strict=True)]
    totals = [own.get(stack, 0) for stack in range(len(stacks))]
    for stack in range(len(stacks) - 1, -1, -1):
        if stacks.parent[stack] != NONE:
            totals[stacks.parent[stack]] += totals[stack]
    active: Counter[tuple[Owner, int]] = Counter()
    for stack, entered in walk(stacks.parent):
        key = keys[stack]
        if not entered:
            active[key] -= 1
            continue
        if key[1] and (totals[stack] or count[stack]):
            sums = found[key[0]][key[1]]
            sums.own += own[stack] * scale
            sums.hits += count[stack]
            if not active[key]:
                sums.cumulative += totals[stack] * scale
        active[key] += 1
    return found


def _by_stack(recording: Recording, metric: str) -> tuple[Counter[int], Counter[int]]:
    """What was weighed, and how many samples or allocations that were."""
    weighed = weights(recording, metric)
    own: Counter[int] = Counter()
    count: Counter[int] = Counter()
    for counter in weighed.time.values():
        own.update(counter)
    for counter in weighed.count.values():
        count.update(counter)
    return own, count
