# SPDX-License-Identifier: Apache-2.0
"""Reading a recording. Whatever the bytes are, the answer is a Recording, perhaps with a note that says
up to where it is good, or a RecordingError."""

from __future__ import annotations

import os
import struct
from array import array
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, BinaryIO

from hone.recording import chunks, columns, meta, tables
from hone.recording.columns import Damage
from hone.recording.errors import RecordingError
from hone.recording.model import Blocks, Recording, Stacks
from hone.recording.rows import NONE

_TABLE = struct.Struct("<IH")


def load(path: str | os.PathLike[str]) -> Recording:
    """The recording at PATH. Raises RecordingError if there is none, or nothing of it is readable."""
    name = os.fspath(path)
    try:
        with open(name, "rb") as file:
            return read(file, name)
    except (OSError, ValueError) as error:
        why = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise RecordingError(f"{name} can't be read: {why}") from None


def read(file: BinaryIO, name: str) -> Recording:
    """The same from an open file."""
    chunks.check_head(file, name)
    found = Recording(name=name)
    ended = False
    read_chunks = 0
    why = "its program ended before it was closed"
    try:
        for chunk in chunks.read(file):
            ended = chunk.tag == chunks.END
            _take(found, chunk)
            read_chunks += 1
    except Damage as damage:
        why = str(damage)
        ended = False
    if not read_chunks:
        raise RecordingError(f"{name} holds nothing that can be read: {why}")
    if not ended:
        found.notes.append(
            f"{name} is not complete ({why}); shown is what was recorded up to there"
        )
    elif file.read(1):
        found.notes.append(f"{name} goes on after its end; that is left out")
    return found


def _take(found: Recording, chunk: chunks.Chunk) -> None:
    if chunk.tag == chunks.META:
        meta.amend(found.meta, chunk.unpacked())
        return
    table = tables.by_tag().get(chunk.tag)
    if table is None:
        return  # of a newer minor version, or END
    content = getattr(found, tables.NAMES[table.tag])
    # Of long tables those columns that rise are left for now: to sum them up is most of the work, the
    # checksum has vouched for them, and a report may not need them.
    later = isinstance(content, Blocks)
    checked = [column for column in table.columns if not (later and column.rising)]
    count, values = _columns(table, chunk, checked)
    _check_references(found, table, count, values)
    if isinstance(content, Stacks):
        content.parent.extend(values["parent"])
        content.function.extend(values["function"])
        content.line.extend(values["line"])
    elif isinstance(content, Blocks):
        if count:
            content.append(count, partial(_unpack, table, chunk, found.name))
    else:
        content.extend(map(table.row, *values.values()))


def _unpack(
    table: tables.Table, chunk: chunks.Chunk, file: str, names: Sequence[str]
) -> dict[str, Sequence[Any]]:
    try:
        return _columns(table, chunk, [c for c in table.columns if c.name in names])[1]
    except Damage as damage:  # only a column that was left for now when the file was read
        raise RecordingError(f"{file} is damaged: {damage}") from None


def _columns(
    table: tables.Table, chunk: chunks.Chunk, wanted: Sequence[tables.Column]
) -> tuple[int, dict[str, Sequence[Any]]]:
    """The rows' number and some columns."""
    data = memoryview(chunk.unpacked())
    if len(data) < _TABLE.size:
        raise Damage("a chunk is too short")
    rows, number = _TABLE.unpack_from(data)
    if rows > columns.MOST_ROWS:
        raise Damage("a chunk has too many rows")
    at = _TABLE.size
    given: dict[str, tuple[str, Callable[[], Sequence[Any]]]] = {}
    for _ in range(number):
        name_end = at + 1 + (data[at] if at < len(data) else 0)
        name = bytes(data[at + 1 : name_end]).decode("latin-1")
        code, values, at = columns.decode(data, name_end, rows)
        given[name] = code, values
    return rows, {column.name: _of(column, given, rows) for column in wanted}


def _of(
    column: tables.Column, given: dict[str, tuple[str, Callable[[], Sequence[Any]]]], rows: int
) -> Sequence[Any]:
    if column.name not in given:
        if column.default is None:
            raise Damage(f"a chunk lacks the column {column.name}")
        return columns.Same(column.default, rows)
    code, values = given[column.name]
    if code == column.code:
        return values()
    try:
        return array(column.code, values())  # another size of number
    except (OverflowError, TypeError):
        raise Damage(f"the column {column.name} holds something else") from None


def _check_references(
    found: Recording, table: tables.Table, rows: int, values: dict[str, Sequence[Any]]
) -> None:
    for column in table.columns:
        if column.refers is None or not rows:
            continue
        known = len(getattr(found, tables.NAMES[column.refers]))
        numbers = values[column.name]
        least, most = columns.ends(numbers)
        if column.refers == table.tag:
            # A parent stands before its row, also within one chunk: no path ever turns in a circle.
            wrong = any(number >= known + at for at, number in enumerate(numbers))
        else:
            wrong = most >= known
        if wrong or least < (NONE if column.open else 0):
            raise Damage(f"a row of {tables.NAMES[table.tag]} refers to one that is not there")
