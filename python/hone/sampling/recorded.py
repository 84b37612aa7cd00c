# SPDX-License-Identifier: Apache-2.0
"""A spool as a recording."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterable

from hone.recording.model import Recording
from hone.recording.rows import Function, Kind, Sample, State, Thread
from hone.sampling import spool as spools
from hone.sampling.nodes import Nodes
from hone.sampling.spool import Spool, Stay

MODES = {
    "wall": "all time, waiting included",
    "cpu": "the threads' CPU time",
    "gil": "time in which the thread held the GIL",
}
_NEEDED = {"wall": 0, "cpu": spools.RAN, "gil": spools.HELD_GIL}
_STATES = (
    (spools.HELD_GIL, State.HAS_GIL),
    (spools.COLLECTED, State.COLLECTING),
    (spools.IN_NATIVE, State.NATIVE),
    (spools.COMPILED, State.COMPILED),
)
GARBAGE = Function("~", 0, "<garbage collection>", kind=Kind.NATIVE)


def state_of(flags: int, *, running: bool) -> int:
    """The recording's State of a sample."""
    found = State.RUNNING if running else State.WAITING
    for flag, state in _STATES:
        if flags & flag:
            found |= state
    return int(found)


class OnProcessor:
    """Which stays of one thread count as running, so that their time adds up to its CPU clock's.

    A thread that sleeps in short turns ran in each of its stays, for microseconds: what is short of
    half a stay is carried on to the next in which it ran.
    """

    def __init__(self) -> None:
        self._owed = 0  # nanoseconds of processor that no stay has been given for

    def take(self, stay: Stay) -> bool:
        if not stay.flags & spools.RAN:
            return False
        length = stay.end - stay.start
        self._owed += min(stay.cpu, length)
        if 2 * self._owed < length:
            return False
        self._owed -= length
        return True


class Recorder:
    """Takes what a spool says over into a recording."""

    def __init__(self, spool: Spool, *, mode: str = "wall", native: bool = False) -> None:
        self.recording = Recording()
        self._spool, self._needed, self._native = spool, _NEEDED[mode], native
        # Others may have the processor while a thread stands somewhere: that is not its time.
        self._by_cpu = mode == "cpu"
        self._nodes = Nodes(self.recording, spool.codes, spool.nodes, spool.places)
        self._leaves: dict[tuple[int, int], int] = {}
        self._compiled: set[int] = set()  # codes that ran as compiled by hone
        self._on_processor: dict[int, OnProcessor] = defaultdict(OnProcessor)  # by thread

    def feed(self, *, to_now: bool = False) -> list[Sample]:
        """What is new; TO_NOW: also of threads that go on doing what they did."""
        fresh = self._take(self._spool.feed())
        return fresh + self._take(self._spool.rest()) if to_now else fresh

    def finish(self) -> Recording:
        """All of it, to the last round."""
        self.feed(to_now=True)
        for index, thread in self._spool.threads.items():
            self._number_threads(index)
            self.recording.threads[index] = Thread(thread.native_id, thread.name)
        for number in self._compiled:
            function = self._nodes.function(number)
            row = self.recording.functions[function]
            self.recording.functions[function] = row._replace(kind=row.kind | Kind.COMPILED)
        return self.recording

    def _take(self, stays: Iterable[Stay]) -> list[Sample]:
        fresh = []
        for stay in stays:
            if not stay.flags & spools.UNKNOWN and stay.flags & self._needed == self._needed:
                stack = self._stack_of(stay)
                if stack not in self._nodes.own:
                    fresh.append(self._sample(stay, stack))
        if fresh:
            self._number_threads(max(sample.thread for sample in fresh))
            self._keep(fresh)
        return fresh

    def _sample(self, stay: Stay, stack: int) -> Sample:
        weight = stay.cpu if self._by_cpu else stay.end - stay.start
        running = self._by_cpu or self._on_processor[stay.thread].take(stay)
        return Sample(stay.thread, stack, stay.end, weight, state_of(stay.flags, running=running))

    def _number_threads(self, most: int) -> None:
        """So that there is a row MOST, which finish() fills in."""
        while len(self.recording.threads) <= most:
            self.recording.threads.append(Thread(0))

    def _keep(self, fresh: list[Sample]) -> None:
        columns = {
            name: array(code, values)
            for name, code, values in zip(
                Sample._fields, "iiQQB", zip(*fresh, strict=True), strict=True
            )
        }
        self.recording.samples.append(len(fresh), lambda names: columns)

    def _stack_of(self, stay: Stay) -> int:
        stack = self._nodes.stack(stay.node)
        if stay.flags & spools.COMPILED and stay.node:
            self._compiled.add(self._nodes.python(stay.node)[1])
        if stay.flags & spools.COLLECTED:
            return self._leaf(stack, self.recording.functions.add(GARBAGE))
        called = self._native and stay.flags & spools.IN_NATIVE and stay.node
        if called and not self._nodes.is_native(stay.node):
            return self._leaf(stack, self._callee(stay.node))
        return stack

    def _leaf(self, stack: int, function: int) -> int:
        key = stack, function
        found = self._leaves.get(key)
        if found is None:
            found = self._leaves[key] = self.recording.stacks.append(stack, function, 0)
        return found

    def _callee(self, node: int) -> int:
        name = self._nodes.callee(node) or "<native>"
        return self.recording.functions.add(Function("~", 0, name, kind=Kind.NATIVE))
