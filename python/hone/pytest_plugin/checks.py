# SPDX-License-Identifier: Apache-2.0
"""When a benchmark counts as slower than a kept run.

--benchmark-compare-fail compares two figures, whatever their noise: pytest-benchmark's meaning.
--hone-compare-fail asks whether the interval of the medians' ratio lies beyond the limit with all of it."""

from __future__ import annotations

import re
from argparse import ArgumentTypeError
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hone.measure.stats import Ratio

_EXPRESSION = re.compile(
    r"(min|max|mean|median|stddev|iqr):(?:(\d+)%|(\d*\.?\d+(?:[eE][-+]?\d+)?))"
)
_SURE = re.compile(r"(?:median:)?(\d+(?:\.\d+)?)%")


@dataclass(frozen=True)
class Check:
    """FIELD may be worse by LIMIT: percent, or seconds."""

    field: str
    limit: float
    percent: bool

    def fails(self, now: Mapping[str, Any], before: Mapping[str, Any]) -> str | None:
        """What is wrong, in words; None if nothing is."""
        a, b = before[self.field], now[self.field]
        if not self.percent:
            worse, text = b - a, f"{b - a:.9f} s"
        elif a:
            worse, text = (b / a - 1) * 100, f"{(b / a - 1) * 100:.1f} %"
        else:
            worse, text = float("inf"), "more than nothing"
        if worse <= self.limit:
            return None
        limit = f"{self.limit:g} %" if self.percent else f"{self.limit:.9f} s"
        return f"{self.field} is worse by {text}, more than {limit}"


def parse(word: str) -> Check:
    """`min:5%` or `mean:0.001`."""
    found = _EXPRESSION.fullmatch(word)
    if found is None:
        raise ArgumentTypeError(f"Could not parse value: {word!r}.")
    field, percent, difference = found.groups()
    return Check(field, float(percent or difference), bool(percent))


def sure(word: str) -> float:
    """`median:5%` or `5%`, as a share."""
    found = _SURE.fullmatch(word)
    if found is None:
        raise ArgumentTypeError(f"{word!r} is not median:P%, as median:5%")
    return float(found.group(1)) / 100


def surely_slower(ratio: Ratio, share: float) -> str | None:
    """RATIO: how many times faster this run is than the one before."""
    if ratio.high >= 1 / (1 + share):
        return None
    return (
        f"the median is {1 / ratio.value:.3f} times what it was ({ratio.level * 100:.0f} %: "
        f"{1 / ratio.high:.3f}-{1 / ratio.low:.3f}), for sure more than {1 + share:.3f} times"
    )
