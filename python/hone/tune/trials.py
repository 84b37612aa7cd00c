# SPDX-License-Identifier: Apache-2.0
"""Timing: the original, the tuned program, and the tuned program without one function, in rounds.

A round runs each of them once, sealed, so that all share the state of the machine. A function's gain
is what the whole program loses when it alone is left out: gains of functions that depend on each
other don't multiply to the whole's. A function that makes the whole slower is left out for good, and
the whole is measured again.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from hone.measure import stats
from hone.tune import plan
from hone.tune.outcome import Outcome, Row
from hone.tune.seal import SealedRun

LEAST_ROUNDS, MOST_ROUNDS = 5, 15
QUICK_ROUNDS = 3  # with no time at all: the fewest of which an interval can be made


class TrialFailed(Exception):
    """A timed run did not do what the first ones did; the text says how."""


@dataclass
class Trials:
    """`run(None)` runs the original under seal, `run(functions)` the program with these compiled.
    Both have checked that the run did the same, and raise TrialFailed if it did not."""

    outcome: Outcome
    budget: float
    run: Callable[[list[plan.Key] | None], SealedRun]
    original: list[float] = field(default_factory=list)
    tuned: list[float] = field(default_factory=list)
    least: int = LEAST_ROUNDS

    def decide(self, compiled: list[plan.Key]) -> list[plan.Key]:
        """Fills in the speed-up and the gains; the functions that are kept."""
        deadline = time.monotonic() + self.budget
        self.least = LEAST_ROUNDS if self.budget > 0 else QUICK_ROUNDS
        kept = list(compiled)
        while True:
            apart = self._measure(kept, deadline)
            losers = [key for key, row in apart if row.gain and row.gain.loss]
            if not losers or len(losers) == len(kept):
                return kept
            kept = [key for key in kept if key not in losers]
            for key, row in apart:
                if key in losers:
                    row.state = "left out"
                    row.reason = "compiled, it makes the program slower"

    def _measure(self, kept: list[plan.Key], deadline: float) -> list[tuple[plan.Key, Row]]:
        self.original, self.tuned = [], []
        self._pair(kept)
        apart = self._candidates(kept, deadline - time.monotonic())
        without: dict[plan.Key, list[float]] = {key: [] for key, _ in apart}
        while True:
            for key, times in without.items():
                times.append(self.run([other for other in kept if other != key]).wall)
            rounds = len(self.tuned)
            if rounds >= MOST_ROUNDS or (rounds >= self.least and time.monotonic() > deadline):
                break
            self._pair(kept)
        out = self.outcome
        out.original_seconds, out.tuned_seconds = self.original, self.tuned
        out.speedup = stats.ratio(self.original, self.tuned)
        for key, row in apart:
            row.gain = stats.ratio(without[key], self.tuned)
        self._only_one(kept)
        return apart

    def _pair(self, kept: list[plan.Key]) -> None:
        original, tuned = self.run(None), self.run(kept)
        self.original.append(original.wall)
        self.tuned.append(tuned.wall)
        self.outcome.original_peak = max(self.outcome.original_peak, original.peak)
        self.outcome.tuned_peak = max(self.outcome.tuned_peak, tuned.peak)

    def _candidates(self, kept: list[plan.Key], left: float) -> list[tuple[plan.Key, Row]]:
        """The functions to leave out in turn: as many, by share, as the budget has time for."""
        rows = [row for row in self.outcome.rows if row.function.key in kept]
        if len(kept) < 2:
            return []
        room = left / self.least - self.original[-1] - self.tuned[-1]
        each = max(self.tuned[-1], 0.01)
        most = max(0, int(room / each))
        for row in rows[most:]:
            row.gain_note = "not measured (--budget)"
        return [(row.function.key, row) for row in rows[:most]]

    def _only_one(self, kept: list[plan.Key]) -> None:
        """One function alone: its gain is the whole's."""
        if len(kept) == 1:
            for row in self.outcome.rows:
                if row.function.key == kept[0]:
                    row.gain, row.gain_note = self.outcome.speedup, ""
