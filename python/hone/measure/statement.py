# SPDX-License-Identifier: Apache-2.0
"""A statement that is timed: compiled into a loop of its own, set up once, sampled many times.

The loop is timeit's, instruction for instruction, but in a generator: timeit runs the set-up again
before every sample, and a sample of less than a millisecond after a long set-up would mostly find the
caches cold. What may stand in a statement, its name in tracebacks and garbage collection (off while
the clock runs, unless the set-up turns it on) are as in timeit.
"""

from __future__ import annotations

import gc
import itertools
import linecache
import traceback
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, TextIO

SOURCE = "<timeit-src>"  # timeit's name for it, which people look for in tracebacks
Clock = Callable[[], float]
_SURELY_LONG = 0.1  # seconds: no interruption, and too dear to be repeated just to know

_LOOP = """
def inner(_timer, _stmt, _setup):
    {setup}
    _it = yield
    while True:
        _t0 = _timer()
        for _i in _it:
            {text}
            pass
        _t1 = _timer()
        _it = yield _t1 - _t0
"""


@dataclass(frozen=True)
class Statement:
    """Text or a function without arguments, as timeit has it."""

    text: str | Callable[[], object] = "pass"
    setup: str | Callable[[], object] = "pass"

    @property
    def name(self) -> str:
        if isinstance(self.text, str):
            return self.text
        return getattr(self.text, "__qualname__", None) or repr(self.text)

    def check(self) -> None:
        """Raises what timeit would: SyntaxError for what can't stand alone, ValueError for others."""
        self.source()

    def source(self) -> str:
        before = ""
        for what, word in ((self.setup, "setup"), (self.text, "stmt")):
            if isinstance(what, str):
                compile(before + what, SOURCE, "exec", dont_inherit=True)
                before = what + "\n"
            elif not callable(what):
                raise ValueError(f"{word} is neither a string nor callable")
        return _LOOP.format(
            setup=_indented(self.setup, "_setup()", 4), text=_indented(self.text, "_stmt()", 12)
        )


def _indented(what: object, call: str, width: int) -> str:
    return what.replace("\n", "\n" + " " * width) if isinstance(what, str) else call


Sample = tuple[int, float]  # loops, seconds of all of them


@dataclass
class Clocked:
    """One statement in this process: its running loop and what it took so far, in order.

    The first sample is the first execution ever; `calibrated` says how many found the loop count,
    `failed` that an exception came out of it. It is set up by ready().
    """

    statement: Statement
    clock: Clock
    names: dict[str, Any]
    samples: list[Sample] = field(default_factory=list)
    loops: int = 1
    calibrated: int = 0
    failed: bool = False

    def __post_init__(self) -> None:
        self._source = self.statement.source()
        found: dict[str, Any] = {}
        exec(compile(self._source, SOURCE, "exec", dont_inherit=True), self.names, found)
        loop = found["inner"](self.clock, self.statement.text, self.statement.setup)
        self._loop: Generator[float, Iterable[None], None] = loop
        self._collects = False

    def ready(self) -> None:
        """Run the set-up."""
        self.show_source()
        was_on = gc.isenabled()
        gc.disable()
        try:
            next(self._loop)
            self._collects = gc.isenabled()
        except BaseException:
            self.failed = True
            raise
        finally:
            (gc.enable if was_on else gc.disable)()

    def show_source(self) -> None:
        """Tracebacks find this statement's lines: they all have the same file's name."""
        linecache.cache[SOURCE] = (len(self._source), None, self._source.split("\n"), SOURCE)

    def take(self) -> float:
        """One sample; the seconds of a loop."""
        was_on = gc.isenabled()
        if not self._collects:
            gc.disable()
        try:
            seconds = self._loop.send(itertools.repeat(None, self.loops))
        except BaseException:
            self.failed = True
            self.show_source()
            raise
        finally:
            if was_on:
                gc.enable()
        self.samples.append((self.loops, seconds))
        return seconds / self.loops

    def calibrate(self, goal: float) -> None:
        """Double the loops until a sample takes at least half of GOAL seconds, then aim at it. A
        second sample confirms it: one that somebody interrupts is long with any number of loops."""
        while True:
            each = self.take()
            if goal / 2 <= each * self.loops < _SURELY_LONG:
                each = min(each, self.take())
            if each * self.loops >= goal / 2:
                break
            self.loops *= 2
        self.loops = max(1, round(goal / each))
        self.calibrated = len(self.samples)


def alternate(
    all_clocked: list[Clocked], mark: Callable[[], None], enough: Callable[[int], bool]
) -> None:
    """Samples of each in turn, every other round backwards, so that what drifts cancels out; `mark`
    is called before the first sample and after each."""
    rounds = 0
    mark()
    while True:
        for clocked in all_clocked if rounds % 2 == 0 else reversed(all_clocked):
            clocked.take()
            mark()
        rounds += 1
        if enough(rounds):
            return


def print_traceback(error: BaseException, file: TextIO | None = None) -> None:
    """From the statement's own frame on, with its source line."""
    trace: TracebackType | None = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename != SOURCE:
        trace = trace.tb_next
    traceback.print_exception(type(error), error, trace or error.__traceback__, file=file)
