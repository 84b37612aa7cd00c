# SPDX-License-Identifier: Apache-2.0
"""What watching a line costs where compiled code tells of it: two functions that compiled code has nothing
to do in but to tell, of many lines and of one, each turn of which is timed in turns."""

from __future__ import annotations

import sys
from collections.abc import Callable
from statistics import median
from time import perf_counter
from types import FunctionType
from typing import Any

from hone import _core

_LINES = 17
_CALLS_BEFORE = 80  # until they are compiled
_TURNS, _ROUNDS = 15, 200

_done = False


def measure_once() -> None:
    """For all profilers of this process. Nothing where there is no compiler."""
    global _done
    compiler = sys.modules.get("hone._jit")
    if _done or compiler is None:
        return
    _done = True
    profiler = _core.LineProfiler()
    many, one = (_watched(lines, profiler, compiler) for lines in (_LINES, 1))
    profiler._turn_on()
    for _ in range(_CALLS_BEFORE):
        many(2), one(2)
    price = median(_time(many) - _time(one) for _ in range(_TURNS)) / (_LINES - 1)
    profiler._set_compiled_price(max(price, 0.0))
    profiler._turn_off()


def _watched(lines: int, profiler: Any, compiler: Any) -> Callable[[int], None]:
    text = "def told(n):\n    for i in range(n):\n" + "        x = i\n" * lines
    names: dict[str, FunctionType] = {}
    exec(compile(text, "<hone: line costs>", "exec"), names)
    function = names["told"]
    chosen = profiler._choose(function.__code__, False)
    function.__code__ = compiler.prepare(chosen)
    profiler._runs_as(chosen, function.__code__)
    return function


def _time(function: Callable[[int], None]) -> float:
    """Seconds a round."""
    before = perf_counter()
    function(_ROUNDS)
    return (perf_counter() - before) / _ROUNDS
