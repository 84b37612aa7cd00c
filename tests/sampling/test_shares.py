# SPDX-License-Identifier: Apache-2.0
"""The intervals of shares hold what they promise, also for samples that hang together."""

from __future__ import annotations

import random

import pytest

from hone.measure import stats


def blocks_of_a_program(
    source: random.Random, samples: int, stay: float
) -> tuple[list[float], list[float]]:
    """A program that is in a function for half of its time, and stays where it is with this probability."""
    inside = source.random() < 0.5
    parts, wholes = [0.0] * stats.BLOCKS, [0.0] * stats.BLOCKS
    for at in range(samples):
        block = at * stats.BLOCKS // samples
        wholes[block] += 1
        parts[block] += inside
        if source.random() > stay:
            inside = source.random() < 0.5
    return parts, wholes


@pytest.mark.parametrize("stay", [0.0, 0.9])
def test_coverage(stay: float) -> None:
    source = random.Random(7)
    held = 0
    for _ in range(200):
        parts, wholes = blocks_of_a_program(source, 2000, stay)
        found = stats.share(parts, wholes, 2000)
        held += found.low <= 0.5 <= found.high
    assert held >= 182  # nine in ten, with room for chance


def test_samples_that_hang_together_say_less() -> None:
    source = random.Random(7)
    loose = stats.share(*blocks_of_a_program(source, 2000, 0.0), 2000)
    tight = stats.share(*blocks_of_a_program(source, 2000, 0.95), 2000)
    assert tight.high - tight.low > 2 * (loose.high - loose.low)


def test_the_ends() -> None:
    nothing = stats.share([0.0] * 10, [5.0] * 10, 50)
    assert (nothing.value, nothing.low) == (0.0, 0.0)
    assert 0.03 < nothing.high < 0.1
    everything = stats.share([5.0] * 10, [5.0] * 10, 50)
    assert (everything.value, everything.high) == (1.0, 1.0)
    with pytest.raises(ValueError, match="a share needs a whole"):
        stats.share([0.0], [0.0], 0)
