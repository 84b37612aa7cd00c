# SPDX-License-Identifier: Apache-2.0
"""The figures of a benchmark, as pytest-benchmark's files and tables have them: FIELDS is their order.

Quartiles are the averages of those of both usual methods, with and without the median in the halves; the
data of a quartile stand at (n - 2) / 4 from either end. Times are seconds of one iteration.
"""

from __future__ import annotations

import math
import statistics
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

from hone.pytest_plugin import options, profiles

if TYPE_CHECKING:
    import pstats

    from hone.pytest_plugin.fixture import BenchmarkFixture
    from hone.pytest_plugin.rounds import Watch

FIELDS = ("min", "max", "mean", "stddev", "rounds", "median", "iqr", "q1", "q3", "iqr_outliers",
    "stddev_outliers", "outliers", "ld15iqr", "hd15iqr", "ops", "total")  # fmt: skip


class Figures:
    """Of the rounds in `data`; read them when all are there."""

    def __init__(self) -> None:
        self.data: list[float] = []

    def __bool__(self) -> bool:
        return bool(self.data)

    def update(self, value: float) -> None:
        self.data.append(value)

    def as_dict(self) -> dict[str, Any]:
        return {field: getattr(self, field) for field in FIELDS}

    @cached_property
    def sorted_data(self) -> list[float]:
        return sorted(self.data)

    @property
    def rounds(self) -> int:
        return len(self.data)

    @cached_property
    def min(self) -> float:
        return min(self.data)

    @cached_property
    def max(self) -> float:
        return max(self.data)

    @cached_property
    def total(self) -> float:
        return sum(self.data)

    @cached_property
    def mean(self) -> float:
        return statistics.fmean(self.data)

    @cached_property
    def stddev(self) -> float:
        if len(self.data) < 2:
            return 0
        mean = self.mean
        return math.sqrt(math.fsum((x - mean) ** 2 for x in self.data) / (len(self.data) - 1))

    @cached_property
    def median(self) -> float:
        return statistics.median(self.sorted_data)

    def _quartile(self, place: float) -> float:
        data = self.sorted_data
        if len(data) == 1:
            return data[0]
        at, part = int(place), place % 1
        return (1 - part) * data[at] + part * data[at + 1] if part else data[at]

    @cached_property
    def q1(self) -> float:
        return self._quartile((len(self.data) - 2) / 4)

    @cached_property
    def q3(self) -> float:
        return self._quartile((3 * len(self.data) - 2) / 4)

    @cached_property
    def iqr(self) -> float:
        return self.q3 - self.q1

    def _inside(self, low: float, high: float) -> range:
        """Places in the sorted data."""
        return range(bisect_left(self.sorted_data, low), bisect_right(self.sorted_data, high))

    @cached_property
    def _fence(self) -> range:
        """Tukey's: one and a half of the distance of the quartiles."""
        return self._inside(self.q1 - 1.5 * self.iqr, self.q3 + 1.5 * self.iqr)

    @property
    def ld15iqr(self) -> float:
        return self.sorted_data[self._fence[0]]

    @property
    def hd15iqr(self) -> float:
        return self.sorted_data[self._fence[-1]]

    @property
    def iqr_outliers(self) -> int:
        return len(self.data) - len(self._fence)

    @property
    def stddev_outliers(self) -> int:
        near = self._inside(self.mean - self.stddev, self.mean + self.stddev)
        return len(self.data) - len(near)

    @property
    def outliers(self) -> str:
        return f"{self.stddev_outliers};{self.iqr_outliers}"

    @property
    def ops(self) -> float:
        return self.rounds / self.total if self.total else 0


class Benchmark:
    """A test's result: what it is, its `stats`, and how they came about. `benchmark.stats` of a test."""

    def __init__(
        self, fixture: BenchmarkFixture, iterations: int, settings: dict[str, Any], watch: Watch
    ) -> None:
        self.name = fixture.name
        self.fullname = fixture.fullname
        self.group = fixture.group
        self.param = fixture.param
        self.params = fixture.params
        self.extra_info = fixture.extra_info
        self.iterations = iterations
        self.options = settings
        self.fixture = fixture
        self.watch = watch
        self.stats = Figures()
        self.cprofile_stats: pstats.Stats | None = None

    def __bool__(self) -> bool:
        return bool(self.stats)

    def __getitem__(self, key: str) -> Any:
        return getattr(self.stats, key) if hasattr(Figures, key) else getattr(self, key)

    def get(self, key: str, default: Any = None) -> Any:
        return self[key] if hasattr(Figures, key) or hasattr(self, key) else default

    @property
    def has_error(self) -> bool:
        return self.fixture.has_error

    @property
    def is_shown(self) -> bool:
        """It has figures, and they are all that were asked for: also if the fixture was then used again."""
        return bool(self) and not self.fixture.cut_short

    def update(self, seconds: float) -> None:
        """A round took so long."""
        self.stats.update(seconds / self.iterations)

    def facts(self) -> dict[str, Any]:
        """What is known without a clock, as files have it."""
        return {
            "group": self.group,
            "name": self.name,
            "fullname": self.fullname,
            "params": self.params,
            "param": self.param,
            "extra_info": self.extra_info,
            "options": {
                key: options.short_name(value) if isinstance(value, Callable) else value  # type: ignore[arg-type]
                for key, value in self.options.items()
            },
        }

    def as_dict(
        self,
        include_data: bool = True,
        flat: bool = False,
        stats: bool = True,
        cprofile: tuple[str | None, int] | None = None,
    ) -> dict[str, Any]:
        """As a file has it; FLAT: the figures among the facts, as rows of tables are."""
        found = self.facts()
        if self.cprofile_stats is not None:
            found["cprofile"] = profiles.rows(self.cprofile_stats, *(cprofile or (None, 25)))
        if not stats:
            return found
        figures = self.stats.as_dict()
        if include_data:
            figures["data"] = self.stats.data
        figures["iterations"] = self.iterations
        if flat:
            return found | figures
        return found | {"stats": figures}
