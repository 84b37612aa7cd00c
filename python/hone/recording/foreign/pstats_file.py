# SPDX-License-Identifier: Apache-2.0
"""pstats files: a marshalled dict, as cProfile and profile dump it.

Outer values are (primitive, all, own, cumulative, callers), those of callers (all, primitive, own,
cumulative): the first two are swapped (Lib/cProfile.py). The older `profile` has a mere number there.
"""

from __future__ import annotations

import math
from typing import Any

from hone.recording import rows
from hone.recording.columns import MOST_SECONDS
from hone.recording.errors import RecordingError
from hone.recording.foreign import marshalled
from hone.recording.model import Recording

BUILTIN = "~"  # the file of what is no Python
_TOP = ("jprofile", 0, "profiler")  # the caller of `profile`'s outermost function
_STARTS = (b"{", b"\xfb")


def looks_right(head: bytes) -> bool:
    """A dict, empty or with a tuple first: JSON has a blank or a quote there."""
    return head[:1] in _STARTS and (len(head) == 1 or head[1] & 0x7F in b"()0")


def read(data: bytes, name: str) -> Recording:
    try:
        stats = marshalled.loads(data)
        return _recording(stats)
    except marshalled.Unmarshalled as wrong:
        raise RecordingError(f"{name} is damaged: {wrong}") from None
    except (TypeError, ValueError, OverflowError):
        raise RecordingError(f"{name} is no pstats file, though it begins as one") from None


def _recording(stats: dict[Any, Any]) -> Recording:
    found = Recording()
    for key, (primitive, calls, own, cumulative, _) in stats.items():
        number = found.functions.add(_function(key))
        found.totals.append(rows.Total(number, *_numbers(calls, primitive, own, cumulative)))
    for key, (*_, callers) in stats.items():
        callee = found.functions.add(_function(key))
        for caller, values in callers.items():
            outer = rows.NONE if caller == _TOP else found.functions.add(_function(caller))
            found.calls.append(rows.Call(outer, callee, *_of_caller(values)))
    found.meta.wall_seconds = math.fsum(total.own for total in found.totals)
    return found


def _function(key: tuple[str, int, str]) -> rows.Function:
    file, line, name = key
    if not (isinstance(file, str) and isinstance(name, str) and 0 <= line < 1 << 32):
        raise TypeError(key)
    builtin = rows.Kind.BUILTIN | rows.Kind.NATIVE if file == BUILTIN else 0
    return rows.Function(file, int(line), name, kind=int(builtin))


def _of_caller(values: Any) -> tuple[int, int, float, float]:
    if isinstance(values, int):
        return _numbers(values, values, 0.0, 0.0)
    return _numbers(*values)


def _numbers(
    calls: int, primitive: int, own: float, cumulative: float
) -> tuple[int, int, float, float]:
    if not (0 <= calls < 1 << 64 and 0 <= primitive < 1 << 64):
        raise ValueError(calls)
    if not all(abs(seconds) <= MOST_SECONDS for seconds in (own, cumulative)):
        raise ValueError(own)  # also if one is no number
    return int(calls), int(primitive), float(own), float(cumulative)
