# SPDX-License-Identifier: Apache-2.0
"""The table of a sampled program: shares of its time by function or line, each with its interval."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from hone.measure import stats
from hone.recording.model import Recording
from hone.recording.rows import NONE, Kind, State
from hone.report.formats import shown

_LEAST_SAMPLES = 8  # in a block
SORTS = ("own", "total", "name")


@dataclass
class Blocks:
    """How much weight fell into each block of the time."""

    whole: list[float]
    own: dict[int, list[float]] = field(default_factory=dict)  # by function
    total: dict[int, list[float]] = field(default_factory=dict)


@dataclass(frozen=True)
class Row:
    function: int
    own: stats.Estimate
    total: stats.Estimate


def blocks(recording: Recording) -> Blocks:
    count = max(1, min(stats.BLOCKS, len(recording.samples) // _LEAST_SAMPLES))
    end = max(
        (row for block in recording.samples.blocks("time") for row in block["time"]), default=1
    )
    width = max(end, 1) / count
    found = Blocks([0.0] * count)
    by_stack: dict[int, list[float]] = defaultdict(lambda: [0.0] * count)
    for block in recording.samples.blocks("stack", "time", "weight"):
        for stack, time, weight in zip(block["stack"], block["time"], block["weight"], strict=True):
            for at, part in _parts(time - weight, time, width, count):
                by_stack[stack][at] += part
    for stack, parts in by_stack.items():
        _add(found.whole, parts)
        if stack == NONE:
            continue
        path = [recording.stacks.function[place] for place in recording.stacks.path(stack)]
        _add(found.own.setdefault(path[0], [0.0] * count), parts)
        for function in set(path):
            _add(found.total.setdefault(function, [0.0] * count), parts)
    return found


def _parts(start: int, end: int, width: float, count: int) -> Iterator[tuple[int, float]]:
    """The blocks that a stretch of time lies in."""
    first, last = (min(int(at / width), count - 1) for at in (start, end))
    if first == last:
        yield first, float(end - start)
        return
    for at in range(first, last + 1):
        part = min(end, (at + 1) * width) - max(start, at * width)
        if part > 0:
            yield at, part


def _add(into: list[float], parts: list[float]) -> None:
    for at, part in enumerate(parts):
        into[at] += part


def rows(recording: Recording, *, sort: str = "own", limit: int = 30) -> list[Row]:
    """The heaviest functions. Intervals are only made for those that are shown."""
    found = blocks(recording)
    nothing = [0.0] * len(found.whole)
    own = {function: sum(parts) for function, parts in found.own.items()}
    total = {function: sum(parts) for function, parts in found.total.items()}
    keys = {
        "own": lambda f: (-own.get(f, 0.0), -total[f]),
        "total": lambda f: (-total[f], -own.get(f, 0.0)),
        "name": lambda f: (recording.functions[f].name, recording.functions[f].file),
    }
    samples = len(recording.samples)
    return [
        Row(
            function,
            stats.share(found.own.get(function, nothing), found.whole, samples),
            stats.share(found.total[function], found.whole, samples),
        )
        for function in sorted(total, key=keys[sort])[:limit]
    ]


def render(
    recording: Recording, *, sort: str = "own", limit: int = 30, heading: tuple[str, ...] = ()
) -> str:
    """The table as text; HEADING are lines above it."""
    lines = list(heading)
    if not len(recording.samples):
        return "\n".join([*lines, "no samples were taken", ""])
    seconds = sum(sum(block["weight"]) for block in recording.samples.blocks("weight")) * 1e-9
    cells = [["own", "± 95 %", "seconds", "total", "± 95 %", "function", "where"]]
    for row in rows(recording, sort=sort, limit=limit):
        function = recording.functions[row.function]
        mark = " [compiled]" if function.kind & Kind.COMPILED else ""
        cells.append(
            [
                f"{row.own.value:.1%}",
                _reach(row.own),
                f"{row.own.value * seconds:.2f}",
                f"{row.total.value:.1%}",
                _reach(row.total),
                shown.printable(shown.title(function)) + mark,
                shown.printable(shown.place(function)),
            ]
        )
    lines += ["", *shown.grid(cells, frozenset(range(5))), ""]
    return "\n".join([*lines, *_threads(recording, seconds), ""])


def _reach(value: stats.Estimate) -> str:
    return f"{max(value.high - value.value, value.value - value.low) * 100:.1f}"


def _threads(recording: Recording, seconds: float) -> Iterator[str]:
    """Where there are several: how much of the time each of them has."""
    weights: dict[int, int] = defaultdict(int)
    running: dict[int, int] = defaultdict(int)
    for block in recording.samples.blocks("thread", "weight", "state"):
        for thread, weight, state in zip(
            block["thread"], block["weight"], block["state"], strict=True
        ):
            weights[thread] += weight
            running[thread] += weight if state & State.RUNNING else 0
    # A look at the processor's clock may find that a thread's time did not go on.
    weights = {thread: weight for thread, weight in weights.items() if weight}
    if len(weights) < 2:
        return
    cells = [["thread", "", "share", "running"]]
    for thread, weight in sorted(weights.items(), key=lambda item: -item[1]):
        row = recording.threads[thread]
        share = weight * 1e-9 / seconds if seconds else 0.0
        cells.append(
            [
                str(row.id),
                shown.printable(row.name),
                f"{share:.1%}",
                f"{running[thread] / weight:.1%}",
            ]
        )
    yield from shown.grid(cells, frozenset({0, 2, 3}))
