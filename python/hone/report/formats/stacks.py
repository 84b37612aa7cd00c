# SPDX-License-Identifier: Apache-2.0
"""What formats of stacks are made of: the samples or allocations of each thread, summed up by stack, or,
where there are only callers and callees, the tree that is estimated from them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import nlargest
from itertools import islice

from hone.recording.model import Recording
from hone.recording.rows import NONE, Event, Thread
from hone.recording.trees import needed, weights

Frame = tuple[int, int]  # a function's number and the line in it, or 0


@dataclass(frozen=True)
class Weighed:
    thread: int
    frames: tuple[Frame, ...]  # from the outermost
    weight: int
    count: int


def weighed(recording: Recording, metric: str) -> Iterator[Weighed]:
    """Raises RecordingError if there is nothing of METRIC."""
    refuse_empty(recording, metric)
    if metric == "time" and not recording.samples:
        yield from _of_tree(recording, metric)
        return
    found = weights(recording, metric)
    for thread, counter in found.time.items():
        counts = found.count[thread]
        for stack, weight in counter.items():
            yield Weighed(thread, path(recording, stack), weight, counts[stack])


def refuse_empty(recording: Recording, metric: str) -> None:
    """Raises RecordingError if there is nothing of METRIC: before the first part of a file is made."""
    if metric != "time" or not recording.samples:
        needed(recording, metric)


def _of_tree(recording: Recording, metric: str) -> Iterator[Weighed]:
    tree = needed(recording, metric)
    for thread, own in tree.own.items():
        for node, weight in own.items():
            if weight:
                frames = tuple((f, recording.functions[f].line) for f in tree.path(node))
                yield Weighed(thread, frames, weight, tree.samples[node] or 1)


def thinned(
    recording: Recording, most: int
) -> Iterator[tuple[Iterator[tuple[int, int, int, int, int]], int]]:
    """Blocks of (thread, stack, time, weight, state), and how many samples each row stands for: one, or
    more where there are more than MOST, which a note then says."""
    step = -(-len(recording.samples) // most) or 1
    if step > 1:
        note(recording, f"of {len(recording.samples):,} samples every {step}th is drawn over time")
    for block in recording.samples.blocks("thread", "stack", "time", "weight", "state"):
        yield islice(zip(*block.values(), strict=True), 0, None, step), step


def longest(recording: Recording, most: int) -> list[Event]:
    """The MOST longest events in the order of their starts."""
    found = nlargest(most, recording.events, key=lambda event: event.end - event.start)
    if len(found) < len(recording.events):
        note(recording, f"of {len(recording.events):,} events the {most:,} longest are drawn")
    return sorted(found, key=lambda event: event.start)


def note(recording: Recording, sentence: str) -> None:
    """What a report leaves out is said once, however often it is asked for."""
    if sentence not in recording.notes:
        recording.notes.append(sentence)


def path(recording: Recording, stack: int) -> tuple[Frame, ...]:
    stacks = recording.stacks
    rows = stacks.path(stack)
    return tuple((stacks.function[row], stacks.line[row]) for row in reversed(rows))


def thread_of(recording: Recording, number: int) -> Thread:
    return Thread(0) if number == NONE else recording.threads[number]


def thread_name(recording: Recording, number: int) -> str:
    thread = thread_of(recording, number)
    return thread.name or (f"thread {thread.id}" if thread.id else recording.meta.program or "all")
