# SPDX-License-Identifier: Apache-2.0
"""Single calls compared on forked twins; run by test_twins.py in a process with one thread."""

from __future__ import annotations

import mmap
import os
from collections import deque
from pathlib import Path
from typing import Any

from hone import _core


class Point:
    def __init__(self, x: Any) -> None:
        self.x = x


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
