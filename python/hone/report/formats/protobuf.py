# SPDX-License-Identifier: Apache-2.0
"""As much of Protocol Buffers' wire format as pprof's files need (protobuf.dev/programming-guides/encoding)."""

from __future__ import annotations

from collections.abc import Iterable

_VARINT, _BYTES = 0, 2
_WORD = (1 << 64) - 1


def varint(value: int) -> bytes:
    """Seven bits a byte, the lowest first; negative numbers are their two's complement of 64 bits."""
    value &= _WORD
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    found.append(value)
    return bytes(found)


def number(field: int, value: int) -> bytes:
    """Nothing if it is 0, which is the default."""
    return varint(field << 3 | _VARINT) + varint(value) if value else b""


def data(field: int, value: bytes) -> bytes:
    return varint(field << 3 | _BYTES) + varint(len(value)) + value


def packed(field: int, values: Iterable[int]) -> bytes:
    return data(field, b"".join(map(varint, values)))
