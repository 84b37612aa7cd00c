# SPDX-License-Identifier: Apache-2.0
"""The intervals: exact where they can be counted, and they exclude 1 when there is a difference."""

from __future__ import annotations

import itertools
import random

import pytest

from hone.measure import stats


def test_a_clear_gain() -> None:
    found = stats.ratio([2.0, 2.1, 1.9, 2.05, 2.0], [1.0, 1.02, 0.98, 1.0, 1.01])
    assert found.gain
    assert found.low <= found.value <= found.high
    assert found.value == pytest.approx(2.0, rel=0.01)


def test_a_clear_loss() -> None:
    found = stats.ratio([1.0, 1.1, 0.9, 1.05, 1.0], [1.5, 1.52, 1.48, 1.5, 1.51])
    assert found.loss and not found.gain


def test_no_difference_is_an_answer() -> None:
    draw = random.Random(1)
    wrong = 0
    for _ in range(400):
        a = [draw.gauss(1, 0.05) for _ in range(12)]
        b = [draw.gauss(1, 0.05) for _ in range(12)]
        found = stats.ratio(a, b)
        wrong += found.gain or found.loss
    assert wrong <= 30  # 5 % are 20; 30 and more come about once in a hundred runs of other seeds


@pytest.mark.parametrize("count", range(3, 11))
def test_the_signed_rank_distribution_is_the_counted_one(count: int) -> None:
    ways: dict[int, int] = {}
    for signs in itertools.product((0, 1), repeat=count):
        total = sum(rank for rank, sign in enumerate(signs, 1) if sign)
        ways[total] = ways.get(total, 0) + 1
    assert list(stats._rank_sums(count)) == [ways[total] for total in sorted(ways)]


@pytest.mark.parametrize("below", [stats._binomial_below, stats._signed_rank_below])
def test_the_normal_form_meets_the_counted_one(below: object) -> None:
    """Where the one takes over from the other, the intervals don't jump."""
    before, counted, following = (
        stats._ends(stats._EXACT + more, below)[0]  # type: ignore[arg-type]
        for more in (-1, 0, 1)
    )
    step = counted - before
    assert 0 <= following - counted <= step + 2


@pytest.mark.parametrize("count", [6, 7, 10, 15, 40])
def test_medians_are_covered(count: int) -> None:
    draw = random.Random(count)
    inside = 0
    for _ in range(1000):
        found = stats.median([draw.expovariate(1) for _ in range(count)])
        inside += found.low <= 0.6931471805599453 <= found.high
    assert inside >= 935


def test_needs_three() -> None:
    with pytest.raises(ValueError, match="three pairs"):
        stats.ratio([1.0, 1.0], [1.0, 1.0])
    with pytest.raises(ValueError, match="three values"):
        stats.median([1.0, 1.0])


def test_pairs_must_be_pairs() -> None:
    with pytest.raises(ValueError):
        stats.ratio([1.0] * 4, [1.0] * 3)


def test_long_series_are_batched() -> None:
    assert stats.batches([1.0, 2.0, 9.0, 4.0, 5.0], 2) == [2.0, 4.5]
    assert stats.batches([3.0, 1.0], 2) == [3.0, 1.0]
    draw = random.Random(5)
    found = stats.ratio_of_logs([draw.gauss(0.1, 0.1) for _ in range(5000)])
    assert found.value == pytest.approx(1.105, rel=0.01)
    assert found.gain


@pytest.mark.parametrize(("count", "level"), [(3, 0.75), (5, 0.9375), (6, 0.95), (40, 0.95)])
def test_few_values_state_their_level(count: int, level: float) -> None:
    values = [1.0 + at / 100 for at in range(count)]
    assert stats.median(values).level == level
    assert stats.ratio(values, [1.0] * count).level == level


def test_several_comparisons_share_the_level() -> None:
    """Of three true "no difference" at once, at most 5 % of the triples have one that is wrong."""
    draw = random.Random(7)
    wrong = 0
    for _ in range(400):
        triple = [[draw.gauss(0, 0.1) for _ in range(15)] for _ in range(3)]
        found = [stats.ratio_of_logs(logs, among=3) for logs in triple]
        wrong += any(each.gain or each.loss for each in found)
    assert wrong <= 30
    assert stats.ratio_of_logs([0.1] * 6, among=3).level < 0.95
