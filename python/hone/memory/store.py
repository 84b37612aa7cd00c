# SPDX-License-Identifier: Apache-2.0
"""What the memory profiler writes (src/measure/memory/store.h says how).

Its writer may have been killed: what the file says to be used is complete.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import NamedTuple

from hone.sampling.spool import Code, read_code

VERSION = 2
PYTHON, NATIVE = 0, 1  # domains
RECORDING, ENDED, FULL = 1, 2, 3

_HEAD = struct.Struct("<8sIIQQII4dQQ2d2Q2QQQQQddd")
_TIMELINE_AT, _FIRST, _WINDOW = 4096, 6 * 4096, 1 << 20
_TIMELINE = struct.Struct("<QQ")
_STRETCHES = 2048
_RECORD = struct.Struct("<BBHIQ")
_COUNTS = struct.Struct("<7dQd")


class StoreError(Exception):
    """The file is not what the profiler writes; the text says why."""


class Head(NamedTuple):
    python: int  # sys.hexversion
    used: int
    started: float  # seconds since 1970
    process: int
    state: int
    live: float  # bytes, estimated, as the next three
    peak: float
    live_variance: float
    peak_variance: float
    epoch: int
    peak_at: int  # nanoseconds since the start, as `now`
    most: float  # bytes: the largest estimate there was
    asked: tuple[int, int]  # bytes by domain; exact, as the next two
    number: tuple[int, int]
    copied: int
    now: int
    samples: int
    cost: int  # nanoseconds that samples took
    block_cost: float  # nanoseconds that any other block took
    mean: float  # bytes between two samples, at the end
    most_mean: float


class Place(NamedTuple):
    """What was counted at a node: estimates, in bytes where not said."""

    node: int
    domain: int
    asked: float
    number: float
    live: float
    live_number: float
    peak: float
    temporary: float
    copied: float
    asked_variance: float


@dataclass
class Store:
    head: Head
    codes: dict[int, Code] = field(default_factory=dict)
    nodes: list[tuple[int, int, int]] = field(default_factory=lambda: [(0, 0, 0)])
    places: list[Place] = field(default_factory=list)
    stretch: int = 0  # nanoseconds
    footprint: list[float] = field(default_factory=list)  # the most bytes held in each stretch


def read(path: str) -> Store | None:
    """None: nothing has been recorded, not even that it began. Raises StoreError."""
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError as error:
        raise StoreError(f"{path} can't be read: {error.strerror}") from None
    if len(data) < _FIRST or data[:8] == bytes(8):
        return None
    try:
        store = Store(_head(data, path))
        stretch, used = _TIMELINE.unpack_from(data, _TIMELINE_AT)
        store.stretch = stretch
        store.footprint = list(
            struct.unpack_from(f"<{min(used, _STRETCHES)}d", data, _TIMELINE_AT + _TIMELINE.size)
        )
        _records(store, data)
    except (struct.error, LookupError):
        raise StoreError(f"{path} is damaged") from None
    return store


def _head(data: bytes, path: str) -> Head:
    magic, version, python, used, started, process, state, *rest = _HEAD.unpack_from(data)
    if magic != b"honememo" or version != VERSION:
        raise StoreError(f"{path} is no store of this version of hone")
    live, peak, live_variance, peak_variance, epoch, peak_at, _sure, most, *rest = rest
    asked, number = (rest[0], rest[1]), (rest[2], rest[3])
    return Head(
        python, used, started * 1e-9, process, state,
        live, peak, live_variance, peak_variance, epoch, peak_at, most,
        asked, number, *rest[4:],
    )  # fmt: skip


def _records(store: Store, data: bytes) -> None:
    at, end = _FIRST, min(store.head.used, len(data))
    while at < end:
        kind, flags, _, link, value = _RECORD.unpack_from(data, at)
        at += _RECORD.size
        if kind == 0:  # the rest of the window is empty
            at = _FIRST + -(-(at - _FIRST) // _WINDOW) * _WINDOW
        elif kind == 78:  # N
            store.nodes.append((link, value >> 32, value & 0xFFFFFFFF))
        elif kind == 67:  # C
            number, code = read_code(link, data[at : at + value])
            store.codes[number] = code
            at += -(-value // 16) * 16
        elif kind == 80:  # P
            store.places.append(_place(store.head, link, flags, data, at))
            at += -(-value // 16) * 16
        else:
            raise StoreError("the store is damaged")


def _place(head: Head, node: int, domain: int, data: bytes, at: int) -> Place:
    """What it held at the peak is what it holds, if nothing has changed since (footprint.h)."""
    asked, number, live, live_number, peak, temporary, copied, epoch, variance = (
        _COUNTS.unpack_from(data, at)
    )
    if epoch != head.epoch:
        peak = live
    return Place(node, domain, asked, number, live, live_number, peak, temporary, copied, variance)
