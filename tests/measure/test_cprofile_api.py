# SPDX-License-Identifier: Apache-2.0
"""hone.cprofile beside cProfile, on random call trees: the same counts and callers; and times that
add up, by a clock that ticks once a reading."""

from __future__ import annotations

import contextlib
import cProfile
import itertools
import pstats
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hone import cprofile

# A plan is (which function, how it ends, the plans of what it calls).
Plan = tuple[int, str, list[Any]]
plans = st.recursive(
    st.tuples(st.integers(0, 3), st.sampled_from(["return", "raise"]), st.just([])),
    lambda inner: st.tuples(
        st.integers(0, 3),
        st.sampled_from(["return", "raise", "generator"]),
        st.lists(inner, max_size=4),
    ),
    max_leaves=25,
)


class Planned(Exception):
    pass


def follow(plan: Plan) -> None:
    for inner in plan[2]:
        try:
            CALLED[inner[0]](inner)
        except Planned:
            len("")
    if plan[1] == "raise":
        raise Planned


def first(plan: Plan) -> None:
    follow(plan)


def second(plan: Plan) -> None:
    if plan[1] == "generator":
        list(resumed(plan))
    else:
        follow(plan)


def third(plan: Plan) -> None:
    for inner in plan[2]:
        if inner[1] == "return":
            CALLED[inner[0]](inner)


def resumed(plan: Plan) -> Iterator[int]:
    for inner in plan[2]:
        try:
            CALLED[inner[0]](inner)
        except Planned:
            yield 1
        yield 2


CALLED = [first, second, third, lambda plan: follow(plan)]


def top(plan: Plan) -> None:
    with contextlib.suppress(Planned):
        CALLED[plan[0]](plan)


def found(profile: Any) -> dict[Any, Any]:
    profile.create_stats()
    return {
        key: (row[0], row[1], {caller: tuple(edge[:2]) for caller, edge in row[4].items()})
        for key, row in profile.stats.items()
        if key[0] == __file__ or "len" in key[2]
    }


@settings(deadline=None, max_examples=60)
@given(plan=plans)
def test_counts_and_callers_are_cprofiles(plan: Plan) -> None:
    ours, theirs = cprofile.Profile(), cProfile.Profile()
    ours.runcall(top, plan)
    theirs.runcall(top, plan)
    assert found(ours) == found(theirs)


@settings(deadline=None, max_examples=40)
@given(plan=plans)
def test_times_add_up(plan: Plan) -> None:
    profile = cprofile.Profile(itertools.count().__next__, 1.0)
    profile.runcall(top, plan)
    profile.create_stats()
    rows = {key: row for key, row in profile.stats.items() if "disable" not in key[2]}
    (whole,) = [row for key, row in rows.items() if key[2] == "top"]
    assert sum(row[2] for row in rows.values()) == whole[3]
    for _, _, own, cumulative, callers in rows.values():
        assert own <= cumulative <= whole[3]
        assert sum(edge[2] for edge in callers.values()) in (own, 0)
        assert all(edge[3] <= cumulative for edge in callers.values())


@settings(deadline=None, max_examples=15)
@given(several=st.lists(plans, min_size=2, max_size=4))
def test_threads_are_as_if_alone(several: list[Plan]) -> None:
    barrier = threading.Barrier(len(several))

    def together(plan: Plan) -> None:
        barrier.wait()
        top(plan)

    both = cprofile.Profile()
    with both:
        threads = [threading.Thread(target=together, args=(plan,)) for plan in several]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    alone: Counter[Any] = Counter()
    for plan in several:
        one = cprofile.Profile()
        one.runcall(top, plan)
        for key, row in found(one).items():
            alone[key] += row[1]
    counted = {key: row[1] for key, row in found(both).items() if key in alone}
    assert {key: counted[key] for key in alone if "len" not in key[2]} == {
        key: count for key, count in alone.items() if "len" not in key[2]
    }


def fib(n: int) -> int:
    return n if n < 2 else fib(n - 1) + fib(n - 2)


def calls(profile: cprofile.Profile, name: str) -> int:
    profile.create_stats()
    return sum(row[1] for key, row in profile.stats.items() if key[2] == name)


def test_profilers_within_profilers() -> None:
    outer, inner = cprofile.Profile(), cprofile.Profile()
    outer.runcall(lambda: (fib(3), inner.runcall(fib, 2), fib(1)))
    assert (calls(outer, "fib"), calls(inner, "fib")) == (5 + 3 + 1, 3)


def test_one_profile_within_itself() -> None:
    profile = cprofile.Profile()

    def again(depth: int) -> int:
        return fib(1) if not depth else profile.runcall(again, depth - 1) + fib(2)

    with profile:
        assert profile.runcall(again, 2) == 3
        fib(1)
    fib(5)
    assert calls(profile, "fib") == 1 + 3 + 3 + 1


class Ticks:
    """A whole number by its __index__, as 3.15's cProfile takes it."""

    def __index__(self) -> int:
        return 3


def test_a_timer_gives_whole_numbers_of_its_unit(monkeypatch: pytest.MonkeyPatch) -> None:
    profile = cprofile.Profile(Ticks, 0.5)  # type: ignore[arg-type]
    profile.runcall(fib, 1)
    assert calls(profile, "fib") == 1
    raised: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", raised.append)
    cprofile.Profile(lambda: 0.5, 0.5).runcall(fib, 1)
    assert {one.exc_type for one in raised} == {TypeError}


def test_subcalls_and_builtins_can_be_left_out() -> None:
    profile = cprofile.Profile(subcalls=False, builtins=False)
    profile.runcall(lambda: (fib(3), len("")))
    profile.create_stats()
    assert all(not row[4] for row in profile.stats.values())
    assert not any(key[0] == "~" for key in profile.stats)
    profile.enable(subcalls=True, builtins=True)
    len("")
    profile.disable()
    profile.create_stats()
    assert any("builtins.len" in key[2] for key in profile.stats)


def test_entries_are_named_tuples() -> None:
    profile = cprofile.Profile()
    profile.runcall(fib, 3)
    (entry,) = [e for e in profile.getstats() if e.code is fib.__code__]
    assert entry[:3] == (fib.__code__, 5, 4)
    assert entry.inlinetime <= entry.totaltime
    assert [(sub.code, sub.callcount, sub.reccallcount) for sub in entry.calls] == [
        (fib.__code__, 4, 2)
    ]
    assert type(entry).__name__ == "profiler_entry"


def test_a_method_that_python_overrides_keeps_its_name() -> None:
    class Mine(list):  # type: ignore[type-arg]
        def append(self, item: object) -> None:
            super().append(item)

    profile = cprofile.Profile()
    profile.runcall(Mine().append, 1)
    profile.create_stats()
    assert ("~", 0, "<method 'append' of 'list' objects>") in profile.stats


def test_a_profile_that_nobody_holds_is_switched_off() -> None:
    lost = cprofile.Profile()
    lost.enable()
    del lost
    cprofile.Profile().disable()
    if sys.version_info < (3, 12):
        assert sys.getprofile() is None
    else:
        assert "hone" not in [sys.monitoring.get_tool(i) for i in range(6)]


@pytest.mark.skipif(sys.version_info < (3, 12), reason="sys.monitoring came with 3.12")
def test_it_leaves_cprofile_its_place() -> None:
    place = sys.monitoring.PROFILER_ID
    with cprofile.Profile():
        assert sys.monitoring.get_tool(place) is None
    sys.monitoring.use_tool_id(place, "another")
    try:
        with cprofile.Profile() as profile:
            fib(1)
    finally:
        sys.monitoring.free_tool_id(place)
    assert calls(profile, "fib") == 1


def test_pstats_reads_what_it_writes(tmp_path: Any) -> None:
    file = tmp_path / "out"
    cprofile.runctx("fib(3)", globals(), {}, filename=file)
    assert pstats.Stats(str(file)).total_calls == 5 + 3  # type: ignore[attr-defined]
