# SPDX-License-Identifier: Apache-2.0
"""How a test's function is called while a clock runs: finding the iterations of a round, then the rounds,
watched for what disturbs them.

The loop of a round, with its cost, is what pytest-benchmark's is, so that files of both can be compared.
"""

from __future__ import annotations

import gc
import math
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from resource import RUSAGE_SELF, getrusage
from typing import Any

from hone import _core
from hone.measure.noise import Machine

Clock = Callable[[], float]
Round = Callable[[int], float]

_STEPS = 100  # of the clock, to find the smallest
_PATIENCE = 1.0  # seconds: for that
_ESTIMATE = 0.5  # of a round's goal: long enough to aim at it
_GROWTH = 10
_MARK_EVERY = 0.001  # seconds: a mark takes about two microseconds


class ClockStands(ValueError):
    """A timer that doesn't advance measures nothing."""


def step_of(clock: Clock) -> float:
    """The smallest difference of two readings that differ. Raises ClockStands."""
    end = time.monotonic() + _PATIENCE
    found: list[float] = []
    before = clock()
    while len(found) < _STEPS and (time.monotonic() < end or not found):
        now = clock()
        if now > before:
            found.append(now - before)
        elif time.monotonic() >= end:
            raise ClockStands(f"the timer {clock!r} does not advance")
        before = now
    return min(found)


def timed_loop(
    function: Callable[..., object], args: Any, kwargs: Any, clock: Clock, collects: bool
) -> Round:
    """A function that calls so many times and says how long that took."""

    def one_round(iterations: int) -> float:
        was_on = gc.isenabled()
        if not collects:
            gc.disable()
        try:
            loops = range(iterations)
            start = clock()
            for _ in loops:
                function(*args, **kwargs)
            return clock() - start
        finally:
            if was_on:
                gc.enable()

    return one_round


def timed_call(
    function: Callable[..., object], args: Any, kwargs: Any, clock: Clock, collects: bool
) -> tuple[float, Any]:
    """One call: what it took, what it returned."""
    was_on = gc.isenabled()
    if not collects:
        gc.disable()
    try:
        start = clock()
        result = function(*args, **kwargs)
        return clock() - start, result
    finally:
        if was_on:
            gc.enable()


@contextmanager
def unwatched() -> Iterator[None]:
    """Without this thread's tracer and profiler: coverage would be measured, too."""
    tracer, profiler = sys.gettrace(), sys.getprofile()
    if tracer:
        sys.settrace(None)
    if profiler:
        sys.setprofile(None)
    try:
        yield
    finally:
        if tracer:
            sys.settrace(tracer)
        if profiler:
            sys.setprofile(profiler)


def calibrate(
    one_round: Round, goal: float, warm: Callable[[int], float | None]
) -> tuple[int, float]:
    """The iterations that take the GOAL, and how long a round of them took. WARM is told the iterations of
    each try and may answer with a shorter time of them."""
    iterations = 1
    while True:
        seconds = one_round(iterations)
        seconds = min(seconds, warm(iterations) or seconds)
        if seconds >= goal:
            return iterations, seconds
        if seconds >= goal * _ESTIMATE:
            aimed = math.ceil(goal * iterations / seconds)
            if aimed == iterations:
                return iterations, seconds
            iterations = aimed
        elif iterations > sys.maxsize // _GROWTH:
            raise ClockStands("no number of iterations takes time by the timer")
        else:
            iterations *= _GROWTH


class Watch:
    """Marks between rounds, no more than one a millisecond: how fast the core is, and how often the
    process lost it. Blocks are the rounds between two marks."""

    def __init__(self) -> None:
        self.before = Machine.now()
        self.after: Machine | None = None
        self.spent: dict[str, float] = {}
        self.paces: list[int] = []
        self.switches: list[int] = []
        self.ends: list[int] = []  # of blocks, as numbers of rounds
        self._started = _core.process_times()
        self._next = 0.0

    def mark(self, rounds: int) -> None:
        """Before the first round, and after each."""
        now = time.monotonic()
        if now < self._next:
            return
        self.paces.append(_core.machine_pace())
        self.switches.append(getrusage(RUSAGE_SELF).ru_nivcsw)
        self.ends.append(rounds)
        self._next = now + _MARK_EVERY

    def stop(self, rounds: int) -> None:
        self._next = 0.0
        self.mark(rounds)
        after = _core.process_times()
        self.spent = {name: after[name] - self._started[name] for name in after}
        self.after = Machine.now()

    def answer(self) -> dict[str, Any]:
        """As hone.measure.turns.measure() has it."""
        return {"paces": self.paces, "switches": self.switches, "spent": self.spent}


class Precise:
    """Tells when the mean is known to a share at a level, by the normal distribution (Welford's sums)."""

    def __init__(self, share: float, level: float) -> None:
        from statistics import NormalDist

        self._share, self._reach = share, NormalDist().inv_cdf((1 + level) / 2)
        self._count, self._mean, self._squares = 0, 0.0, 0.0

    def enough(self, value: float) -> bool:
        self._count += 1
        off = value - self._mean
        self._mean += off / self._count
        self._squares += off * (value - self._mean)
        if self._count < 2 or self._mean <= 0:
            return False
        error = math.sqrt(self._squares / (self._count - 1) / self._count)
        return self._reach * error <= self._share * self._mean
