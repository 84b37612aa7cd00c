# SPDX-License-Identifier: Apache-2.0
"""The rule that says "faster", on noise that is made: the same statement is called different in at
most 5 % of all measurements, a true difference of 2 % is found in at least 90 %.

What a measurement would have seen is drawn from a seed: states of the machine that last, drift,
outliers, neighbours that are alike, processes that differ, an advantage of the one set up first.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from typing import Any

import pytest

from hone.measure import noise, timing
from hone.measure.rounds import PROCESSES, Plan, Rounds, orders
from hone.measure.statement import Statement

ROUNDS = 24


@dataclass(frozen=True)
class Noise:
    """Shares of the time of a sample."""

    white: float = 0.01
    process: float = 0.0  # each statement's own in each process
    drift: float = 0.0  # over a process
    alike: float = 0.0  # how much of a sample's error the next one inherits
    outliers: float = 0.0  # how many, up to ten times as long
    states: float = 0.0  # how many processes run at half the speed from some sample on
    first: float = 0.0  # the one set up first is so much faster
    warm_up: int = 0  # rounds at twice the time


pytestmark = pytest.mark.slow

NOISES = {
    "white": Noise(),
    "processes differ": Noise(process=0.01),
    "drift": Noise(drift=0.5),
    "neighbours are alike": Noise(white=0.02, alike=0.95),
    "outliers": Noise(outliers=0.15),
    "two speeds": Noise(states=0.5),
    "the first has an advantage": Noise(first=0.02),
    "warm-up": Noise(warm_up=8),
    "all of it": Noise(0.01, 0.005, 0.2, 0.8, 0.08, 0.3, 0.005, 6),
}


def process(
    noise: Noise, draw: random.Random, order: list[int], factors: tuple[float, float]
) -> list[list[tuple[int, float]]]:
    """The samples of both statements in the order in which they are taken."""
    own = [draw.gauss(0, noise.process), draw.gauss(0, noise.process)]
    own[order[0]] -= noise.first
    change = draw.randrange(2 * ROUNDS) if draw.random() < noise.states else 2 * ROUNDS
    samples: list[list[tuple[int, float]]] = [[], []]
    error, taken = 0.0, 0
    for number in range(ROUNDS):
        for which in order if number % 2 == 0 else order[::-1]:
            fresh = draw.gauss(0, noise.white)
            error = noise.alike * error + math.sqrt(1 - noise.alike**2) * fresh
            value = factors[which] * math.exp(error + own[which])
            value *= 1 + noise.drift * taken / (2 * ROUNDS)
            value *= (1 + (number < noise.warm_up)) * (1 + (taken >= change))
            if draw.random() < noise.outliers:
                value *= draw.uniform(1, 10)
            samples[which].append((10, value * 1e-3))
            taken += 1
    return samples


def measurement(kind: Noise, seed: int, faster: float) -> Any:
    draw = random.Random(seed)
    found = Rounds([Statement("a"), Statement("b")], Plan(1), after=noise.Machine(0, 0, 0, 0))
    drawn = orders(2, draw)
    for _ in range(PROCESSES):
        samples = process(kind, draw, next(drawn), (1.0, 1 / faster))
        answer = {
            "samples": samples,
            "calibrated": [0, 0],
            "paces": [],
            "switches": [],
            "spent": NOTHING,
        }
        found.answers.append(answer | {"ready_seconds": 0.0, "seconds": 1.0})
    return timing.of_rounds(found).ratios[1]


NOTHING = {"wall_ns": 0, "involuntary_switches": 0}
TRIALS = 120


@pytest.mark.parametrize("kind", NOISES)
def test_the_same_is_called_the_same(kind: str) -> None:
    found = [measurement(NOISES[kind], seed, 1.0) for seed in range(TRIALS)]
    different = sum(each.gain or each.loss for each in found)
    # Of 120 measurements 5 % are 6; more than 11 come about in one of fifty such tests.
    assert different <= 11


@pytest.mark.parametrize("kind", NOISES)
def test_two_per_cent_are_found(kind: str) -> None:
    found = [measurement(NOISES[kind], 1000 + seed, 1.02) for seed in range(TRIALS)]
    assert sum(each.gain for each in found) >= 0.9 * TRIALS
    assert not any(each.loss for each in found)


def test_the_level_over_all_kinds_of_noise() -> None:
    """More measurements, a tighter bound: 900 of them, 5 % are 45."""
    trials = 100
    found = [
        measurement(kind, 5000 + seed, 1.0) for kind in NOISES.values() for seed in range(trials)
    ]
    different = sum(each.gain or each.loss for each in found)
    assert different / len(found) <= 0.065
