# SPDX-License-Identifier: Apache-2.0
"""What a profile says: functions by own time, and the time that is not Python's to save."""

from __future__ import annotations

import marshal
from dataclasses import dataclass
from pathlib import Path

HOT_SHARE = 0.01


@dataclass(frozen=True)
class Function:
    file: str
    line: int
    name: str
    calls: int
    own: float
    cumulative: float
    native: bool
    share: float = 0.0

    @property
    def key(self) -> tuple[str, str, int]:
        return self.file, self.name, self.line


@dataclass(frozen=True)
class Profile:
    functions: list[Function]  # most own time first
    total: float
    native: float  # seconds inside functions written in C
    waiting: float  # seconds in which the program wanted no processor
    wall: float

    @property
    def native_share(self) -> float:
        return self.native / self.total if self.total else 0.0

    @property
    def waiting_share(self) -> float:
        return min(1.0, self.waiting / self.wall) if self.wall else 0.0

    def python(self) -> list[Function]:
        return [function for function in self.functions if not function.native]

    def hot(self) -> list[Function]:
        """Functions worth compiling: a hundredth of the time, in Python, from a file."""
        return [f for f in self.python() if f.share >= HOT_SHARE and not f.file.startswith("<")]

    def selection(self) -> list[tuple[str, str, int]]:
        """The hot functions and the ones of the same files that are called often."""
        hot = self.hot()
        files = {function.file for function in hot}
        called = [f for f in self.python() if f.file in files and f.calls >= 100 and f not in hot]
        return [function.key for function in [*hot, *called]]


def read(data: bytes, *, wall: float, cpu: float, original_wall: float | None = None) -> Profile:
    """`wall` and `cpu`: of the profiled run; `original_wall`: without the profiler, if known."""
    rows, queued = marshal.loads(data)
    hone = str(Path(__file__).resolve().parent.parent)
    rows = [row for row in rows if not str(Path(row[0]).resolve()).startswith(hone)]
    total = sum(row[4] for row in rows)
    functions = [
        Function(
            file=row[0],
            line=row[1],
            name=row[2],
            calls=row[3],
            own=row[4],
            cumulative=row[5],
            native=bool(row[6]),
            share=row[4] / total if total else 0.0,
        )
        for row in rows
    ]
    functions.sort(key=lambda function: -function.own)
    native = sum(f.own for f in functions if f.native)
    waiting = max(0.0, wall - cpu - queued)
    return Profile(functions, total, native, waiting, original_wall or wall)
