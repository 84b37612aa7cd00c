# SPDX-License-Identifier: Apache-2.0
"""Names for places in programs and libraries: from the symbol tables of their files (ELF: System V ABI,
chapter 4, "Symbol Table"), or of the debugging files that distributions install beside them.

Who calls it need not be the process that was sampled: the files are read, nothing is loaded.
"""

from __future__ import annotations

import mmap
import os
import re
import struct
from bisect import bisect_right
from collections.abc import Callable, Iterator
from functools import cache
from typing import NamedTuple, TypeVar

Found = TypeVar("Found")

_HEAD = struct.Struct("<16sHHIQQQIHHHHHH")
_SECTION = struct.Struct("<IIQQQQIIQQ")
_SYMBOL = struct.Struct("<IBBHQQ")
_NOTE = struct.Struct("<III")
_TABLES = (2, 11)  # SHT_SYMTAB, SHT_DYNSYM
_NOTES = 7  # SHT_NOTE
_BUILD_ID = 3  # NT_GNU_BUILD_ID
_FUNCTIONS = (2, 10)  # STT_FUNC, STT_GNU_IFUNC
_DEBUG = "/usr/lib/debug/.build-id"
# What GCC and LLVM append to a function's name when they split or copy it.
_PARTS = re.compile(r"(?:\.(?:cold|isra|constprop|part|lto_priv|llvm|localalias)(?:\.\d+)*)+$")


class Symbol(NamedTuple):
    begin: int
    size: int  # 0: the table does not say
    name: str


class Object:
    """A program or library by its path. It may be gone or another one by now: then it has no symbols."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.title = os.path.basename(path) or "?"
        self.symbols = sorted(_symbols(path), key=_rank)
        self._begins = [symbol.begin for symbol in self.symbols]

    def name(self, address: int, function: int) -> str:
        """Of the function at ADDRESS, which begins at FUNCTION as far as is known; "" if it has none."""
        at = bisect_right(self._begins, address) - 1
        if at >= 0:
            begin, size, name = self.symbols[at]
            if address < begin + size or (not size and begin >= function):
                return readable(name)
        return ""


def _rank(symbol: Symbol) -> tuple[int, int, str]:
    """The last of several names for one address is taken: one with a size, without underscores, short."""
    plain = -len(symbol.name) - 100 * symbol.name.startswith("_")
    return symbol.begin, plain if symbol.size else -1000, symbol.name


@cache
def readable(name: str) -> str:
    """As the source has it: without a version and the compiler's parts, C++ names spelt out."""
    name = _PARTS.sub("", name.partition("@")[0])
    if not name.startswith("_Z"):
        return name
    from hone import _core

    return _core.demangle(name)


def _symbols(path: str) -> Iterator[Symbol]:
    for file in (path, *_beside(path)):
        yield from _read(file, _tables)


def _beside(path: str) -> Iterator[str]:
    """The file that has what was stripped from PATH, by its build id."""
    for identity in _read(path, _build_ids):
        yield f"{_DEBUG}/{identity[:2]}/{identity[2:]}.debug"


def _read(path: str, part: Callable[[mmap.mmap], Iterator[Found]]) -> list[Found]:
    try:
        with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as data:
            if data[:6] == b"\x7fELF\x02\x01":  # 64 bits, little endian
                return list(part(data))
    except (OSError, ValueError, struct.error, UnicodeDecodeError):
        pass  # no file, an empty one, a damaged one
    return []


def _sections(data: mmap.mmap) -> list[tuple[int, ...]]:
    head = _HEAD.unpack_from(data)
    at, size, count = head[6], head[11], head[12]
    return [_SECTION.unpack_from(data, at + number * size) for number in range(count)]


def _tables(data: mmap.mmap) -> Iterator[Symbol]:
    sections = _sections(data)
    for _, kind, _, _, offset, size, link, *_ in sections:
        if kind not in _TABLES:
            continue
        texts = data[sections[link][4] : sections[link][4] + sections[link][5]]
        whole = size - size % _SYMBOL.size
        for name, info, _, section, value, length in _SYMBOL.iter_unpack(
            data[offset : offset + whole]
        ):
            if info & 15 in _FUNCTIONS and section and value:
                yield Symbol(value, length, texts[name : texts.index(b"\0", name)].decode())


def _build_ids(data: mmap.mmap) -> Iterator[str]:
    for _, kind, _, _, offset, size, *_ in _sections(data):
        if kind != _NOTES or size < _NOTE.size:
            continue
        name, length, note = _NOTE.unpack_from(data, offset)
        if note == _BUILD_ID and data[offset + _NOTE.size : offset + _NOTE.size + 4] == b"GNU\0":
            start = offset + _NOTE.size + name
            yield data[start : start + length].hex()
