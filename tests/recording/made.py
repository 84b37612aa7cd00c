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
    "d": st.floats(allow_nan=False, allow_infinity=False),
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
