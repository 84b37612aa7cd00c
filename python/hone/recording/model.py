# SPDX-License-Identifier: Apache-2.0
"""A recording in memory. What is long (samples, events) stays packed in blocks and is unpacked block by
block by those who ask: ten million samples take as much memory as their file does."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import compress
from typing import Any, Generic, TypeVar

from hone.recording import rows
from hone.recording.columns import ends
from hone.recording.meta import Meta

Row = TypeVar("Row", bound=tuple[Any, ...])


Columns = Mapping[str, Sequence[Any]]
Unpack = Callable[[Sequence[str]], Columns]  # the named columns of one block


class Blocks(Generic[Row]):
    """A long table: blocks of columns, unpacked when they are asked for."""

    def __init__(self, row: type[Row]) -> None:
        self.names: tuple[str, ...] = row._fields  # type: ignore[attr-defined]
        self._make = row
        self._count = 0
        self._blocks: list[Unpack] = []

    def append(self, count: int, unpack: Unpack) -> None:
        self._count += count
        self._blocks.append(unpack)

    def extend(self, added: Iterable[Row]) -> None:
        """Rows that are at hand."""
        if found := list(added):
            columns = dict(zip(self.names, map(list, zip(*found, strict=True)), strict=True))
            self.append(len(found), lambda names: {name: columns[name] for name in names})

    def blocks(self, *names: str) -> Iterator[Columns]:
        """Block after block the columns NAMES, or all. Raises RecordingError where one is damaged."""
        for unpack in self._blocks:
            yield unpack(names or self.names)

    def __iter__(self) -> Iterator[Row]:
        for block in self.blocks():
            yield from map(self._make, *(block[name] for name in self.names))

    def __len__(self) -> int:
        return self._count


class Numbered(list[Row]):
    """Rows that can be found again by what they are."""

    def add(self, row: Row) -> int:
        """The number of a row that equals ROW, appended if there is none. Functions that merely look
        the same, as two lambdas of one line, are kept apart by `append`."""
        known = self.__dict__.setdefault("known", {})
        number: int = known.setdefault(row, len(self))
        if number == len(self):
            self.append(row)
        return number


class Stacks:
    """The prefix tree, in columns; its rows are numbered as they were added."""

    def __init__(self) -> None:
        self.parent: array[int] = array("i")
        self.function: array[int] = array("i")
        self.line: array[int] = array("I")
        self._known: dict[tuple[int, int, int], int] = {}

    def __len__(self) -> int:
        return len(self.parent)

    def __iter__(self) -> Iterator[rows.Stack]:
        return map(rows.Stack, self.parent, self.function, self.line)

    def append(self, parent: int, function: int, line: int) -> int:
        self.parent.append(parent)
        self.function.append(function)
        self.line.append(line)
        return len(self.parent) - 1

    def add(self, parent: int, function: int, line: int = 0) -> int:
        """The number of this row, new only if it was not added by this way before."""
        key = (parent, function, line)
        number = self._known.get(key)
        if number is None:
            number = self._known[key] = self.append(parent, function, line)
        return number

    def path(self, stack: int) -> list[int]:
        """The rows from STACK up to its outermost one; the innermost comes first."""
        found = []
        while stack != rows.NONE:
            found.append(stack)
            stack = self.parent[stack]
        return found


@dataclass
class Recording:
    """All tables of a recording; each may be empty. `notes` are sentences about what the reader met."""

    meta: Meta = field(default_factory=Meta)
    functions: Numbered[rows.Function] = field(default_factory=Numbered)
    compiled: list[rows.Compiled] = field(default_factory=list)
    totals: list[rows.Total] = field(default_factory=list)
    calls: list[rows.Call] = field(default_factory=list)
    lines: list[rows.LineTime] = field(default_factory=list)
    threads: Numbered[rows.Thread] = field(default_factory=Numbered)
    stacks: Stacks = field(default_factory=Stacks)
    samples: Blocks[rows.Sample] = field(default_factory=lambda: Blocks(rows.Sample))
    allocations: list[rows.Allocation] = field(default_factory=list)
    footprints: list[rows.Footprint] = field(default_factory=list)
    events: Blocks[rows.Event] = field(default_factory=lambda: Blocks(rows.Event))
    sources: list[rows.Source] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    name: str = ""  # of the file that it came from


@dataclass
class Weights:
    """Samples summed up: by thread, by stack: how many, and how many nanoseconds they stand for."""

    time: dict[int, Counter[int]] = field(default_factory=dict)
    count: dict[int, Counter[int]] = field(default_factory=dict)


def weigh(samples: Blocks[rows.Sample], state: int = 0) -> Weights:
    """One pass over all samples, or those whose state has one of the bits of STATE."""
    found = Weights()
    for block in samples.blocks("thread", "stack", "weight", *(["state"] if state else [])):
        threads, stacks, weights = block["thread"], block["stack"], block["weight"]
        if state:
            kept = [bool(one & state) for one in block["state"]]
            threads, stacks, weights = (
                list(compress(column, kept)) for column in (threads, stacks, weights)
            )
            if not threads:
                continue
        least, most = ends(threads)
        if least == most:
            _add(found, least, stacks, weights)
            continue
        for thread in set(threads):
            chosen = [other == thread for other in threads]
            _add(found, thread, list(compress(stacks, chosen)), list(compress(weights, chosen)))
    return found


def _add(found: Weights, thread: int, stacks: Sequence[int], weights: Sequence[int]) -> None:
    counts: Counter[int] = Counter(stacks)
    found.count.setdefault(thread, Counter()).update(counts)
    times = found.time.setdefault(thread, Counter())
    least, most = ends(weights)
    if least == most:
        for stack, count in counts.items():
            times[stack] += count * least
        return
    for stack, weight in zip(stacks, weights, strict=True):
        times[stack] += weight
