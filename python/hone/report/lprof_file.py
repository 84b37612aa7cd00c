# SPDX-License-Identifier: Apache-2.0
"""line_profiler's `.lprof` files: a pickle of one object of its class LineStats, with a dict state

    {"timings": {(filename, firstlineno, name): [(line, hits, time), …by line]}, "unit": seconds a time unit}

Source of the format: line_profiler 5.1's LineStats (`line_profiler.line_profiler`; up to 4.x it was
`line_profiler._line_profiler`). Written with exactly the opcodes that pickle writes for it. Read
without running anything of the file's: it may name those two classes and nothing else.
"""

from __future__ import annotations

import io
import os
import pickle
from typing import Any, BinaryIO

Timings = dict[tuple[str, int, str], list[tuple[int, int, int]]]
Name = str | os.PathLike[str]

_CLASSES = (
    ("line_profiler.line_profiler", "LineStats"),
    ("line_profiler._line_profiler", "LineStats"),
)
SUFFIX = ".lprof"


class NotLineStats(ValueError):
    """What a file holds is no line_profiler statistics; the text says why and names the file."""


class LineStats:
    """Stands for line_profiler's class, in files being written and read."""

    timings: Timings
    unit: float


class _Pickler(pickle._Pickler):  # type: ignore[name-defined,misc]
    def save_global(self, what: object, name: str | None = None) -> None:
        if what is not LineStats:
            raise pickle.PicklingError(f"{what!r} has no place in an .lprof file")
        for word in _CLASSES[0]:
            self.save(word)
        self.write(pickle.STACK_GLOBAL)
        self.memoize(what)

    dispatch = pickle._Pickler.dispatch | {type: save_global}  # type: ignore[attr-defined]


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in _CLASSES:
            return LineStats
        raise NotLineStats(f"it asks for {module}.{name}")

    def persistent_load(self, key: Any) -> Any:
        raise NotLineStats("it refers to things outside")


def write(file: BinaryIO, timings: Timings, unit: float) -> None:
    stats = LineStats()
    stats.timings = timings
    stats.unit = unit
    _Pickler(file, pickle.HIGHEST_PROTOCOL).dump(stats)


def write_file(path: Name, timings: Timings, unit: float) -> None:
    """Write PATH as a whole or not at all. OSError if that can't be."""
    content = io.BytesIO()
    write(content, timings, unit)
    with open(path, "wb") as file:
        file.write(content.getvalue())


def read_file(path: Name) -> tuple[Timings, float]:
    """What PATH holds. NotLineStats if it is something else, OSError if it can't be read."""
    with open(path, "rb") as file:
        try:
            found = _Unpickler(file).load()
            return _checked_timings(found), _checked_unit(found)
        except OSError:
            raise
        except NotLineStats as error:
            reason = str(error)
        except EOFError:
            reason = "it ends too early"
        except Exception as error:  # whatever unpickling garbage comes to
            reason = str(error) or type(error).__name__
    raise NotLineStats(f"{os.fspath(path)} is no .lprof file: {reason}")


def _checked_unit(found: Any) -> float:
    unit = getattr(found, "unit", None)
    if not isinstance(found, LineStats) or not isinstance(unit, int | float) or not unit > 0:
        raise NotLineStats("it holds no statistics with a time unit")
    return float(unit)


def _checked_timings(found: Any) -> Timings:
    timings = getattr(found, "timings", None)
    if not isinstance(timings, dict):
        raise NotLineStats("it holds no timings")
    return {_checked_key(key): [_checked_row(row) for row in rows] for key, rows in timings.items()}


def _checked_key(key: Any) -> tuple[str, int, str]:
    match key:
        case (str(), int(), str()):
            return key
    raise NotLineStats(f"{key!r} does not name a function")


def _checked_row(row: Any) -> tuple[int, int, int]:
    match row:
        case (int(), int(), int() | float()):
            return row
    raise NotLineStats(f"{row!r} is not a line with hits and time")
