# SPDX-License-Identifier: Apache-2.0
"""The part of `marshal` that a pstats file needs: dicts, tuples, texts, numbers, references.

`marshal` itself trusts its input: damaged bytes make it allocate gigabytes or build code objects.
The codes are those of CPython's Python/marshal.c, format versions 2 to 5.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

_REFERENCE = 0x80  # a flag on a code: the object gets the next number
_LONG = struct.Struct("<i")
_FLOAT = struct.Struct("<d")
_MOST_DEPTH = 20


class Unmarshalled(Exception):
    """What is wrong with the bytes."""


class Reader:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0
        self.known: list[Any] = []
        self.depth = 0

    def value(self) -> Any:
        code = self._byte()
        kind = chr(code & ~_REFERENCE)
        read = _KINDS.get(kind)
        if read is None:
            raise Unmarshalled(f"it holds something of the kind {kind!r}, which pstats files don't")
        slot = -1
        if code & _REFERENCE:
            slot = len(self.known)
            self.known.append(None)
        self.depth += 1
        if self.depth > _MOST_DEPTH:
            raise Unmarshalled("it is nested too deeply")
        found = read(self)
        self.depth -= 1
        if slot >= 0:
            self.known[slot] = found
        return found

    def _byte(self) -> int:
        return self._take(1)[0]

    def _take(self, size: int) -> bytes:
        end = self.at + size
        if size < 0 or end > len(self.data):
            raise Unmarshalled("it is cut off")
        taken = self.data[self.at : end]
        self.at = end
        return taken

    def _int(self) -> int:
        return int(_LONG.unpack(self._take(4))[0])

    def _long(self) -> int:
        """Digits of 15 bits, the sign in their number."""
        size = self._int()
        digits = struct.unpack(f"<{abs(size)}H", self._take(2 * abs(size)))
        value = sum(int(digit) << 15 * at for at, digit in enumerate(digits))
        return -value if size < 0 else value

    def _float(self) -> float:
        return float(_FLOAT.unpack(self._take(8))[0])

    def _text(self, size: int, coding: str) -> str:
        try:
            return self._take(size).decode(coding, "surrogatepass")
        except UnicodeDecodeError:
            raise Unmarshalled("a text in it is none") from None

    def _tuple(self, size: int) -> tuple[Any, ...]:
        if size < 0 or size > len(self.data) - self.at:
            raise Unmarshalled("it is cut off")
        return tuple([self.value() for _ in range(size)])

    def _dict(self) -> dict[Any, Any]:
        found = {}
        while self.at < len(self.data) and self.data[self.at] != ord("0"):
            key = self.value()
            try:
                found[key] = self.value()
            except TypeError:
                raise Unmarshalled("a key of it is no key") from None
        self._byte()
        return found

    def _known(self) -> Any:
        number = self._int()
        if not 0 <= number < len(self.known):
            raise Unmarshalled("it refers to something that is not there")
        return self.known[number]


_KINDS: dict[str, Callable[[Reader], Any]] = {
    "N": lambda it: None,
    "T": lambda it: True,
    "F": lambda it: False,
    "i": Reader._int,
    "l": Reader._long,
    "g": Reader._float,
    "r": Reader._known,
    "(": lambda it: it._tuple(it._int()),
    ")": lambda it: it._tuple(it._byte()),
    "{": Reader._dict,
    "u": lambda it: it._text(it._int(), "utf-8"),
    "t": lambda it: it._text(it._int(), "utf-8"),
    "a": lambda it: it._text(it._int(), "latin-1"),
    "A": lambda it: it._text(it._int(), "latin-1"),
    "z": lambda it: it._text(it._byte(), "latin-1"),
    "Z": lambda it: it._text(it._byte(), "latin-1"),
}


def loads(data: bytes) -> Any:
    """The one value in DATA. Raises Unmarshalled."""
    return Reader(data).value()
