# SPDX-License-Identifier: Apache-2.0
"""What a line profiler says of one function, and functions to be watched."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable
from typing import Any

from hone.line_profiler import LineProfiler


def spin(seconds: float) -> None:
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass


def rows(profiler: LineProfiler, function: Callable[..., Any]) -> dict[int, tuple[int, float]]:
    """Line, counted from the function's first -> hits, seconds."""
    function = inspect.unwrap(function)
    first = function.__code__.co_firstlineno
    stats = profiler.get_stats()
    found = stats.timings[function.__code__.co_filename, first, function.__qualname__]
    return {line - first: (hits, time * stats.unit) for line, hits, time in found}


def seconds(profiler: LineProfiler, function: Callable[..., Any]) -> float:
    return sum(time for _, time in rows(profiler, function).values())


def stair() -> None:
    spin(0.02)
    spin(0.04)
    for _ in range(3):
        spin(0.01)


def worst(numbers: range) -> int:
    y = 0
    for x in numbers:
        y = x
    return y
