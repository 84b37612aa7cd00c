# SPDX-License-Identifier: Apache-2.0
"""`.lprof` files: line_profiler's LineStats, pickled (line_profiler/line_profiler.py).

A pickle may run anything, so this one may make nothing but a LineStats of our own. The unpickler is
the one written in Python: the other answers a damaged number with the memory that it asks for.
"""

from __future__ import annotations

import io
import math
import pickle
from typing import Any

from hone.recording import rows
from hone.recording.columns import MOST_SECONDS
from hone.recording.errors import RecordingError
from hone.recording.model import Recording

# Where its versions 5 and 4 keep the class.
CLASSES = {
    ("line_profiler.line_profiler", "LineStats"),
    ("line_profiler._line_profiler", "LineStats"),
}


Timings = dict[tuple[str, int, str], list[tuple[int, int, int]]]


class _LineStats:
    timings: Timings
    unit: float


# All that a LineStats is made of. Other codes make, for one, bytearrays of any size that they name.
_CODES = (
    pickle.PROTO, pickle.FRAME, pickle.STOP, pickle.MARK,
    pickle.GLOBAL, pickle.STACK_GLOBAL, pickle.NEWOBJ, pickle.BUILD,
    pickle.MEMOIZE, pickle.BINPUT, pickle.LONG_BINPUT, pickle.BINGET, pickle.LONG_BINGET,
    pickle.SHORT_BINUNICODE, pickle.BINUNICODE, pickle.BINUNICODE8,
    pickle.BININT, pickle.BININT1, pickle.BININT2, pickle.LONG1, pickle.LONG4, pickle.BINFLOAT,
    pickle.NONE, pickle.NEWTRUE, pickle.NEWFALSE,
    pickle.EMPTY_TUPLE, pickle.TUPLE, pickle.TUPLE1, pickle.TUPLE2, pickle.TUPLE3,
    pickle.EMPTY_LIST, pickle.APPEND, pickle.APPENDS,
    pickle.EMPTY_DICT, pickle.SETITEM, pickle.SETITEMS,
)  # fmt: skip


class _Unpickler(pickle._Unpickler):
    dispatch = {code[0]: pickle._Unpickler.dispatch[code[0]] for code in _CODES}  # noqa: RUF012 - as in its base

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in CLASSES:
            return _LineStats
        raise pickle.UnpicklingError(f"it asks for {module}.{name}")


def looks_right(head: bytes) -> bool:
    """A pickle of protocol 2 or later, whatever is in it."""
    return len(head) > 1 and head[0] == 0x80 and 2 <= head[1] <= 5


def read(data: bytes, name: str) -> Recording:
    return _read(data, name)[1]


def read_timings(data: bytes, name: str) -> tuple[Timings, float]:
    """The numbers as they stand in the file, and the seconds of its unit of time."""
    stats, _ = _read(data, name)
    return stats.timings, stats.unit


def _read(data: bytes, name: str) -> tuple[_LineStats, Recording]:
    try:
        stats = _Unpickler(io.BytesIO(data)).load()
    except pickle.UnpicklingError as error:
        raise RecordingError(f"{name} is no .lprof file: {error}") from None
    except Exception:  # a damaged pickle raises whatever its next code happens to raise
        raise RecordingError(f"{name} is damaged, or no .lprof file") from None
    try:
        return stats, _recording(stats)
    except (TypeError, ValueError, AttributeError, OverflowError):
        raise RecordingError(f"{name} is a pickle, but no .lprof file") from None


def _recording(stats: _LineStats) -> Recording:
    if not isinstance(stats, _LineStats) or not 0 < stats.unit < math.inf:
        raise TypeError(stats)
    found = Recording()
    for (file, first, name), lines in stats.timings.items():
        if not (isinstance(file, str) and isinstance(name, str)):
            raise TypeError(file)
        function = found.functions.add(rows.Function(file, _line(first), name))
        for line, hits, ticks in lines:
            if hits < 0 or not 0 <= ticks * stats.unit <= MOST_SECONDS:
                raise ValueError(hits)
            found.lines.append(rows.LineTime(function, _line(line), int(hits), ticks * stats.unit))
    return found


def _line(number: int) -> int:
    if not 0 <= number < 1 << 32:
        raise ValueError(number)
    return int(number)
