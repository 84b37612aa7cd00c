# SPDX-License-Identifier: Apache-2.0
"""Columns as bytes. A number's column is an array of the module `array`, little endian; text is stored
once for each different one.

All that can be wrong with bytes ends in a Damage, whatever they are: a length that does not fit, a
code that does not exist, an index that leads nowhere.
"""

from __future__ import annotations

import struct
import sys
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import accumulate, pairwise, repeat
from typing import TYPE_CHECKING, Any

from hone.recording.errors import RecordingError

PLAIN, CONSTANT, DELTAS = range(3)  # how a column is encoded
CODES = frozenset("BIQiqd")
MOST_SECONDS = 1e15  # thirty million years: sums and nanoseconds stay finite
MOST_ROWS = 1 << 20  # of one chunk: what a reader has to have in memory at once
_HEAD = struct.Struct("<cBI")  # code, encoding, bytes that follow
_WORD = struct.Struct("<I")
Values = Sequence[int] | Sequence[float] | Sequence[str]


class Damage(RecordingError):
    """Bytes that no writer of this format made; the text says what is wrong with them."""


if TYPE_CHECKING:
    _Sequence = Sequence[Any]
else:
    _Sequence = object


class Same(_Sequence):
    """A column whose rows are all the same.

    Not of the class Sequence but as one: in a program that is profiled, checking for that class would take
    a call more.
    """

    def __init__(self, value: Any, rows: int) -> None:
        self.value = value
        self.rows = rows

    def __len__(self) -> int:
        return self.rows

    def __iter__(self) -> Iterator[Any]:
        return repeat(self.value, self.rows)

    def __getitem__(self, at: Any) -> Any:
        if isinstance(at, slice):
            return Same(self.value, len(range(self.rows)[at]))
        range(self.rows)[at]
        return self.value


def ends(values: Sequence[Any]) -> tuple[Any, Any]:
    """The least and the largest of values, of which there are some."""
    return (values.value, values.value) if isinstance(values, Same) else (min(values), max(values))


def encode(code: str, values: Values, rising: bool = False) -> bytes:
    """One column. Raises OverflowError, TypeError or ValueError for values that its code can't hold."""
    if code == "s":
        return _text(values)  # type: ignore[arg-type]
    given = isinstance(values, array) and values.typecode == code
    column: array[Any] = values if given else array(code, values)  # type: ignore[assignment]
    if code == "d" and not _sane(column):
        raise ValueError("seconds are finite, and not that many")
    if len(column) and min(column) == max(column):
        return _column(code, CONSTANT, column[:1])
    if rising and len(column):
        steps = array("q", (after - before for before, after in pairwise(column)))
        return _column(code, DELTAS, steps, _little(column[:1]))
    return _column(code, PLAIN, column)


def decode(buffer: memoryview, at: int, rows: int) -> tuple[str, Callable[[], Sequence[Any]], int]:
    """A column's code, what gives its values, and where the next one begins."""
    if at + _HEAD.size > len(buffer):
        raise Damage("a chunk ends in the middle of a column")
    letter, encoding, size = _HEAD.unpack_from(buffer, at)
    at += _HEAD.size
    end = at + size
    if end > len(buffer):
        raise Damage("a column is longer than its chunk")
    data = buffer[at:end]
    code = letter.decode("latin-1")
    if code == "s":
        return code, partial(_texts, data, rows), end
    if code not in CODES:
        raise Damage(f"a column has the unknown code {letter!r}")
    return code, partial(_numbers, code, encoding, data, rows), end


def _column(code: str, encoding: int, values: array[Any], before: bytes = b"") -> bytes:
    data = before + _little(values)
    return _HEAD.pack(code.encode(), encoding, len(data)) + data


def _sane(seconds: Sequence[float]) -> bool:
    return all(-MOST_SECONDS <= value <= MOST_SECONDS for value in seconds)


def _little(values: array[Any]) -> bytes:
    if sys.byteorder == "big":
        values = values[:]
        values.byteswap()
    return values.tobytes()


def _array(code: str, data: memoryview) -> array[Any]:
    values: array[Any] = array(code)
    if len(data) % values.itemsize:
        raise Damage("a column's length is no multiple of its numbers' size")
    values.frombytes(data)
    if sys.byteorder == "big":
        values.byteswap()
    return values


def _numbers(code: str, encoding: int, data: memoryview, rows: int) -> Sequence[Any]:
    values: Sequence[Any]
    if encoding == PLAIN:
        values = _array(code, data)
    elif encoding == CONSTANT:
        one = _array(code, data)
        values = Same(one[0], rows) if len(one) == 1 else one
    elif encoding == DELTAS and code != "d":
        values = _summed(code, data)
    else:
        raise Damage(f"a column has the unknown encoding {encoding}")
    if len(values) != rows:
        raise Damage(f"a column has {len(values)} of {rows} rows")
    if code == "d" and not _sane(values):
        raise Damage("its seconds are impossible")
    return values


def _summed(code: str, data: memoryview) -> array[int]:
    size = array(code).itemsize
    first = _array(code, data[:size])
    steps = _array("q", data[size:])
    try:
        return array(code, accumulate(steps, initial=first[0]))
    except (OverflowError, IndexError):
        raise Damage("a column leaves its range") from None


def _text(values: Iterable[str]) -> bytes:
    known: dict[str, int] = {}
    indices = array("I", (known.setdefault(value, len(known)) for value in values))
    # A name may hold half a surrogate pair, a path bytes that are no UTF-8: both come back as they were.
    texts = [text.encode("utf-8", "surrogatepass") for text in known]
    lengths = array("I", map(len, texts))
    data = b"".join((_WORD.pack(len(texts)), _little(lengths), *texts, _little(indices)))
    return _HEAD.pack(b"s", PLAIN, len(data)) + data


def _texts(data: memoryview, rows: int) -> list[str]:
    count: int = _WORD.unpack_from(data)[0] if len(data) >= _WORD.size else 0
    start = _WORD.size + 4 * count
    if start > len(data):
        raise Damage("a column of text is too short")
    ends = list(accumulate(_array("I", data[_WORD.size : start]), initial=start))
    indices = _array("I", data[ends[-1] :])
    if len(indices) != rows or ends[-1] > len(data) or (rows and max(indices) >= count):
        raise Damage("a column of text does not fit its rows")
    texts = [_decoded(data[begin:end]) for begin, end in pairwise(ends)]
    return [texts[index] for index in indices]


def _decoded(data: memoryview) -> str:
    try:
        return str(data, "utf-8", "surrogatepass")
    except UnicodeDecodeError:
        raise Damage("a text is no UTF-8") from None
