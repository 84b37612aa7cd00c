# SPDX-License-Identifier: Apache-2.0
"""The call tree of a recording: stacks that go through the same functions are one node, whatever their lines.

Where only callers and callees were recorded, there are no stacks; then the tree is estimated (estimate.py),
and `estimated` says so.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from operator import add

from hone.recording.callgraph import CallGraph
from hone.recording.errors import RecordingError
from hone.recording.estimate import estimate
from hone.recording.model import Recording, Weights, weigh
from hone.recording.rows import NONE, Function, State, Total

# Measures that samples give: the bits of a sample's state that it must have one of.
SAMPLED = {"time": 0, "cpu": int(State.RUNNING), "gil": int(State.HAS_GIL)}
# What a tree can weigh, and its unit. Time's is another one in files that count samples.
METRICS = {
    **dict.fromkeys(SAMPLED, "nanoseconds"),
    "bytes": "bytes",
    "number": "allocations",
    "peak": "bytes",
    "live": "bytes",
    "temporary": "bytes",
    "copied": "bytes",
}


@dataclass
class Tree:
    """Columns by node; parents come before their children. `own` is by thread, then by node."""

    unit: str
    parent: list[int] = field(default_factory=list)
    function: list[int] = field(default_factory=list)
    own: dict[int, Counter[int]] = field(default_factory=dict)
    samples: Counter[int] = field(default_factory=Counter)  # how many, by node
    estimated: bool = False

    def __len__(self) -> int:
        return len(self.parent)

    def add(self, parent: int, function: int) -> int:
        self.parent.append(parent)
        self.function.append(function)
        return len(self.parent) - 1

    def own_of_all(self, threads: list[int] | None = None) -> Counter[int]:
        """By node, over some threads or all."""
        found: Counter[int] = Counter()
        for thread, weights in self.own.items():
            if threads is None or thread in threads:
                found.update(weights)
        return found

    def totals(self, own: Mapping[int, int]) -> list[int]:
        """By node what it and all below it weigh."""
        return summed(self.parent, [own.get(node, 0) for node in range(len(self))])

    def path(self, node: int) -> list[int]:
        """The functions from the outermost to the node's."""
        found = []
        while node != NONE:
            found.append(self.function[node])
            node = self.parent[node]
        return found[::-1]

    def children(self) -> dict[int, list[int]]:
        """By node its children; those without parent are NONE's."""
        return children(self.parent)


def children(parents: Sequence[int]) -> dict[int, list[int]]:
    """The same of any tree that is a column of parents."""
    found: dict[int, list[int]] = defaultdict(list)
    for node, parent in enumerate(parents):
        found[parent].append(node)
    return found


def summed(parents: Sequence[int], own: Sequence[int]) -> list[int]:
    """By node what it and all below it weigh, of any tree whose parents come before their children."""
    found = list(own)
    for node in range(len(found) - 1, -1, -1):
        if parents[node] != NONE:
            found[parents[node]] += found[node]
    return found


def walk(parents: Sequence[int]) -> Iterator[tuple[int, bool]]:
    """Each node of a tree when it is entered (True) and when it is left, from the outermost."""
    below = children(parents)
    todo = [(node, True) for node in reversed(below[NONE])]
    while todo:
        node, entered = todo.pop()
        yield node, entered
        if entered:
            todo.append((node, False))
            todo += [(child, True) for child in reversed(below.get(node, ()))]


def best_metric(recording: Recording) -> str:
    """What a recording is about: its time, else its memory."""
    timed = recording.samples or recording.calls or recording.totals or recording.lines
    return "bytes" if recording.allocations and not timed else "time"


def build(recording: Recording, metric: str = "time") -> Tree:
    """The tree of one of METRICS; it may be empty."""
    if metric == "time" and not recording.samples and (recording.calls or recording.totals):
        return _estimate(recording)
    return _of_stacks(recording, weights(recording, metric), unit_of(recording, metric))


def unit_of(recording: Recording, metric: str) -> str:
    """The unit of `weights`."""
    return (recording.meta.unit if metric in SAMPLED else "") or METRICS[metric]


def weights(recording: Recording, metric: str) -> Weights:
    """By thread and stack."""
    if metric in SAMPLED:
        return weigh(recording.samples, SAMPLED[metric])
    return _allocated(recording, metric)


_WORDS = {"time": "stacks", "cpu": "samples on a CPU", "gil": "samples with the GIL"}


def needed(recording: Recording, metric: str) -> Tree:
    """The same. Raises RecordingError if there is nothing to make it of."""
    tree = build(recording, metric)
    if not len(tree):
        what = _WORDS.get(metric, "memory")
        raise RecordingError(f"{recording.name or 'the recording'} has no {what} in it")
    return tree


def _allocated(recording: Recording, metric: str) -> Weights:
    found = Weights()
    sizes = found.time.setdefault(NONE, Counter())
    counts = found.count.setdefault(NONE, Counter())
    for row in recording.allocations:
        sizes[row.stack] += getattr(row, metric)
        counts[row.stack] += row.number
    return found


def _of_stacks(recording: Recording, weighed: Weights, unit: str) -> Tree:
    tree = Tree(unit)
    stacks = recording.stacks
    seen = {
        stack for counter in (*weighed.time.values(), *weighed.count.values()) for stack in counter
    }
    wanted = bytearray(len(stacks))
    for stack in seen - {NONE}:
        while stack != NONE and not wanted[stack]:
            wanted[stack] = 1
            stack = stacks.parent[stack]
    node_of: dict[int, int] = {}
    known: dict[tuple[int, int], int] = {}
    for stack, function in enumerate(stacks.function):
        if wanted[stack]:
            key = (node_of.get(stacks.parent[stack], NONE), function)
            node = known.get(key)
            if node is None:
                node = known[key] = tree.add(*key)
            node_of[stack] = node
    for thread, counter in weighed.time.items():
        own = tree.own[thread] = Counter()
        for stack, weight in counter.items():
            if stack != NONE:
                own[node_of[stack]] += weight
    for counter in weighed.count.values():
        for stack, count in counter.items():
            if stack != NONE:
                tree.samples[node_of[stack]] += count
    return tree


def totals_of(recording: Recording) -> list[Total]:
    """Of each function all of its calls; where only callers and callees are known, their sums."""
    if recording.totals or not recording.calls:
        return recording.totals
    sums: dict[int, Total] = {}
    for call in recording.calls:
        old = sums.get(call.callee, Total(call.callee, 0, 0, 0.0, 0.0))
        sums[call.callee] = Total(call.callee, *map(add, old[1:], call[2:]))
    return list(sums.values())


def _estimate(recording: Recording) -> Tree:
    """Nodes that neither weigh something nor lead to what does are left out, but for the outermost."""
    nodes, own = estimate(CallGraph(totals_of(recording), recording.calls))
    totals = summed(nodes.parent, own)
    tree = Tree(METRICS["time"], estimated=True)
    number = {NONE: NONE}
    for node, (parent, edge) in enumerate(zip(nodes.parent, nodes.edge, strict=True)):
        if totals[node] or parent == NONE:
            number[node] = tree.add(number[parent], edge.callee)
    heaviest = sorted(number.keys() - {NONE}, key=lambda node: (-nodes.seconds[node], node))
    tree.own[NONE] = Counter({number[node]: own[node] for node in heaviest})
    return tree


def joined(after: Sequence[Recording], before: Sequence[Recording]) -> tuple[Recording, Tree, Tree]:
    """A recording that has the functions of all, those of AFTER's first one first, and the mean trees of
    both sides over the same nodes. Raises RecordingError if their units differ."""
    join = _Join(after[0])
    trees = [join.mean(side) for side in (after, before)]
    for tree in trees:
        tree.parent, tree.function = join.parent, join.function
    return join.recording, trees[0], trees[1]


class _Join:
    """What is the same function is told by file and name: lines move when a program is changed."""

    def __init__(self, first: Recording) -> None:
        self.recording = copy(first)
        self.recording.functions = type(first.functions)(first.functions)
        numbered = [*enumerate(first.functions)]
        self.known = {_identity(function): at for at, function in reversed(numbered)}
        self.parent: list[int] = []
        self.function: list[int] = []
        self.nodes: dict[tuple[int, int], int] = {}
        self.unit = ""

    def mean(self, recordings: Sequence[Recording]) -> Tree:
        found = Tree("")
        sums = Counter[int]()
        for recording in recordings:
            tree = build(recording)
            self.unit = self.unit or tree.unit
            if tree.unit != self.unit:
                raise RecordingError(f"{recording.name} is in {tree.unit}, others in {self.unit}")
            found.estimated |= tree.estimated
            node_of = self._nodes(recording, tree)
            for node, weight in tree.own_of_all().items():
                sums[node_of[node]] += weight
        found.unit = self.unit
        means = {node: round(weight / len(recordings)) for node, weight in sums.items()}
        found.own[NONE] = Counter(means)
        return found

    def _nodes(self, recording: Recording, tree: Tree) -> dict[int, int]:
        functions = [self._number(function) for function in recording.functions]
        node_of = {NONE: NONE}
        for node, function in enumerate(tree.function):
            place = (node_of[tree.parent[node]], functions[function])
            number = self.nodes.setdefault(place, len(self.parent))
            if number == len(self.parent):
                self.parent.append(place[0])
                self.function.append(place[1])
            node_of[node] = number
        return node_of

    def _number(self, function: Function) -> int:
        number = self.known.setdefault(_identity(function), len(self.recording.functions))
        if number == len(self.recording.functions):
            self.recording.functions.append(function)
        return number


def _identity(function: Function) -> tuple[str, str]:
    return function.file, function.name
