# SPDX-License-Identifier: Apache-2.0
"""The sentence on what watching lines cost: its numbers agree, whatever others had of the processor."""

from __future__ import annotations

import re

import pytest

from hone.lines.cost import Cost


def overhead(on: float, seconds: float, without: float) -> dict[str, float]:
    return {"on": on, "seconds": seconds, "without_processor": without, "hits": 2_700_006}


@pytest.mark.parametrize(
    ("on", "seconds", "without"),
    [(1.65, 0.142, 1.43), (5.09, 0.646, 1.5), (2.0, 1.0, 0.0), (1.0, 0.99, 0.0), (0.1, 0.3, 0.0)],
)
def test_the_numbers_agree(on: float, seconds: float, without: float) -> None:
    text = Cost.of(overhead(on, seconds, without)).sentence(raw=False)
    found = re.search(r"took (\S+) s of the (\S+) s that .*: (\S+) times slower \(measured", text)
    assert found
    took, ran, times = map(float, found.groups())
    assert ran / (ran - took) == pytest.approx(times, rel=0.05)
    assert 1 <= times <= 20
    assert ("others had the processor" in text) == (without > 0)


def test_nothing_was_watched() -> None:
    assert Cost.of(overhead(0.0, 0.0, 0.0)).slowdown == 1.0
    assert Cost.of(overhead(0.1, 0.01, 0.2)).slowdown == 1.0


def test_what_is_taken_off() -> None:
    found = Cost.of(overhead(2.0, 0.5, 0.5))
    assert found.sentence(raw=False).endswith(
        "(measured; they are taken off the times, as are 0.5 s that others had the processor)"
    )
    assert "they are in the times, as are" in found.sentence(raw=True)
