# SPDX-License-Identifier: Apache-2.0
"""The interval of a ratio: excludes 1 when there is a difference, includes it when there is none."""

from __future__ import annotations

import random

import pytest

from hone.measure import stats


def test_a_clear_gain() -> None:
    found = stats.ratio([2.0, 2.1, 1.9, 2.05, 2.0], [1.0, 1.02, 0.98, 1.0, 1.01])
    assert found.gain
    assert found.low <= found.value <= found.high
    assert found.value == pytest.approx(2.0)


def test_no_difference_is_an_answer() -> None:
    draw = random.Random(1)
    wrong = 0
    for _ in range(40):
        a = [draw.gauss(1, 0.05) for _ in range(12)]
        b = [draw.gauss(1, 0.05) for _ in range(12)]
        found = stats.ratio(a, b)
        wrong += found.gain or found.loss
    assert wrong <= 8


def test_needs_three_pairs() -> None:
    with pytest.raises(ValueError, match="three pairs"):
        stats.ratio([1.0, 1.0], [1.0, 1.0])
