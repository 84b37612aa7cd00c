# SPDX-License-Identifier: Apache-2.0
"""Hits are exact: made programs, line by line against sys.settrace (3.11) or sys.monitoring, whose LINE
events are those of sys.settrace but for jumps within a line; and watching changes nothing."""

from __future__ import annotations

import sys
from collections import Counter
from typing import Any

from hypothesis import HealthCheck, example, given, settings

from hone.line_profiler import LineProfiler
from tests.measure import programs

MANY = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def counted(profiler: LineProfiler) -> programs.Hits:
    hits: programs.Hits = Counter()
    for (_, _, name), rows in profiler.get_stats().timings.items():
        for line, count, time in rows:
            assert time >= 0
            hits[name, line] += count
    return hits


def expected(source: str) -> tuple[list[str], programs.Hits]:
    """What happens, and the hits as this version's interpreter announces lines to a profiler."""
    names = programs.load(source)
    seen: list[str] = []
    traced = programs.traced_hits(names, lambda: seen.extend(programs.run(names)))
    if sys.version_info < (3, 12):
        return seen, traced
    names = programs.load(source)
    hits = programs.monitored_hits(names, lambda: programs.run(names))
    assert hits.keys() == traced.keys()
    assert all(hits[line] <= traced[line] for line in hits)
    return seen, hits


def differences(source: str, found: programs.Hits, truth: programs.Hits) -> str:
    rows = [
        f"{key}: {found[key]} for {truth[key]}"
        for key in sorted(found.keys() | truth.keys())
        if found[key] != truth[key]
    ]
    numbered = [f"{i:4} {line}" for i, line in enumerate(source.splitlines(), 1)]
    return "\n".join([*rows, *numbered])


@given(programs.PROGRAMS)
@example(programs.CLOSED)
@MANY
def test_chosen_functions(source: str) -> None:
    seen, truth = expected(source)
    names = programs.load(source)
    profiler = LineProfiler(*(names[name] for name in programs.FUNCTIONS))
    with profiler:
        assert programs.run(names) == seen
    found = counted(profiler)
    assert found == truth, differences(source, found, truth)


@given(programs.PROGRAMS)
@example(programs.RAISED_AGAIN)
@MANY
def test_decorated_functions(source: str) -> None:
    seen, truth = expected(source)
    names = programs.load(source)
    profiler = LineProfiler()
    for name in programs.FUNCTIONS:
        names[name] = profiler(names[name])
    assert programs.run(names) == seen
    assert profiler.enable_count == 0
    found = counted(profiler)
    assert found == truth, differences(source, found, truth)


def _twice(source: str) -> tuple[Any, Any]:
    first, second = LineProfiler(), LineProfiler()
    names = programs.load(source)
    for name in programs.FUNCTIONS:
        names[name] = second(first(names[name]))
    programs.run(names)
    return first, second


@given(programs.PROGRAMS)
@settings(MANY, max_examples=30)
def test_two_profilers_count_the_same(source: str) -> None:
    _, truth = expected(source)
    for profiler in _twice(source):
        found = counted(profiler)
        assert found == truth, differences(source, found, truth)
