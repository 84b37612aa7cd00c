# SPDX-License-Identifier: Apache-2.0
"""The frame of the file: a head, then chunks, each with its lengths and a checksum over all of it.

    head   magic[8]  u16 major  u16 minor  u32 0
    chunk  tag[4]  u8 packing  u8[3] 0  u32 stored  u32 raw  u32 crc32  data[stored]

A chunk is written by one system call, so a program that is killed leaves whole chunks and at most
one broken at the end. What is read up to there is good: rows refer only to rows before them.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from hone.recording.columns import Damage
from hone.recording.errors import RecordingError

# As PNG's: a byte that is no ASCII, and line ends that a transfer as text would change.
MAGIC = b"\x93HONE\r\n\x1a"
MAJOR, MINOR = 1, 0
META, END = b"META", b"END "
STORED, ZLIB = 0, 1
MOST_RAW = 64 << 20  # a chunk of more is none of ours: a reader need not believe in it
_FILE = struct.Struct("<8sHHI")
_CHUNK = struct.Struct("<4sBxxxII")
_CRC = struct.Struct("<I")
_WORTH_PACKING = 256


class Chunk(NamedTuple):
    tag: bytes
    packing: int
    raw: int  # its size when unpacked
    data: bytes

    def unpacked(self) -> bytes:
        if self.packing == STORED:
            return self.data
        if self.packing != ZLIB:
            raise Damage(f"a chunk is packed in the unknown way {self.packing}")
        worker = zlib.decompressobj()
        try:
            # One byte more than promised is enough to see that a chunk unpacks to something else.
            data = worker.decompress(self.data, self.raw + 1)
        except zlib.error:
            raise Damage("a chunk can't be unpacked") from None
        if len(data) != self.raw or not worker.eof:
            raise Damage("a chunk unpacks to another length than it says")
        return data


def head() -> bytes:
    return _FILE.pack(MAGIC, MAJOR, MINOR, 0)


def framed(tag: bytes, data: bytes) -> bytes:
    """A chunk, packed if that is worth it. Raises ValueError above MOST_RAW."""
    if len(data) > MOST_RAW:
        raise ValueError(f"a chunk of {len(data)} bytes is too long for the format")
    packed = zlib.compress(data, 1) if len(data) >= _WORTH_PACKING else data
    packing = ZLIB if len(packed) < len(data) else STORED
    stored = packed if packing == ZLIB else data
    front = _CHUNK.pack(tag, packing, len(stored), len(data))
    crc = zlib.crc32(stored, zlib.crc32(front))
    return front + _CRC.pack(crc) + stored


def check_head(file: BinaryIO, name: str) -> None:
    """Raises RecordingError unless FILE begins as a recording that this version reads."""
    data = file.read(_FILE.size)
    if not data:
        raise RecordingError(f"{name} is empty")
    if data[: len(MAGIC)] != MAGIC:
        if MAGIC.startswith(data):
            raise RecordingError(f"{name} ends before anything was recorded")
        if data[1:5] == MAGIC[1:5]:
            raise RecordingError(f"{name} was changed on its way, as a transfer as text does")
        raise RecordingError(f"{name} is no recording of hone")
    if len(data) < _FILE.size:
        raise RecordingError(f"{name} ends before anything was recorded")
    major = _FILE.unpack(data)[1]
    if major > MAJOR:
        raise RecordingError(
            f"{name} was written by a newer hone, in format {major}; this one reads up to {MAJOR}"
        )
    if major == 0:
        raise RecordingError(f"{name} is of the format 0, which never was")


def read(file: BinaryIO) -> Iterator[Chunk]:
    """The chunks up to END or the file's end. Raises Damage where one is cut off or altered."""
    size = _CHUNK.size + _CRC.size
    while front := file.read(size):
        if len(front) < size:
            raise Damage("it ends in the middle of a chunk")
        tag, packing, stored, raw = _CHUNK.unpack_from(front)
        if max(stored, raw) > MOST_RAW:
            raise Damage("a chunk's length is impossible")
        data = file.read(stored)
        if len(data) < stored:
            raise Damage("it ends in the middle of a chunk")
        if (
            zlib.crc32(data, zlib.crc32(front[: _CHUNK.size]))
            != _CRC.unpack_from(front, _CHUNK.size)[0]
        ):
            raise Damage("a chunk's checksum is wrong")
        yield Chunk(tag, packing, raw, data)
        if tag == END:
            return
