# SPDX-License-Identifier: Apache-2.0
"""What a sampler writes while it runs (src/measure/sampler_spool.h says how), as a recording.

The file may still grow, and its writer may have been killed: what it says to be used is complete.
"""

from __future__ import annotations

import mmap
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

VERSION = 2
_HEAD = struct.Struct("<8sIIQQIIIII12x")
_RECORD = struct.Struct("<BBHIQ")
_CODE = struct.Struct("<IIIIIBB10x")
_STOP = struct.calcsize("<8sIIQQII")  # where the reader's two words stand
_ENCODINGS = {1: "latin-1", 2: "utf-16-le", 4: "utf-32-le"}

# Flags of samples (src/measure/sampler_rounds.h).
RAN, HELD_GIL, COLLECTED, IN_NATIVE, COMPILED, CUT = (1 << bit for bit in range(6))
FIRST_PLACE = 1 << 31  # numbers of places in machine code; those of code objects are below
UNKNOWN = 128  # the reader's own: a thread that has had no sample yet


class SpoolError(Exception):
    """The file is not what a sampler writes; the text says why."""


class Head(NamedTuple):
    python: int  # sys.hexversion
    used: int
    started: float  # seconds since 1970
    process: int
    state: int  # 1 sampling, 2 ended, 3 ended since the file could not grow
    native: int  # C stacks: 0 unwanted, 1 taken, 2 no loader that tells, 3 no signal that is free


class Code(NamedTuple):
    file: str
    name: str
    first_line: int
    units: int
    lines: bytes  # co_linetable


class Place(NamedTuple):
    """In machine code; addresses are those of the object's file."""

    object: str  # its path
    address: int
    function: int  # where it begins


def read_code(first_line: int, data: bytes) -> tuple[int, Code]:
    """The number and the code of a record of kind C whose payload is DATA."""
    number, units, *sizes, file_width, name_width = _CODE.unpack_from(data)
    texts, at = [], _CODE.size
    for size in sizes:
        texts.append(data[at : at + size])
        at += size
    file, name, lines = texts
    return number, Code(
        file.decode(_ENCODINGS[file_width], "replace"),
        name.decode(_ENCODINGS[name_width], "replace"),
        first_line,
        units,
        lines,
    )


@dataclass
class Watched:
    """One thread, and its stack as last seen."""

    native_id: int
    identifier: int
    name: str = ""
    node: int = 0
    flags: int = UNKNOWN
    since: int = 0  # nanoseconds: up to here its time has been told
    cpu: int | None = None  # nanoseconds of its CPU clock; none: not known yet
    gone: bool = False
    open: bool = False  # it ran since, and its next sample will say where


class Stay(NamedTuple):
    """A thread was at a place from START to END (nanoseconds since the first round)."""

    thread: int
    node: int
    flags: int
    start: int
    end: int
    cpu: int  # nanoseconds of processor that it used meanwhile


@dataclass
class Spool:
    """The state of reading: `feed()` takes what is new in the file."""

    path: str
    head: Head | None = None
    codes: dict[int, Code] = field(default_factory=dict)
    nodes: list[tuple[int, int, int]] = field(default_factory=lambda: [(0, 0, 0)])
    threads: dict[int, Watched] = field(default_factory=dict)
    objects: dict[int, str] = field(default_factory=dict)  # programs and libraries
    places: list[Place] = field(default_factory=list)  # from FIRST_PLACE on
    wanted: int = 0  # C stacks
    had: int = 0  # of them
    rounds: int = 0
    wakings: int = 0
    torn: int = 0
    cost: int = 0  # nanoseconds of processor that sampling took
    before: int = 0  # nanoseconds: the round before the last
    now: int = 0  # nanoseconds: the last round
    _at: int = _HEAD.size

    def feed(self) -> list[Stay]:
        """What the threads did since the last call. Raises SpoolError.

        A sample of compiled code is amended after it was written: its node may come behind it.
        """
        try:
            stays = [stay for data in self._new_data() for stay in self._records(data)]
        except (struct.error, LookupError):
            raise SpoolError(f"{self.path} is damaged") from None
        known = len(self.nodes)
        return [s if s.node < known else s._replace(node=0, flags=UNKNOWN) for s in stays]

    def rest(self) -> list[Stay]:
        """What lasts until the last round."""
        return [
            stay
            for index, thread in self.threads.items()
            if not thread.open
            for stay in self._told(index, self.now)
        ]

    def ended(self) -> bool:
        """Has the sampler ended?"""
        try:
            with open(self.path, "rb") as file:
                data = file.read(_HEAD.size)
        except OSError:
            return True
        return len(data) == _HEAD.size and _HEAD.unpack(data)[6] > 1

    def stop(self) -> None:
        """Ask the sampler to end."""
        self._set(_STOP, 1)

    def beat(self, number: int) -> None:
        """Say that the reader is there."""
        self._set(_STOP + 4, number)

    def _set(self, at: int, value: int) -> None:
        with open(self.path, "r+b") as file:
            file.seek(at)
            file.write(struct.pack("<I", value & 0xFFFFFFFF))

    def _new_data(self) -> Iterator[bytes]:
        with open(self.path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size < _HEAD.size:
                return
            with mmap.mmap(file.fileno(), size, prot=mmap.PROT_READ) as whole:
                magic, version, python, used, started, process, state, _, _, native = (
                    _HEAD.unpack_from(whole)
                )
                if magic == bytes(8):
                    return
                if magic != b"honesmpl" or version != VERSION:
                    raise SpoolError(f"{self.path} is no spool of this version of hone")
                self.head = Head(python, used, started * 1e-9, process, state, native)
                if used > self._at:
                    data = whole[self._at : used]
                    self._at = used
                    yield data

    def _records(self, data: bytes) -> Iterator[Stay]:
        at, end = 0, len(data)
        unpack = _RECORD.unpack_from
        while at < end:
            kind, flags, thread, link, value = unpack(data, at)
            at += 16
            if kind == 83:  # S
                yield from self._sample(thread, link, flags, value)
            elif kind == 82:  # R
                self.before, self.now = self.now, value
                self.rounds += 1
            elif kind == 78:  # N
                self.nodes.append((link, value >> 32, value & 0xFFFFFFFF))
            elif kind == 70:  # F
                self.places.append(Place(self.objects[thread], value, value - link))
            elif kind in (67, 77, 79):  # C, M, O
                self._payload(chr(kind), thread, link, data[at : at + value])
                at += -(-value // 16) * 16
            elif kind == 76:  # L
                yield from self._later(thread)
            elif kind == 84:  # T
                # One that comes later has just begun, and so has its clock.
                began = 0 if self.now else None
                self.threads[thread] = Watched(link, value, since=self.now, cpu=began)
            elif kind == 88:  # X
                yield from self._told(thread, self.now)
                self.threads[thread].gone = True
            elif kind == 75:  # K
                self.cost, self.wakings = value, link
            elif kind == 66:  # B
                self.torn = link
            elif kind == 65:  # A
                self.wanted, self.had = link, value
            else:
                raise SpoolError(f"{self.path} is damaged")

    def _payload(self, kind: str, thread: int, link: int, data: bytes) -> None:
        if kind == "M":
            self.threads[thread].name = data.decode("utf-8", "replace")
            return
        if kind == "O":
            self.objects[thread] = os.fsdecode(data)
            return
        number, code = read_code(link, data)
        self.codes[number] = code

    def _sample(self, index: int, node: int, flags: int, cpu: int) -> Iterator[Stay]:
        """A sample stands for the time since the one before it, if the thread ran meanwhile; else for
        the time that comes, for as long as it is not seen again."""
        thread = self.threads[index]
        if flags & RAN:
            if not thread.open:
                yield from self._told(index, self.before)
            thread.open = False
            thread.node, thread.flags = node, flags
            used = 0 if thread.cpu is None else max(0, cpu - thread.cpu)
            yield from self._told(index, self.now, used)
            thread.flags = flags & ~RAN
        else:
            yield from self._told(index, self.now)
            thread.node, thread.flags = node, flags
        thread.cpu = cpu or thread.cpu

    def _later(self, index: int) -> Iterator[Stay]:
        thread = self.threads[index]
        if not thread.open:
            yield from self._told(index, self.before)
            thread.open = True

    def _told(self, index: int, until: int, cpu: int = 0) -> Iterator[Stay]:
        thread = self.threads[index]
        if until > thread.since and not thread.gone:
            yield Stay(index, thread.node, thread.flags, thread.since, until, cpu)
        thread.since = max(thread.since, until)
