# SPDX-License-Identifier: Apache-2.0
"""Collapsed stacks, `outer;…;inner count` a line (FlameGraph's README): functions as `name (file:line)`,
times in microseconds, the thread first if there are several. What would end a frame or a line in a
name is replaced."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from hone.recording.model import Recording
from hone.recording.rows import NONE, Function, Kind
from hone.recording.trees import unit_of
from hone.report.formats import Options, stacks

_SCALE = {"nanoseconds": 1000}  # flamegraph.pl and its relatives expect whole numbers of some size


def render(recording: Recording, options: Options) -> Iterator[str]:
    scale = _SCALE.get(unit_of(recording, options.metric), 1)
    sums: Counter[tuple[int, tuple[int, ...]]] = Counter()
    for one in stacks.weighed(recording, options.metric):
        sums[one.thread, tuple(function for function, _ in one.frames)] += one.weight
    labels = [label(function) for function in recording.functions]
    several = len({thread for thread, _ in sums}) > 1
    merged: Counter[str] = Counter()
    last: dict[str, int] = {}
    for (thread, functions), weight in sums.items():
        frames = [labels[function] for function in functions]
        if several:
            known = stacks.thread_of(recording, thread)
            frames.insert(0, f"thread {_clean(known.name)} ({known.id})")
        stack = ";".join(frames)
        merged[stack] += weight
        last[stack] = functions[-1] if functions else NONE
    owed: Counter[int] = (
        Counter()
    )  # by function, what rounding took: many light stacks are something
    for stack, weight in merged.items():
        due = weight + owed[last[stack]]
        count = max(round(due / scale), 0)
        owed[last[stack]] = due - count * scale
        if stack and count:
            yield f"{stack} {count}\n"


def label(function: Function) -> str:
    name = _clean(function.name) or "?"
    if function.kind & Kind.BUILTIN or not function.file:
        return name
    if function.kind & Kind.NATIVE:
        return f"{name} ({_clean(function.module or function.file)})"
    return f"{name} ({_clean(function.file)}:{function.line})"


def _clean(text: str) -> str:
    """Neither a semicolon nor anything that a reader might take for the end of a line."""
    plain = "".join(letter if letter.isprintable() else " " for letter in text.replace(";", ":"))
    return plain.strip()
