# SPDX-License-Identifier: Apache-2.0
"""Stacks that are made of callers and callees: each function keeps the own time that was measured."""

from __future__ import annotations

import cProfile
import runpy
import time
from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hone.cprofile import Profile
from hone.profiling.recorded import recording as recorded
from hone.recording import Meta, Recording, rows
from hone.recording.foreign import open_any
from hone.recording.rows import NONE
from hone.recording.summary import summarise
from hone.recording.trees import Tree, build, totals_of

MS = 1_000_000


def graph(count: int, totals: list[rows.Total], calls: list[rows.Call]) -> Recording:
    made = Recording(totals=totals, calls=calls)
    made.functions.extend(rows.Function("a.py", at + 1, f"f{at}") for at in range(count))
    return made


def own(tree: Tree) -> Counter[int]:
    """By function, in nanoseconds."""
    found: Counter[int] = Counter()
    for node, weight in tree.own_of_all().items():
        found[tree.function[node]] += weight
    return found


def inclusive(tree: Tree) -> dict[tuple[int, int], int]:
    """By caller and callee, and by NONE and function; recursion counts once."""
    found: dict[tuple[int, int], int] = defaultdict(int)
    for node, weight in tree.own_of_all().items():
        path = tree.path(node)
        for pair in {*pairwise(path), *((NONE, function) for function in path)}:
            found[pair] += weight
    return found


def check(made: Recording) -> Tree:
    tree = build(made)
    measured = {row.function: max(row.own, 0.0) * 1e9 for row in totals_of(made)}
    shown = own(tree)
    for function, nanoseconds in measured.items():
        assert shown[function] == pytest.approx(nanoseconds, abs=1.5, rel=1e-12)
    edges = {(call.caller, call.callee) for call in made.calls}
    for node, parent in enumerate(tree.parent):
        assert parent == NONE or (tree.function[parent], tree.function[node]) in edges
    assert all(weight >= 0 for weight in tree.own_of_all().values())
    again = build(made)
    assert (again.parent, again.function, again.own) == (tree.parent, tree.function, tree.own)
    return tree


seconds = st.one_of(st.just(0.0), st.floats(1e-8, 100.0))


@st.composite
def any_graphs(draw: st.DrawFn) -> Recording:
    """Nothing needs to fit: edges may lack, take too long or nothing at all, and go round."""
    count = draw(st.integers(1, 8))
    numbers = st.integers(0, count - 1)
    pairs = draw(
        st.lists(st.tuples(st.integers(NONE, count - 1), numbers), max_size=20, unique=True)
    )
    small = st.integers(0, 9)
    calls = [
        rows.Call(*pair, draw(small), draw(small), draw(seconds), draw(seconds)) for pair in pairs
    ]
    totals = [
        rows.Total(function, draw(small), draw(small), draw(seconds), draw(seconds))
        for function in draw(st.permutations(range(count)))
    ]
    return graph(count, totals, calls)


@given(made=any_graphs())
@settings(max_examples=400, deadline=None)
def test_whatever_calls_whatever_own_times_are_kept(made: Recording) -> None:
    check(made)


@st.composite
def stacks_that_ran(draw: st.DrawFn, cycles: bool) -> dict[tuple[int, ...], int]:
    """By stack its own time, in milliseconds."""
    count = draw(st.integers(2, 7))
    found: dict[tuple[int, ...], int] = {}
    for _ in range(draw(st.integers(1, 12))):
        path = draw(st.lists(st.integers(0, count - 1), min_size=1, max_size=7, unique=not cycles))
        path = path if cycles else sorted(path)
        for at in range(1, len(path) + 1):
            found.setdefault(tuple(path[:at]), draw(st.integers(0, 50)))
    return found


def measured(stacks: dict[tuple[int, ...], int]) -> Recording:
    """What cProfile would say if each stack was called once."""
    totals: dict[int, list[float]] = defaultdict(lambda: [0, 0, 0.0, 0.0])
    calls: dict[tuple[int, int], list[float]] = defaultdict(lambda: [0, 0, 0.0, 0.0])
    for path, ms in stacks.items():
        edges = [*pairwise(path)]
        called = [(totals, path[-1], path[:-1])] + (
            [(calls, edges[-1], edges[:-1])] if edges else []
        )
        for table, key, above in called:  # type: ignore[assignment]
            row = table[key]  # type: ignore[index]
            row[0] += 1
            row[1] += key not in above
            row[2] += ms / 1e3
        for function in set(path):
            totals[function][3] += ms / 1e3
        for edge in set(edges):
            calls[edge][3] += ms / 1e3
    return graph(
        max(totals) + 1,
        [rows.Total(key, *row) for key, row in totals.items()],  # type: ignore[arg-type]
        [rows.Call(*key, *row) for key, row in calls.items()],  # type: ignore[arg-type]
    )


@given(stacks=stacks_that_ran(cycles=True))
@settings(max_examples=200, deadline=None)
def test_recursion_of_any_form_keeps_own_times_by_caller_too(
    stacks: dict[tuple[int, ...], int],
) -> None:
    made = measured(stacks)
    tree = check(made)
    by_caller: Counter[tuple[int, int]] = Counter()
    for node, weight in tree.own_of_all().items():
        parent = tree.parent[node]
        by_caller[NONE if parent == NONE else tree.function[parent], tree.function[node]] += weight
    again = {call.callee for call in made.calls if call.caller == call.callee}  # they are one frame
    for call in made.calls:
        if call.callee in again:
            continue
        assert by_caller[call.caller, call.callee] == pytest.approx(call.own * 1e9, abs=len(tree))


@given(stacks=stacks_that_ran(cycles=False))
@settings(max_examples=200, deadline=None)
def test_without_a_cycle_times_with_all_below_are_the_measured(
    stacks: dict[tuple[int, ...], int],
) -> None:
    made = measured(stacks)
    shown = inclusive(check(made))
    for call in made.calls:
        assert shown[call.caller, call.callee] == pytest.approx(
            call.cumulative * 1e9, abs=len(stacks) + 50
        )
    for total in made.totals:
        assert shown[NONE, total.function] == pytest.approx(
            total.cumulative * 1e9, abs=len(stacks) + 50
        )


def test_time_below_mutual_recursion_stays_where_it_was_taken() -> None:
    """A dispatcher and a handler that calls it back, five deep; the leaf does the work."""
    visit, forth, back, work = range(4)
    stack: tuple[int, ...] = (visit,)
    stacks = {stack: 1}
    for _ in range(5):
        stacks[*stack, back], stacks[*stack, back, work] = 0, 60
        stacks[*stack, forth], stacks[*stack, forth, visit] = 1, 1
        stack += (forth, visit)
    tree = check(measured(stacks))
    assert own(tree)[work] == 300 * MS
    shown, whole = inclusive(tree), sum(stacks.values()) * MS
    assert shown[NONE, visit] == whole
    assert shown[NONE, forth] > 0.7 * whole  # measured: 246 ms of 311
    assert len(tree) < 40


def test_ways_into_a_cycle_have_their_parts() -> None:
    one, two, ping, pong = range(4)
    stacks = {(one,): 0, (two,): 0}
    for first, ms in ((one, 9), (two, 1)):
        stacks[first, ping], stacks[first, ping, pong], stacks[first, ping, pong, ping] = ms, ms, ms
    shown = inclusive(check(measured(stacks)))
    assert shown[NONE, one] == pytest.approx(27 * MS, abs=5) and shown[NONE, two] == pytest.approx(
        3 * MS, abs=5
    )


def test_a_big_program_is_quick_and_its_stacks_are_few() -> None:
    count = 3000
    state = 12345
    calls, into = {}, defaultdict(float)
    for at in range(5 * count):
        state = (1103515245 * state + 12345) % 2**31
        caller = at % count
        callee = min(count - 1, caller + state % 50) if at % 9 else state % count
        calls[caller, callee] = rows.Call(caller, callee, 3, 1 + at % 3, 1e-3, 0.1 + state % 7)
        into[callee] += 1
    kept = list(calls.values())
    owns = Counter[int]()
    for call in kept:
        owns[call.callee] += call.calls
    totals = [
        rows.Total(at, owns[at] + (at == 0), 1, 1e-3 * owns[at] / 3, 10.0) for at in range(count)
    ]
    made = graph(count, totals, kept)
    begun = time.process_time()
    tree = build(made)
    assert time.process_time() - begun < 5  # mostly 0.5; other processes may slow it
    assert len(tree) <= 20_000 + len(kept)
    check(made)


PROGRAM = """
def work(n):
    t = 0
    for i in range(n): t += i
def visit(node, d):
    for c in node: handlers[c[0]](c, d + 1)
def a(node, d): visit(node[1], d)
def b(node, d): work(3000)
handlers = {'a': a, 'b': b}
def tree(d): return [('a', tree(d - 1)) for _ in range(3)] + [('b', [])] if d else [('b', [])]
visit(tree(4), 0)
"""


@pytest.mark.parametrize("profiler", ["hone", "cProfile"])
def test_a_program_that_recurses_through_a_table(profiler: str, tmp_path: Path) -> None:
    script = tmp_path / "a.py"
    script.write_text(PROGRAM)
    if profiler == "hone":
        with Profile() as profile:
            runpy.run_path(str(script))
        made = recorded(profile, Meta())
    else:
        theirs = cProfile.Profile()
        theirs.runcall(runpy.run_path, str(script))
        theirs.dump_stats(tmp_path / "it")
        made = open_any(tmp_path / "it")
    tree = check(made)
    numbers = {function.name: at for at, function in enumerate(made.functions)}
    sums = summarise(made)
    own_of_work = own(tree)[numbers["work"]]
    assert own_of_work == pytest.approx(sums.functions[numbers["work"]].own * 1e9, abs=2)
    assert own_of_work > 0.5 * sum(tree.own_of_all().values())
