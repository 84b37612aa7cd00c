# SPDX-License-Identifier: Apache-2.0
"""Profiles of benchmarks (--benchmark-cprofile): by hone's call profiler, in the rows of
pytest-benchmark's files."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pstats

# The columns by which rows are picked for a file, one after the other.
_PICKED_BY = ("cumtime", "tottime", "ncalls", "ncalls_recursion", "tottime_per", "cumtime_per", "function_name")  # fmt: skip
Runner = Callable[..., Any]
HEADING = "ncalls\ttottime\tpercall\tcumtime\tpercall\tfilename:lineno(function)"


def of(call: Callable[[Runner], Any], times: int) -> tuple[pstats.Stats, Any]:
    """The profile of what CALL has run by the runner it gets, so many times; and what it returned last."""
    import pstats

    from hone.cprofile import Profile

    profile = Profile()
    result = None
    for _ in range(times):
        result = call(profile.runcall)
    return pstats.Stats(profile), result  # type: ignore[arg-type] # whoever has create_stats()


def plainly(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """The runner that doesn't profile."""
    return function(*args, **kwargs)


def rows(stats: pstats.Stats, column: str | None, top: int) -> list[dict[str, Any]]:
    """The TOP functions by COLUMN, then those by the others that are not among them; without one, the
    TOP by cumulative time."""
    functions = [_row(key, value) for key, value in stats.stats.items()]  # type: ignore[attr-defined]
    by = _PICKED_BY[:1] if column is None else (column, *(c for c in _PICKED_BY if c != column))
    found: list[dict[str, Any]] = []
    for name in by:
        functions.sort(key=lambda row: row[name], reverse=True)
        found += [row for row in functions[:top] if row not in found]
    return found


def _row(key: tuple[str, int, str], value: Sequence[Any]) -> dict[str, Any]:
    file, line, name = key
    primitive, calls, own, whole = value[:4]
    beside = f"{Path.cwd().parent}{os.sep}"
    return {
        "ncalls_recursion": str(calls) if calls == primitive else f"{calls}/{primitive}",
        "ncalls": calls,
        "tottime": own,
        "tottime_per": own / primitive if primitive else 0,
        "cumtime": whole,
        "cumtime_per": whole / primitive if primitive else 0,
        "function_name": f"{file.removeprefix(beside)}:{line}({name})",
    }


def line(row: dict[str, Any]) -> str:
    times = (row[name] for name in ("tottime", "tottime_per", "cumtime", "cumtime_per"))
    return "\t".join([row["ncalls_recursion"], *(f"{x:.4f}" for x in times), row["function_name"]])
