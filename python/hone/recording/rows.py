# SPDX-License-Identifier: Apache-2.0
"""What a recording is made of: one NamedTuple for each kind of row. The classes are the schema: the
file's tables (tables.py) are derived from their fields, types and defaults.

Rows have no ids of their own: row n of a table is number n, and rows of other tables refer to it so.
A reference may only point to rows that were written before. NONE stands for "no such row".
Seconds are seconds, `time`, `start`, `end` and `weight` are nanoseconds, sizes are bytes.

To add a field: add it at the end with a default, which older files then get, and a line in
docs/internals/recording-format.md. To add a kind of row: a class here and a line in tables.py.
"""

from __future__ import annotations

from enum import IntEnum, IntFlag
from typing import Annotated, NamedTuple

NONE = -1

# How a field is stored: a code of the module `array`, or "s" for text.
Text = Annotated[str, "s"]
Byte = Annotated[int, "B"]
Line = Annotated[int, "I"]
Count = Annotated[int, "Q"]
Nanoseconds = Annotated[int, "Q"]
Seconds = Annotated[float, "d"]
# References: the number of a row of the table that is named.
InFunctions = Annotated[int, "i", "functions"]
InStacks = Annotated[int, "i", "stacks"]
InThreads = Annotated[int, "i", "threads"]


class Kind(IntFlag):
    """What a function is, besides Python's."""

    NATIVE = 1  # C or C++: no source lines
    COMPILED = 2  # by hone, at least for some of its calls
    BUILTIN = 4  # seen by its call alone: pstats calls its file "~"


class State(IntFlag):
    """What a thread was doing when its sample was taken."""

    RUNNING = 1  # on a CPU
    WAITING = 2  # for something else than the GIL
    HAS_GIL = 4
    WANTS_GIL = 8
    COLLECTING = 16  # garbage
    NATIVE = 32  # in code that is not Python's
    COMPILED = 64  # in code that hone compiled


class Domain(IntEnum):
    """Who asked for memory."""

    PYTHON = 0
    NATIVE = 1


class Function(NamedTuple):
    file: Text
    line: Line  # its first; 0 if unknown
    name: Text  # qualified, as __qualname__
    module: Text = ""
    kind: Byte = 0  # of Kind


class Compiled(NamedTuple):
    """What hone's compiler did for a function; the last row of a function counts."""

    function: InFunctions
    tier: Text
    exits: Count = 0
    compile_seconds: Seconds = 0.0
    why_not: Text = ""


class Total(NamedTuple):
    """All calls of a function. Recursion counts towards `cumulative` at its outermost level only."""

    function: InFunctions
    calls: Count
    primitive: Count  # those that are not recursive
    own: Seconds
    cumulative: Seconds


class Call(NamedTuple):
    """The calls that one function got from another; NONE: from outside of what was recorded."""

    caller: InFunctions
    callee: InFunctions
    calls: Count
    primitive: Count
    own: Seconds
    cumulative: Seconds


class LineTime(NamedTuple):
    function: InFunctions
    line: Line
    hits: Count
    seconds: Seconds


class Thread(NamedTuple):
    id: Count  # the kernel's number, or Python's ident
    name: Text = ""


class Stack(NamedTuple):
    """A place and what it was reached from: a stack is the path from a row up to one without parent."""

    parent: InStacks
    function: InFunctions
    line: Line = 0


class Sample(NamedTuple):
    """A thread's stack at an instant; `weight` is the time that it stands for."""

    thread: InThreads
    stack: InStacks
    time: Nanoseconds  # since the recording's start
    weight: Nanoseconds
    state: Byte = 0  # of State


class Allocation(NamedTuple):
    """All memory that was asked for at a stack."""

    stack: InStacks
    bytes: Count
    number: Count
    peak: Count = 0  # of bytes, those alive when the program had most
    live: Count = 0  # of bytes, those alive at the end
    temporary: Count = 0  # of bytes, those freed before the next was asked for
    copied: Count = 0  # bytes that were copied there
    domain: Byte = 0  # of Domain
    live_number: Count = 0  # of blocks, those alive at the end


class Footprint(NamedTuple):
    """The most memory that was held in a stretch of time, up to the next row."""

    time: Nanoseconds  # when it began, since the recording's start
    bytes: Count


class Event(NamedTuple):
    """Something that took a while: `kind` is gc, gil, io, or another word for it."""

    thread: InThreads
    kind: Text
    start: Nanoseconds
    end: Nanoseconds
    name: Text = ""


class Source(NamedTuple):
    """A file's text as it was then."""

    file: Text
    text: Text
