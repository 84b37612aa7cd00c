# SPDX-License-Identifier: Apache-2.0
"""The graph comparator tells apart what a program can tell apart, and twins have no effects."""

from __future__ import annotations

import math
import mmap
import os
import struct
import subprocess
import sys
from collections import OrderedDict, deque
from pathlib import Path
from typing import Any

import pytest

from hone import _core


class Point:
    def __init__(self, x: Any) -> None:
        self.x = x


class Slotted:
    __slots__ = ("x",)

    def __init__(self, x: Any) -> None:
        self.x = x


def digest(value: Any) -> str:
    return str(_core.fingerprint(value)[0])


def cycle(last: int) -> list[Any]:
    out: list[Any] = [1, last]
    out.append(out)
    return out


def caused(text: str) -> BaseException:
    error = KeyError("k")
    error.__cause__ = ValueError(text)
    return error


def shared(same: bool) -> list[Any]:
    inner: list[int] = []
    return [inner, inner if same else []]


DIFFERENT = [
    (0, False),
    (1, 1.0),
    (0.0, -0.0),
    (math.nan, struct.unpack("<d", struct.pack("<Q", 0x7FF8000000000001))[0]),
    (2**70, 2**70 + 1),
    (2**63, -(2**63)),
    ("a", b"a"),
    ((1,), [1]),
    (shared(True), shared(False)),
    ({1: 0, 2: 0}, {2: 0, 1: 0}),
    ({1}, {True}),
    (ValueError("a"), ValueError("b")),
    (caused("a"), caused("b")),
    (Point(1), Point(2)),
    (Slotted(1), Slotted(2)),
    (Point(1), Slotted(1)),
    (range(3), range(4)),
    (slice(1), slice(2)),
    (cycle(1), cycle(2)),
    (bytearray(b"a"), bytearray(b"b")),
    (OrderedDict(a=1), {"a": 1}),
    (1j, complex(-0.0, 1)),
    (len, max),
]


@pytest.mark.parametrize("pair", DIFFERENT, ids=lambda pair: repr(pair)[:40])
def test_different(pair: tuple[Any, Any]) -> None:
    assert digest(pair[0]) != digest(pair[1])


SAME = [
    lambda: [1, 2.5, "x", None, (True, {"k": [b"b"]}), {3, 4}, 2**100],
    lambda: cycle(5),
    lambda: shared(True),
    lambda: caused("same"),
    lambda: Point([Slotted(1)]),
    lambda: memoryview(b"abc"),
]


@pytest.mark.parametrize("make", SAME)
def test_same(make: Any) -> None:
    assert digest(make()) == digest(make())


def test_deep_graphs_end() -> None:
    value: Any = None
    for _ in range(300_000):
        value = (value,)
    assert _core.fingerprint(value)[1] == 300_001


def test_opaque_is_counted() -> None:
    assert _core.fingerprint([deque([1]), Point(1), Slotted(1), object(), None, len])[2] == 1


def test_no_references_are_kept() -> None:
    import sys

    inner = [object()]
    before = sys.getrefcount(inner)
    _core.fingerprint([inner, inner])
    assert sys.getrefcount(inner) == before


def double(values: list[int]) -> list[int]:
    return [value * 2 for value in values]


def double_and_forget(values: list[int]) -> list[int]:
    out = [value * 2 for value in values]
    values.clear()
    return out


def verdict(original: Any, compiled: Any, args: tuple[Any, ...] = ()) -> str:
    return str(_core.compare_call(original, compiled, args)[0])


def test_equal_call() -> None:
    assert verdict(double, lambda values: [value + value for value in values], ([1, 2],)) == "equal"


def test_mutated_arguments_count() -> None:
    found = _core.compare_call(double, double_and_forget, ([1, 2],))
    assert found == ("different", "other arguments or globals")


def test_types_and_bits_are_told() -> None:
    found = _core.compare_call(lambda: 1, lambda: True)
    assert found == ("different", "other result (bool instead of int)")
    assert verdict(lambda: 0.0, lambda: -0.0) == "different"


def test_exceptions_are_outcomes() -> None:
    def divide(a: int, b: int) -> int:
        return a // b

    assert verdict(divide, divide, (1, 0)) == "equal"
    assert verdict(lambda: int("x"), lambda: int("y")) == "different"
    assert verdict(lambda: 1 // 0, lambda: 0) == "different"


def test_where_an_exception_came_from_counts() -> None:
    def make(place: int) -> Any:
        def fail() -> None:
            if place:
                raise ValueError
            raise ValueError

        return fail

    assert verdict(make(0), make(0)) == "equal"
    assert verdict(make(0), make(1)) == "different"


def test_effects_stay_inside(tmp_path: Path) -> None:
    target = tmp_path / "file"
    assert verdict(lambda: target.write_text("twin"), lambda: 4) == "had effects"
    assert not target.exists()


def test_printing_and_signals_are_effects() -> None:
    assert verdict(lambda: os.write(1, b"x"), lambda: 1) == "had effects"
    assert verdict(lambda: os.kill(os.getppid(), 0), lambda: None) == "had effects"
    assert verdict(os.getpid, os.getpid) == "had effects"


def test_shared_memory_is_private_to_the_twin() -> None:
    memory = mmap.mmap(-1, 4096)

    def original() -> int:
        memory[0] = 7
        return memory[0]

    assert verdict(original, lambda: 7) == "equal"
    assert memory[0] == 0


def test_new_objects_in_a_result_are_no_difference() -> None:
    def make() -> list[Any]:
        step = 3
        return [Point(1), deque([1]), object(), lambda x: x + step]

    assert verdict(make, make) == "equal"


def test_what_differs_from_itself_is_not_compared() -> None:
    def address() -> str:
        return repr(object())

    def other_address() -> str:
        keep = [object() for _ in range(100)]
        return repr(object()) + "" * len(keep)

    found = _core.compare_call(address, other_address)
    assert found == ("not compared", "the original does not repeat itself")


def test_a_call_that_does_not_end() -> None:
    def forever() -> None:
        while True:
            pass

    found = _core.compare_call(forever, forever, seconds=0.2)
    assert found == ("not compared", "the call takes too long to be made again")


def test_a_crash_of_the_compiled_call_is_a_difference() -> None:
    import ctypes

    found = _core.compare_call(lambda: 0, lambda: ctypes.string_at(0))
    assert found == ("different", "compiled, it is killed by signal 11")


# What the program could notice of its twins: children, signals, handlers, descriptors, threads.
UNSEEN = """
import os, signal, sys
from hone import _core
seen = []
signal.signal(signal.SIGCHLD, lambda *_: seen.append("signal"))
os.register_at_fork(before=lambda: seen.append("fork"))
files = os.listdir("/proc/self/fd")
assert _core.compare_call(lambda: [1], lambda: [1]) == ("equal", "")
assert os.listdir("/proc/self/fd") == files
try:
    os.waitpid(-1, 0)
except ChildProcessError:
    seen.append("no child")
assert seen == ["no child"], seen
import threading
threading.Thread(target=threading.Event().wait, daemon=True).start()
print(_core.compare_call(lambda: [1], lambda: [1]))
"""


def test_the_program_does_not_see_its_twins() -> None:
    command = [sys.executable, "-W", "error", "-c", UNSEEN]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout == "('not compared', 'the program has several threads')\n"
