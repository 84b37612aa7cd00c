# SPDX-License-Identifier: Apache-2.0
"""What is made of the samples: which rounds are warm-up, which count."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from hone.measure import timing
from hone.measure.rounds import Plan, Rounds
from hone.measure.statement import Statement

ROUNDS, CALIBRATED = 120, 3


def answer(seed: int, level: Callable[[int], float], disturbed: Iterable[int]) -> dict[str, Any]:
    """Of one process: a neighbour on the core made the DISTURBED rounds 1.6 times as long, and the
    marks at both ends of each."""
    draw, slow = random.Random(seed), {CALIBRATED + at for at in disturbed}
    seconds = [
        level(at - CALIBRATED) * draw.gauss(1, 0.01) * (1.6 if at in slow else 1)
        for at in range(ROUNDS + CALIBRATED)
    ]
    paces = [180 if at in slow or at + 1 in slow else 100 for at in range(-1, ROUNDS + CALIBRATED)]
    return {
        "samples": [[(10, 10 * each) for each in seconds]],
        "calibrated": [CALIBRATED],
        "paces": paces[CALIBRATED:],
        "switches": [0] * (ROUNDS + 1),
        "spent": {"wall_ns": 0, "involuntary_switches": 0},
        "seconds": 1.0,
        "ready_seconds": 0.0,
    }


def found(level: Callable[[int], float], disturbed: Iterable[int]) -> timing.Timed:
    slow = list(disturbed)
    answers = [answer(seed, level, slow) for seed in range(8)]
    (timed,) = timing.of_rounds(Rounds([Statement("x")], Plan(1), answers)).times
    return timed


@pytest.mark.parametrize("times_slower", [1.2, 2, 15])
@pytest.mark.parametrize(
    "disturbed",
    [(), [at for at in range(ROUNDS) if at % 10 < 5], range(60, ROUNDS)],
    ids=["calm", "by turns", "the second half"],
)
def test_the_length_of_a_warm_up(times_slower: float, disturbed: Iterable[int]) -> None:
    timed = found(lambda at: times_slower if at < 24 else 1, disturbed)
    lengths = [len(run.warm_up) - CALIBRATED for run in timed.runs]
    assert all(22 <= length <= 26 for length in lengths), lengths
    assert all(abs(run.middle - 1) < 0.01 for run in timed.runs)
    (text,) = timing.warm_up_words(timed)
    assert text.startswith("warm-up in 8 of 8 processes: the first 2")


def test_a_large_warm_up_is_found_in_disturbed_rounds() -> None:
    timed = found(lambda at: 15 if at < 40 else 1, range(105))
    assert all(run.quiet and len(run.telling) == 14 for run in timed.runs)
    (text,) = timing.warm_up_words(timed)
    assert text.startswith("warm-up in 8 of 8 processes: the first 430 loops were ")


def test_a_disturbed_start_is_no_warm_up() -> None:
    timed = found(lambda at: 1, range(40))
    assert timing.warm_up_words(timed) == []
    assert all(len(run.warm_up) == CALIBRATED and len(run.telling) == 79 for run in timed.runs)
