# SPDX-License-Identifier: Apache-2.0
"""What formats of stacks are made of: the samples or allocations of each thread, summed up by stack, or,
where there are only callers and callees, the tree that is estimated from them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from hone.recording.model import Recording, weigh
from hone.recording.rows import NONE, Thread
from hone.recording.trees import METRICS, needed

Frame = tuple[int, int]  # a function's number and the line in it, or 0


@dataclass(frozen=True)
class Weighed:
    thread: int
    frames: tuple[Frame, ...]  # from the outermost
    weight: int
    count: int


def unit(recording: Recording, metric: str) -> str:
    return (recording.meta.unit if metric == "time" else "") or METRICS[metric]


def weighed(recording: Recording, metric: str) -> Iterator[Weighed]:
    """Raises RecordingError if there is nothing of METRIC."""
    refuse_empty(recording, metric)
    if metric == "time" and not recording.samples:
        yield from _of_tree(recording, metric)
    elif metric == "time":
        weights = weigh(recording.samples)
        for thread, counter in weights.time.items():
            counts = weights.count[thread]
            for stack, weight in counter.items():
                yield Weighed(thread, path(recording, stack), weight, counts[stack])
    else:
        yield from _of_allocations(recording, metric)


def refuse_empty(recording: Recording, metric: str) -> None:
    """Raises RecordingError if there is nothing of METRIC: before the first part of a file is made."""
    if metric != "time" or not recording.samples:
        needed(recording, metric)


def _of_allocations(recording: Recording, metric: str) -> Iterator[Weighed]:
    sizes: Counter[int] = Counter()
    counts: Counter[int] = Counter()
    for row in recording.allocations:
        sizes[row.stack] += getattr(row, metric)
        counts[row.stack] += row.number
    for stack, size in sizes.items():
        yield Weighed(NONE, path(recording, stack), size, counts[stack])


def _of_tree(recording: Recording, metric: str) -> Iterator[Weighed]:
    tree = needed(recording, metric)
    for thread, own in tree.own.items():
        for node, weight in own.items():
            if weight:
                frames = tuple((f, recording.functions[f].line) for f in tree.path(node))
                yield Weighed(thread, frames, weight, tree.samples[node] or 1)


def path(recording: Recording, stack: int) -> tuple[Frame, ...]:
    stacks = recording.stacks
    rows = stacks.path(stack)
    return tuple((stacks.function[row], stacks.line[row]) for row in reversed(rows))


def thread_of(recording: Recording, number: int) -> Thread:
    return Thread(0) if number == NONE else recording.threads[number]


def thread_name(recording: Recording, number: int) -> str:
    thread = thread_of(recording, number)
    return thread.name or (f"thread {thread.id}" if thread.id else recording.meta.program or "all")
