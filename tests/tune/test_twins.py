# SPDX-License-Identifier: Apache-2.0
"""The graph comparator tells apart what a program can tell apart, and twins have no effects."""

from __future__ import annotations

import math
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


def test_calls_are_compared() -> None:
    """tests/tune/twin_calls.py in a process of its own: a worker of pytest-xdist has a second thread
    (execnet's receiver, which `threading` does not list), and such a process is not forked."""
    cases = Path(__file__).with_name("twin_calls.py")
    options = ["-q", "-p", "no:xdist", "-p", "no:cacheprovider", "-c", os.devnull]
    command = [sys.executable, "-W", "error", "-m", "pytest", *options, str(cases)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


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
