# SPDX-License-Identifier: Apache-2.0
"""The tables of a file: a tag of four letters, the name in a Recording, the class of the rows. All else
is derived from the rows' fields."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple, get_args, get_origin, get_type_hints

from hone.recording import rows

# In the file's order: rows refer to tables above their own.
TAGS: dict[bytes, tuple[str, type[tuple[Any, ...]]]] = {
    b"FUNC": ("functions", rows.Function),
    b"COMP": ("compiled", rows.Compiled),
    b"TOTL": ("totals", rows.Total),
    b"CALL": ("calls", rows.Call),
    b"LINE": ("lines", rows.LineTime),
    b"THRD": ("threads", rows.Thread),
    b"STAK": ("stacks", rows.Stack),
    b"SAMP": ("samples", rows.Sample),
    b"ALOC": ("allocations", rows.Allocation),
    b"FOOT": ("footprints", rows.Footprint),
    b"EVNT": ("events", rows.Event),
    b"SRCE": ("sources", rows.Source),
}
NAMES = {tag: name for tag, (name, _) in TAGS.items()}  # in a Recording
# References that may be NONE; all others must be there.
OPEN = {(b"CALL", "caller"), (b"STAK", "parent"), (b"SAMP", "stack"), (b"SAMP", "thread"),
        (b"EVNT", "thread"), (b"ALOC", "stack")}  # fmt: skip
# Columns that grow slowly: their differences pack better than they do.
RISING = {(b"SAMP", "time"), (b"FOOT", "time"), (b"EVNT", "start"), (b"EVNT", "end")}


class Column(NamedTuple):
    name: str
    code: str  # of the module `array`, or "s"
    default: Any  # for a file without the column; None: it must be there
    refers: bytes | None  # the tag of the table whose rows it numbers
    open: bool
    rising: bool


@dataclass(frozen=True)
class Table:
    tag: bytes
    row: type[tuple[Any, ...]]
    columns: tuple[Column, ...]


@cache
def by_tag() -> dict[bytes, Table]:
    return {tag: Table(tag, row, _columns(tag, row)) for tag, (_, row) in TAGS.items()}


@cache
def of(row: type[tuple[Any, ...]]) -> Table:
    """The table of a class of rows."""
    return next(table for table in by_tag().values() if table.row is row)


_TAG_OF = {name: tag for tag, name in NAMES.items()}


def _columns(tag: bytes, row: Any) -> tuple[Column, ...]:
    hints = get_type_hints(row, include_extras=True)
    return tuple(_column(tag, name, hints[name], row._field_defaults) for name in row._fields)


def _column(tag: bytes, name: str, hint: Any, defaults: dict[str, Any]) -> Column:
    if get_origin(hint) is None and not hasattr(hint, "__metadata__"):
        raise TypeError(f"{tag.decode()}.{name} does not say how it is stored")
    code, *refers = get_args(hint)[1:]
    return Column(
        name,
        code,
        defaults.get(name),
        _TAG_OF[refers[0]] if refers else None,
        (tag, name) in OPEN,
        (tag, name) in RISING,
    )
