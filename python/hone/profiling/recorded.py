# SPDX-License-Identifier: Apache-2.0
"""A profile as a recording (docs/internals/recording-format.md): functions are told apart by their
code, names are qualified."""

from __future__ import annotations

from types import CodeType
from typing import Any

from hone.cprofile import Profile
from hone.profiling.cost import slowdown
from hone.recording import Meta, Recording, Slowdown
from hone.recording.rows import Call, Function, Kind, Total


def recording(profile: Profile, meta: Meta) -> Recording:
    overhead = profile.overhead()
    if overhead["seconds"] > 0:
        meta.slowdown = Slowdown(*slowdown(profile))
    meta.wall_seconds = overhead["watched"]
    made = Recording(meta=meta)
    numbers: dict[Any, int] = {}
    entries = profile.getstats()
    for number, entry in enumerate(entries):
        numbers[entry.code] = number
        made.functions.append(_function(entry.code))
        made.totals.append(Total(number, *_numbers(entry)))
    for entry in entries:
        for call in entry.calls or ():
            if call.code in numbers:  # calls that have not ended have no row of their own
                caller, callee = numbers[entry.code], numbers[call.code]
                made.calls.append(Call(caller, callee, *_numbers(call)))
    return made


def _function(code: CodeType | str) -> Function:
    if isinstance(code, str):
        return Function("~", 0, code, kind=int(Kind.BUILTIN | Kind.NATIVE))
    return Function(code.co_filename, code.co_firstlineno, code.co_qualname)


def _numbers(entry: Any) -> tuple[int, int, float, float]:
    primitive = entry.callcount - entry.reccallcount
    return entry.callcount, primitive, entry.inlinetime, entry.totaltime
