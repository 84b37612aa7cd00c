# SPDX-License-Identifier: Apache-2.0
"""One process's turn at timing: set the statements up, find their loop counts, alternate."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from resource import RUSAGE_SELF, getrusage
from typing import Any

from hone import _core
from hone.measure.statement import Clocked, Statement, alternate

# Short against the states of a machine and the time slices that others take, yet some thousand
# times the clock's own cost.
SAMPLE_SECONDS = 0.00025


@dataclass(frozen=True)
class Task:
    """What to time in which order; `seconds` for the samples that count, or a number of rounds."""

    statements: list[tuple[Any, Any]]
    order: list[int]
    seconds: float
    sample_seconds: float = SAMPLE_SECONDS
    rounds: int = 0
    loops: int = 0
    cpu_time: bool = False

    def to_json(self) -> str:
        return json.dumps(asdict(self))


def compiled(task: Task, names: Callable[[], dict[str, Any]]) -> dict[int, Clocked]:
    """Each statement by its place, not yet set up."""
    clock = time.process_time if task.cpu_time else time.perf_counter
    return {
        place: Clocked(Statement(*task.statements[place]), clock, names()) for place in task.order
    }


def measure(task: Task, clocked: dict[int, Clocked]) -> dict[str, Any]:
    """The answer, as plain data: `samples` and `calibrated` for each statement (see Clocked), the
    seconds of set-up and measuring, what the system charged; and before, between and after the samples
    that count the core's pace and how often the process had lost its processor."""
    began = time.perf_counter()
    _ready(task, clocked)
    ready = time.perf_counter()
    paces: list[int] = []
    switches: list[int] = []
    before = _core.process_times()

    def mark() -> None:
        paces.append(_core.machine_pace())
        switches.append(getrusage(RUSAGE_SELF).ru_nivcsw)

    def enough(rounds: int) -> bool:
        if task.rounds:
            return rounds >= task.rounds
        spent = time.perf_counter() - ready
        return spent * (rounds + 1) / rounds > task.seconds

    alternate([clocked[place] for place in task.order], mark, enough)
    after = _core.process_times()
    in_order = [clocked[place] for place in sorted(clocked)]
    return {
        "samples": [each.samples for each in in_order],
        "calibrated": [each.calibrated for each in in_order],
        "ready_seconds": ready - began,
        "seconds": time.perf_counter() - ready,
        "paces": paces,
        "switches": switches,
        "spent": {name: after[name] - before[name] for name in before},
    }


def _ready(task: Task, clocked: dict[int, Clocked]) -> None:
    for place in task.order:
        clocked[place].ready()
    for place in task.order:
        if task.loops:
            clocked[place].loops = task.loops
        else:
            clocked[place].calibrate(task.sample_seconds)
