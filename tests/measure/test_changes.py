# SPDX-License-Identifier: Apache-2.0
"""Warm-up is found where there is one, of its true length, and not where there is only noise."""

from __future__ import annotations

import itertools
import math
import random
import statistics
from collections.abc import Callable

import pytest

from hone.measure import changes


def noisy(level: Callable[[int], float], seed: int, count: int = 120) -> list[float]:
    """Normal noise of 2 %, and one sample in twenty up to twice as long."""
    draw = random.Random(seed)
    return [
        level(at) * math.exp(draw.gauss(0, 0.02)) * (1 + (draw.random() < 0.05) * draw.random())
        for at in range(count)
    ]


def kinds(level: Callable[[int], float], count: int = 120) -> list[changes.WarmUp]:
    return [changes.warm_up(noisy(level, seed, count)) for seed in range(100)]


def test_noise_is_flat() -> None:
    found = kinds(lambda at: 1.0)
    assert sum(each.kind == "flat" for each in found) >= 90
    assert all(each.samples <= 12 for each in found)


@pytest.mark.parametrize("level", [2.0, 1.2, 0.8])
@pytest.mark.parametrize("length", [8, 25, 50])
def test_a_step_is_found_where_it_is(level: float, length: int) -> None:
    found = kinds(lambda at: level if at < length else 1.0)
    word = "warm-up" if level > 1 else "slowdown"
    right = [each for each in found if each.kind == word and abs(each.samples - length) <= 5]
    assert len(right) >= 85
    assert statistics.median(each.factor for each in right) == pytest.approx(level, rel=0.02)


def test_a_late_step_is_no_steady_state() -> None:
    found = kinds(lambda at: 1.0 if at < 90 else 1.3)
    assert sum(not each.steady for each in found) >= 95


def test_long_series_are_cut_at_the_same_place() -> None:
    found = kinds(lambda at: 2.0 if at < 300 else 1.0, 1500)
    assert sum(each.kind == "warm-up" and abs(each.samples - 300) <= 30 for each in found) >= 90


def test_short_series_are_left_alone() -> None:
    assert changes.warm_up([5.0, 1.0, 1.0]) == changes.FLAT


@pytest.mark.parametrize("seed", range(20))
def test_pelt_finds_what_every_cut_tried_finds(seed: int) -> None:
    draw = random.Random(seed)
    values = [draw.choice([0.0, 1.0]) + draw.gauss(0, 0.4) for _ in range(13)]
    penalty = draw.uniform(0.1, 1.0)

    def cost(cuts: list[int]) -> float:
        ends = [0, *cuts, len(values)]
        total = penalty * len(cuts)
        for begin, end in itertools.pairwise(ends):
            if end - begin < changes.SHORTEST:
                return math.inf
            mean = sum(values[begin:end]) / (end - begin)
            total += sum((value - mean) ** 2 for value in values[begin:end])
        return total

    every = [
        list(cuts)
        for size in range(5)
        for cuts in itertools.combinations(range(1, len(values)), size)
    ]
    best = min(map(cost, every))
    assert cost(changes.change_points(values, penalty)) == pytest.approx(best)
