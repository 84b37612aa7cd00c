# SPDX-License-Identifier: Apache-2.0
"""Writing a recording: chunk by chunk while a program runs, or all of it at once with `save`."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from types import TracebackType
from typing import Any, TypeVar

from hone import files
from hone.recording import chunks, columns, meta, tables
from hone.recording.errors import RecordingError, Unwritable
from hone.recording.model import Recording

Row = TypeVar("Row", bound=tuple[Any, ...])
_TABLE = struct.Struct("<IH")
_ROWS_AT_ONCE = 1 << 17


class Writer:
    """A file that grows by chunks. Each is complete on the disk's side of the kernel when the method
    returns: what a killed program wrote so far is readable.

    Threads: one at a time; the caller has a lock if it needs one. A forked child's calls do nothing:
    the file is its parent's. Errors of the system become a RecordingError.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = os.fspath(path)
        self._pid = os.getpid()
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
            self._file = os.open(self.path, flags, 0o666)
        except (OSError, ValueError) as error:
            raise _unwritable(self.path, error) from None
        try:
            self._write(chunks.head())
        except RecordingError:
            self.discard()
            raise

    def meta(self, facts: meta.Meta) -> None:
        """What is known so far; said again, it amends."""
        self._write(chunks.framed(chunks.META, meta.to_json(facts)))

    def rows(self, row: type[Row], added: Iterable[Row]) -> None:
        """Rows of one kind, as `writer.rows(Function, [Function("a.py", 1, "f")])`."""
        names = tuple(column.name for column in tables.of(row).columns)
        source = iter(added)
        while block := list(islice(source, _ROWS_AT_ONCE)):
            self.columns(row, dict(zip(names, zip(*block, strict=True), strict=True)))

    def columns(self, row: type[Row], values: Mapping[str, Sequence[Any]]) -> None:
        """The same rows as columns, which may be arrays: one chunk, at most columns.MOST_ROWS long.
        Columns with a default may be left out. Raises ValueError for values that the row can't have."""
        table = tables.of(row)
        count = len(next(iter(values.values())))
        if any(len(column) != count for column in values.values()) or count > columns.MOST_ROWS:
            raise ValueError("columns are of one length, and not too long")
        given = [column for column in table.columns if column.name in values]
        missing = [c.name for c in table.columns if c not in given and c.default is None]
        if missing or len(given) != len(values):
            raise ValueError(f"{row.__name__} has the columns {', '.join(row._fields)}")  # type: ignore[attr-defined]
        parts = [_TABLE.pack(count, len(given))]
        for column in given:
            name = column.name.encode()
            parts += [bytes([len(name)]), name, _encoded(column, values[column.name])]
        self._write(chunks.framed(table.tag, b"".join(parts)))

    def close(self) -> None:
        """Say that nothing was cut off; may be called twice."""
        if self._file >= 0:
            file = self._file
            try:
                self._write(chunks.framed(chunks.END, b""))
            finally:
                self._file = -1
                os.close(file)

    def discard(self) -> None:
        """It won't be finished: leave no file."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
        files.discard(self.path)

    def __enter__(self) -> Writer:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _write(self, data: bytes) -> None:
        if os.getpid() != self._pid:
            return
        if self._file < 0:
            raise RecordingError(f"{self.path} is closed")
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[os.write(self._file, rest) :]
        except OSError as error:
            raise _unwritable(self.path, error) from None


def save(recording: Recording, path: str | os.PathLike[str]) -> None:
    """The whole of RECORDING, or no file. Raises RecordingError if PATH can't be written."""
    out = Writer(path)
    try:
        out.meta(recording.meta)
        for table in tables.by_tag().values():
            content = getattr(recording, tables.NAMES[table.tag])
            out.rows(table.row, content)
        out.close()
    except BaseException:
        out.discard()
        raise


def _encoded(column: tables.Column, values: Sequence[Any]) -> bytes:
    try:
        return columns.encode(column.code, values, column.rising)
    except (OverflowError, TypeError, ValueError, AttributeError) as error:
        raise ValueError(f"{column.name} can't be recorded: {error}") from None


def _unwritable(path: str, error: OSError | ValueError) -> Unwritable:
    why = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return Unwritable(f"{path} can't be written: {why}")
