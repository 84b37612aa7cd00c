# SPDX-License-Identifier: Apache-2.0
"""Recordings for tests: any at all, by hypothesis, and one whose every number is known."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from hone.recording import Meta, Recording, Slowdown, rows, tables

_NUMBERS: dict[str, st.SearchStrategy[Any]] = {
    "s": st.text(max_size=8),
    "B": st.integers(0, 255),
    "I": st.integers(0, 2**32 - 1),
    "i": st.integers(-(2**31), 2**31 - 1),
    # Columns that rise are stored as signed differences: times end in the year 2262.
    "Q": st.integers(0, 2**63 - 1),
    "d": st.floats(-1e15, 1e15),
}


@st.composite
def recordings(draw: st.DrawFn) -> Recording:
    made = Recording(meta=draw(metas()))
    for table in tables.by_tag().values():
        content = getattr(made, tables.NAMES[table.tag])
        for _ in range(draw(st.integers(0, 4))):
            row = _row(draw, made, table, len(content))
            if row is None:
                break
            if isinstance(row, rows.Stack):
                content.append(*row)
            elif isinstance(row, (rows.Sample, rows.Event)):
                content.extend([row])
            else:
                content.append(row)
    return made


def _row(draw: st.DrawFn, made: Recording, table: tables.Table, at: int) -> Any:
    values = []
    for column in table.columns:
        if column.refers is None:
            values.append(draw(_NUMBERS[column.code]))
            continue
        known = (
            at if column.refers == table.tag else len(getattr(made, tables.NAMES[column.refers]))
        )
        if not known and not column.open:
            return None
        values.append(draw(st.integers(rows.NONE if column.open else 0, known - 1)))
    return table.row(*values)


@st.composite
def metas(draw: st.DrawFn) -> Meta:
    text = st.text(max_size=8)
    seconds = st.floats(0, 1e12)
    return Meta(
        program=draw(text),
        argv=draw(st.lists(text, max_size=3)),
        pid=draw(st.integers(0, 2**31)),
        wall_seconds=draw(seconds),
        slowdown=draw(st.none() | st.builds(Slowdown, seconds, seconds, seconds)),
        values=draw(st.dictionaries(text, st.lists(seconds, max_size=2), max_size=2)),
        remarks=draw(st.lists(text, max_size=2)),
    )


def content(recording: Recording) -> dict[str, Any]:
    """All that a recording holds, to be compared."""
    found = {name: list(getattr(recording, name)) for name in tables.NAMES.values()}
    return {"meta": recording.meta, **found}


def known() -> Recording:
    """Two threads, recursion, a builtin, names that are awkward, memory, events; all sums are round."""
    made = Recording(meta=Meta(program="a.py", argv=["a.py", "--fast"], pid=7, wall_seconds=1.0))
    made.meta.slowdown = Slowdown(1.04, 1.01, 1.08)
    main, work, len_, odd = (
        made.functions.add(function)
        for function in (
            rows.Function("/src/a.py", 1, "main", "a"),
            rows.Function("/src/a.py", 5, "Model.work", "a"),
            rows.Function("~", 0, "<built-in method builtins.len>", "", rows.Kind.BUILTIN),
            rows.Function("/src/b c.py", 9, 'odd;name "x" <&> 7', "b"),
        )
    )
    made.compiled.append(rows.Compiled(work, "typed", 3, 0.02))
    one, two = (
        made.threads.add(rows.Thread(11, "MainThread")),
        made.threads.add(rows.Thread(12, "io")),
    )
    tree = made.stacks
    outer = tree.add(rows.NONE, main, 2)
    inner = tree.add(outer, work, 6)
    deeper = tree.add(inner, work, 7)
    built = tree.add(deeper, len_)
    other = tree.add(rows.NONE, odd, 10)
    ms = 1_000_000
    # Of the main thread 100 ms: main 20, work 30 (10 of them deeper), len 50. Of the other: odd 60.
    plan = [outer] * 2 + [inner] * 2 + [deeper] + [built] * 5
    made.samples.extend(
        rows.Sample(one, stack, at * 10 * ms, 10 * ms, 5) for at, stack in enumerate(plan)
    )
    made.samples.extend(rows.Sample(two, other, at * 20 * ms, 20 * ms, 2) for at in range(3))
    made.events.extend(
        [
            rows.Event(one, "gc", 5 * ms, 15 * ms, "generation 2"),
            rows.Event(one, "gc", 10 * ms, 30 * ms, "overlaps"),
            rows.Event(two, "io", 0, 50 * ms, "read <data>"),
        ]
    )
    made.allocations += [
        rows.Allocation(inner, 3000, 3, 2000, 1000, 500, 100, rows.Domain.PYTHON, 1),
        rows.Allocation(outer, 1000, 1, 1000, 0, 0, 0, rows.Domain.NATIVE),
    ]
    made.sources.append(
        rows.Source("/src/a.py", "def main():\n    work()\n\n\ndef work():\n    x\n    y\n")
    )
    return made


def known_calls() -> Recording:
    """The same as counted calls and times of lines."""
    made = known()
    made.samples = Recording().samples
    made.stacks = Recording().stacks
    made.allocations.clear()
    main, work, len_, odd = range(4)
    made.totals += [
        rows.Total(main, 1, 1, 0.02, 0.1),
        rows.Total(work, 9, 3, 0.03, 0.08),
        rows.Total(len_, 50, 50, 0.05, 0.05),
        rows.Total(odd, 1, 1, 0.06, 0.06),
    ]
    made.calls += [
        rows.Call(rows.NONE, main, 1, 1, 0.02, 0.1),
        rows.Call(main, work, 3, 3, 0.02, 0.08),
        rows.Call(work, work, 6, 0, 0.01, 0.06),
        rows.Call(work, len_, 50, 50, 0.05, 0.05),
    ]
    made.lines += [rows.LineTime(work, 6, 9, 0.05), rows.LineTime(work, 7, 9, 0.03)]
    return made
