# SPDX-License-Identifier: Apache-2.0
"""Line statistics: hits and time of the lines of functions, as line_profiler's class of the name."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from hone import files
from hone.recording.foreign.lprof_file import Timings, read_timings
from hone.report import lines_text
from hone.report.formats import lprof_file

Name = str | os.PathLike[str]


class StatsLike(Protocol):
    """line_profiler's own objects do, too."""

    timings: Timings
    unit: float


class LineStats:
    """`timings`: (filename, firstlineno, name) -> [(line, hits, time)]; `unit`: seconds a unit of time."""

    def __init__(self, timings: Timings, unit: float) -> None:
        self.timings = timings
        self.unit = unit

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.timings}, {self.unit:.2G})"

    def __eq__(self, other: object) -> bool:
        if not hasattr(other, "timings") or not hasattr(other, "unit"):
            return NotImplemented
        return bool(self.timings == other.timings and self.unit == other.unit)

    __hash__ = None  # type: ignore[assignment]

    def __add__(self, other: StatsLike) -> LineStats:
        return type(self)(*_sum([self, other]))

    def __iadd__(self, other: StatsLike) -> LineStats:
        self.timings, self.unit = _sum([self, other])
        return self

    def print(self, stream: Any = None, **how: Any) -> None:
        """Show them; the keywords are show_text's."""
        show_text(self.timings, self.unit, stream=stream, **how)

    def to_file(self, filename: Name) -> None:
        """Write an `.lprof` file. OSError if that can't be."""
        content = lprof_file.pickled({"timings": self.timings, "unit": self.unit})
        files.write(filename, [content])

    @classmethod
    def from_files(cls, file: Name, /, *files: Name) -> LineStats:
        """The sum of `.lprof` files. hone.recording.errors.RecordingError if one is none."""
        return cls.from_stats_objects(*(cls(*_read(each)) for each in (file, *files)))

    @classmethod
    def from_stats_objects(cls, stats: StatsLike, /, *more_stats: StatsLike) -> LineStats:
        return cls(*_sum([stats, *more_stats]))


def _read(path: Name) -> tuple[Timings, float]:
    with open(path, "rb") as file:
        return read_timings(file.read(), os.fspath(path))


def _sum(all_stats: Sequence[StatsLike]) -> tuple[Timings, float]:
    """In the largest of their units."""
    unit = max(stats.unit for stats in all_stats)
    found: dict[tuple[str, int, str], dict[int, tuple[int, float]]] = {}
    for stats in all_stats:
        for key, rows in stats.timings.items():
            _add(found.setdefault(key, {}), rows, stats.unit / unit)
    return {
        key: [(line, hits, round(time)) for line, (hits, time) in sorted(lines.items())]
        for key, lines in found.items()
    }, unit


def _add(
    lines: dict[int, tuple[int, float]], rows: Iterable[tuple[int, int, float]], scale: float
) -> None:
    for line, hits, time in rows:
        old_hits, old_time = lines.get(line, (0, 0.0))
        lines[line] = (old_hits + hits, old_time + time * scale)


def show_text(
    stats: Timings,
    unit: float,
    output_unit: float | None = None,
    stream: Any = None,
    stripzeros: bool = False,
    details: bool = True,
    summarize: bool = False,
    sort: bool = False,
    rich: bool = False,
    *,
    config: Any = None,
) -> None:
    """Show line statistics as line_profiler does. `config`: whose column widths count (settings.read)."""
    from hone.lines import settings

    form = lines_text.Form(
        output_unit,
        stripzeros,
        details,
        summarize,
        sort,
        rich,
        settings.read(config)["show"]["column_widths"],
    )
    lines_text.show(stats, unit, form, stream)


def show_func(
    filename: str,
    start_lineno: int,
    func_name: str,
    timings: lines_text.Rows,
    unit: float,
    output_unit: float | None = None,
    stream: Any = None,
    stripzeros: bool = False,
    rich: bool = False,
    *,
    config: Any = None,
) -> None:
    """Show one function's lines."""
    import sys

    from hone.lines import settings

    widths = settings.read(config)["show"]["column_widths"]
    form = lines_text.Form(output_unit, stripzeros, rich=rich, widths=widths)
    lines_text.show_function(
        filename, start_lineno, func_name, timings, unit, form, stream or sys.stdout
    )
