# SPDX-License-Identifier: Apache-2.0
"""Tables of benchmarks, one a group, laid out as pytest-benchmark's: people and scripts know them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

Row = dict[str, Any]
Scale = tuple[str, float]

_TIMES = ("min", "max", "mean", "stddev", "median", "iqr")
_SCALED = (*_TIMES, "ops")
_LABELS = {"min": "Min", "max": "Max", "mean": "Mean", "stddev": "StdDev", "median": "Median", "iqr": "IQR",
    "ops": "OPS", "outliers": "Outliers", "rounds": "Rounds", "iterations": "Iterations"}  # fmt: skip
_BESIDE = 10  # the width of " (1.23)" behind a figure
LEGEND = (
    "Legend:",
    "  Outliers: 1 Standard Deviation from Mean; 1.5 IQR (InterQuartile Range) from 1st Quartile and 3rd Quartile.",
    "  OPS: Operations Per Second, computed as 1 / Mean",
)


def time_scale(seconds: float) -> Scale:
    for unit, factor in (("n", 1e9), ("u", 1e6), ("m", 1e3)):
        if seconds * factor < 1000:
            return unit, factor
    return "", 1.0


def operations_scale(a_second: float) -> Scale:
    for unit, factor in (("M", 1e-6), ("K", 1e-3)):
        if a_second * factor > 1:
            return unit, factor
    return "", 1.0


@dataclass
class Best:
    """The best and worst figure of each column of a group."""

    best: dict[str, float]
    worst: dict[str, float]

    @staticmethod
    def of(rows: Sequence[Row]) -> Best:
        found = Best({}, {})
        for name in _SCALED:
            values = [row[name] for row in rows]
            low, high = min(values), max(values)
            found.best[name], found.worst[name] = (high, low) if name == "ops" else (low, high)
        return found


class Table:
    """One group; SCALE asks the hooks for units: of "seconds" or "operations"."""

    def __init__(self, rows: list[Row], columns: Sequence[str], scale: Callable[[str, Best], Scale]) -> None:  # fmt: skip
        self.rows = rows
        self.columns = columns
        self.ends = Best.of(rows)
        unit, self.factor = scale("seconds", self.ends)
        self.ops_unit, self.ops_factor = scale("operations", self.ends)
        self.unit = unit
        self.title = f"Name (time in {unit}s)"
        self.alone = len(rows) == 1

    def write(self, to: pytest.TerminalReporter, group: str | None) -> None:
        widths = {name: 2 + max(len(self._label(name)), *(len(self._number(row, name)) for row in self.rows)) for name in self.columns}  # fmt: skip
        first = 3 + max(len(self.title), *(len(row["name"]) for row in self.rows))
        head = self.title.ljust(first)
        for name in self.columns:
            head += self._label(name).rjust(widths[name])
            head += " " * self._beside(name)
        name = "" if group is None else f" {group!r}"
        rule = f" benchmark{name}: {len(self.rows)} tests ".center(len(head), "-")
        to.write_line(rule, yellow=True)
        to.write_line(head)
        to.write_line("-" * len(head), yellow=True)
        for row in self.rows:
            self._write_row(to, row, first, widths)
        to.write_line("-" * len(head), yellow=True)
        to.write_line("")

    def _write_row(
        self, to: pytest.TerminalReporter, row: Row, first: int, widths: dict[str, int]
    ) -> None:
        to.write(row["name"].ljust(first))
        for name in self.columns:
            text = self._number(row, name).rjust(widths[name])
            if name not in _SCALED:
                to.write(text)
                continue
            told = not self.alone
            to.write(
                text + self._times_best(row, name),
                bold=True,
                green=told and row[name] == self.ends.best[name],
                red=told and row[name] == self.ends.worst[name],
            )
        to.write("\n")

    def _label(self, name: str) -> str:
        return f"OPS ({self.ops_unit}ops/s)" if name == "ops" and self.ops_unit else _LABELS[name]

    def _number(self, row: Row, name: str) -> str:
        if name not in _SCALED:
            return str(row[name])
        return f"{row[name] * (self.ops_factor if name == 'ops' else self.factor):,.4f}"

    def _beside(self, name: str) -> int:
        return 0 if self.alone or name not in _SCALED else _BESIDE

    def _times_best(self, row: Row, name: str) -> str:
        """How many times the best figure this one is."""
        if not self._beside(name):
            return ""
        best, value = self.ends.best[name], row[name]
        if value == best:
            text = "1.0"
        elif not best:
            text = "inf"
        else:
            times = abs(value / best)
            text = f"{times:.2f}" if times <= 1000 else ">1000.0"
        return f" ({text})".ljust(_BESIDE)
