# SPDX-License-Identifier: Apache-2.0
"""Two groups of runs: what differs among many quantities, with few false alarms whatever the noise."""

from __future__ import annotations

import itertools
import math
import random
import statistics

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hone.measure import permute, stats


def welch(a: list[float], b: list[float], floor: float) -> float:
    spread = statistics.variance(a) / len(a) + statistics.variance(b) / len(b) + floor**2
    return abs(statistics.fmean(a) - statistics.fmean(b)) / math.sqrt(spread)


def test_chances_are_those_of_all_divisions() -> None:
    draw = random.Random(3)
    a = [[draw.gauss(10, 1), draw.gauss(5, 0.1)] for _ in range(4)]
    b = [[draw.gauss(10, 1), draw.gauss(5.4, 0.1)] for _ in range(4)]
    runs = [*a, *b]

    def differences(chosen: tuple[int, ...]) -> list[float]:
        rest = [at for at in range(8) if at not in chosen]
        return [
            welch([runs[at][q] for at in chosen], [runs[at][q] for at in rest], 0.01)
            for q in (0, 1)
        ]

    observed = differences((0, 1, 2, 3))
    most = [max(differences(chosen)) for chosen in itertools.combinations(range(8), 4)]
    wanted = [sum(m >= own * (1 - 1e-9) for m in most) / len(most) for own in observed]
    assert permute.adjusted(a, b, 0.01) == wanted
    assert wanted[1] == permute.least(4, 4) == 2 / 70


@pytest.mark.slow
def test_false_alarms_are_as_rare_as_promised() -> None:
    draw = random.Random(5)
    alarms = 0
    for _ in range(300):
        runs = []
        for _ in range(10):
            machine = draw.lognormvariate(0, 0.03)  # all functions of a run are slow together
            runs.append([machine * draw.lognormvariate(0, 0.02) * size for size in range(1, 16)])
        alarms += min(permute.adjusted(runs[:5], runs[5:], 0.001)) <= 0.05
    assert alarms <= 25  # 15 are expected of 5 %, more than 25 once in 200 such tests


@pytest.mark.slow
def test_a_slower_function_is_found_and_no_other() -> None:
    draw = random.Random(6)
    found = wrong = 0
    for _ in range(40):
        runs = [[draw.gauss(1, 0.01) * size for size in range(1, 16)] for _ in range(20)]
        for run in runs[10:]:
            run[4] *= 1.03
        chances = permute.adjusted(runs[:10], runs[10:], 0.001)
        found += chances[4] <= 0.01
        wrong += any(chance <= 0.01 for at, chance in enumerate(chances) if at != 4)
    assert found >= 38 and wrong <= 2


@settings(deadline=None)
@given(
    st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=12),
    st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=12),
)
def test_a_shift_has_its_sign_turned_with_the_sides(a: list[float], b: list[float]) -> None:
    one, other = stats.shift(a, b), stats.shift(b, a)
    assert one.low <= one.value <= one.high
    assert (one.low, one.value, one.high) == pytest.approx((-other.high, -other.value, -other.low))


@pytest.mark.parametrize(("a", "b"), [(2, 3), (4, 4), (5, 3)])
def test_the_counts_of_pairs_are_the_counted_ones(a: int, b: int) -> None:
    ways: dict[int, int] = {}
    for chosen in itertools.combinations(range(a + b), a):
        rest = [at for at in range(a + b) if at not in chosen]
        pairs = sum(x > y for x in chosen for y in rest)
        ways[pairs] = ways.get(pairs, 0) + 1
    assert stats._pair_counts(a, b) == tuple(ways.get(at, 0) for at in range(a * b + 1))


def test_the_interval_of_a_shift_holds_its_level() -> None:
    draw = random.Random(8)
    outside = 0
    for _ in range(600):
        a = [draw.expovariate(1) for _ in range(8)]
        b = [draw.expovariate(1) + 0.5 for _ in range(9)]
        found = stats.shift(a, b)
        outside += not found.low <= 0.5 <= found.high
    assert 12 <= outside <= 48  # 5 % are 30


def test_many_values_are_near_the_normal_distribution() -> None:
    draw = random.Random(9)
    a = [draw.gauss(10, 1) for _ in range(100)]
    b = [draw.gauss(10.5, 1) for _ in range(100)]
    found = stats.shift(a, b)
    assert found.low > 0 and found.high - found.low == pytest.approx(
        4 * math.sqrt(2 / 100), rel=0.3
    )
