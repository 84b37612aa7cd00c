# SPDX-License-Identifier: Apache-2.0
"""Timing: the original, the tuned program, and the tuned program without one function, in rounds.

A round runs each of them once, sealed, so that all share the state of the machine. A function's gain
is what the whole program loses when it alone is left out: gains of functions that depend on each
other don't multiply to the whole's. A function that makes the whole slower is left out for good, and
the whole is measured again; likewise the one that is to blame if the whole needs too much memory.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from hone.measure import stats
from hone.tune import plan
from hone.tune.outcome import Outcome, Row
from hone.tune.seal import SealedRun

LEAST_ROUNDS, MOST_ROUNDS = 5, 15
MORE_MEMORY = 0.1  # of the original's peak: so much more the tuned program may need
MEMORY_NOISE = (
    2 << 20
)  # bytes by which peaks differ from run to run, or hone errs about its own share
QUICK_ROUNDS = 3  # with no time at all: the fewest of which an interval can be made


class TrialFailed(Exception):
    """A timed run did not do what the first ones did; the text says how."""


@dataclass
class Trials:
    """`run(None)` runs the original under seal, `run(functions)` the program with these compiled, and
    says how much memory hone took.
    Both have checked that the run did the same, and raise TrialFailed if it did not."""

    outcome: Outcome
    budget: float
    run: Callable[[list[plan.Key] | None], SealedRun]
    original: list[SealedRun] = field(default_factory=list)
    tuned: list[SealedRun] = field(default_factory=list)
    without: dict[plan.Key, list[SealedRun]] = field(default_factory=dict)
    least: int = LEAST_ROUNDS

    def decide(self, compiled: list[plan.Key]) -> list[plan.Key]:
        """Fills in the speed-up and the gains; the functions that are kept."""
        deadline = time.monotonic() + self.budget
        self.least = LEAST_ROUNDS if self.budget > 0 else QUICK_ROUNDS
        kept = list(compiled)
        while True:
            apart = dict(self._measure(kept, deadline))
            losers = [key for key, row in apart.items() if row.gain and row.gain.loss]
            why = "compiled, it makes the program slower"
            if not losers and self.too_much_memory():
                losers = self._needs_memory()
                why = "compiled, it makes the program need too much memory"
            if not losers or len(losers) == len(kept):
                return kept
            kept = [key for key in kept if key not in losers]
            for key in losers:
                apart[key].state, apart[key].reason = "left out", why

    def too_much_memory(self) -> bool:
        out = self.outcome
        return out.more_memory() > MORE_MEMORY * out.original_peak + MEMORY_NOISE

    def _needs_memory(self) -> list[plan.Key]:
        """The function without which most of what is needed more is not, if there is one."""
        saved = {key: _need(self.tuned) - _need(runs) for key, runs in self.without.items()}
        most = max(saved, key=lambda key: saved[key], default=None)
        half = self.outcome.more_memory() / 2
        return [most] if most is not None and saved[most] > half else []

    def _measure(self, kept: list[plan.Key], deadline: float) -> list[tuple[plan.Key, Row]]:
        self.original, self.tuned = [], []
        self._pair(kept)
        apart = self._candidates(kept, deadline - time.monotonic())
        self.without = {key: [] for key, _ in apart}
        while True:
            for key, runs in self.without.items():
                runs.append(self.run([other for other in kept if other != key]))
            rounds = len(self.tuned)
            if rounds >= MOST_ROUNDS or (rounds >= self.least and time.monotonic() > deadline):
                break
            self._pair(kept)
        self._note()
        for key, row in apart:
            row.gain = stats.ratio(_walls(self.without[key]), self.outcome.tuned_seconds)
        self._only_one(kept)
        return apart

    def _pair(self, kept: list[plan.Key]) -> None:
        self.original.append(self.run(None))
        self.tuned.append(self.run(kept))

    def _note(self) -> None:
        out = self.outcome
        out.original_seconds, out.tuned_seconds = _walls(self.original), _walls(self.tuned)
        out.speedup = stats.ratio(out.original_seconds, out.tuned_seconds)
        out.original_peak, out.tuned_peak = _need(self.original), _peak(self.tuned)
        out.tuned_taken = out.tuned_peak - _need(self.tuned)

    def _candidates(self, kept: list[plan.Key], left: float) -> list[tuple[plan.Key, Row]]:
        """The functions to leave out in turn: as many, by share, as the budget has time for."""
        rows = [row for row in self.outcome.rows if row.function.key in kept]
        if len(kept) < 2:
            return []
        tuned = self.tuned[-1].wall
        room = left / self.least - self.original[-1].wall - tuned
        each = max(tuned, 0.01)
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


def _walls(runs: list[SealedRun]) -> list[float]:
    return [run.wall for run in runs]


def _peak(runs: list[SealedRun]) -> int:
    return int(statistics.median(run.peak for run in runs))


def _need(runs: list[SealedRun]) -> int:
    """The memory that the program needs, hone's own not counted."""
    return int(statistics.median(run.peak - run.taken for run in runs))
