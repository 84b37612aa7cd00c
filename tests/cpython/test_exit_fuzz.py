# SPDX-License-Identifier: Apache-2.0
"""States taken at every point of running bodies, rebuilt by exits: the rest must be the same.

A body calls `point()` wherever a state is to be taken. At visit number k the state of its frame is
copied deeply; the body runs on and ends. Then the same function is entered anew, left at once into the
copied state, and has to come to the same end.
"""

from __future__ import annotations

import copy
import gc
import sys
import types
from collections.abc import Callable
from typing import Any

import pytest

testing = pytest.importorskip(
    "hone._testing", reason="the testing module is built with the developer build only"
)

ARGUMENTS = ([3, 1, 2], {"k": 4, "j": 5})
visit = -1
wanted = -1
taken: Any = None


def point(value: Any = None) -> Any:
    global visit, taken
    visit += 1
    if visit == wanted:
        resume, locals_, stack = testing.state()
        taken = copy.deepcopy((resume, locals_, stack, value))
    return value


class Log:
    def __init__(self) -> None:
        self.rows: list[Any] = []

    def __enter__(self) -> Log:
        self.rows.append("enter")
        return self

    def __exit__(self, *error: Any) -> bool:
        self.rows.append(("exit", error[0]))
        return error[0] is ValueError

    def add(self, *row: Any, **more: Any) -> Any:
        self.rows.append((row, more))
        return row[0] if row else None


def nested_loops(items: Any, table: Any) -> Any:
    log = Log()
    for a in items:
        point()
        for index, (key, value) in enumerate(table.items()):
            if index > 1:
                break
            for c in range(a, a + 3, 2):
                if c == 3:
                    continue
                log.add(a, key, value, point(c))
        else:
            log.add("else", a)
    return log.rows


def half_evaluated(items: Any, table: Any) -> Any:
    log = Log()
    log.add(1, point(2), *[3, point(4)], k=point(5), **{"z": point(6)})
    log.add(
        items[0] + point(10) * (items[1] - point(3)),
        [1, point(2), 3],
        {point(1): 2, 3: point(4)},
        {1, point(9)},
    )
    log.add(f"{point(1)!r:>4}{items}{point('x')}", 1 < point(2) < 3 < point(1) < 9, not point(0))
    first, *rest = (point(i) for i in items)
    log.add(first, rest, items[point(0) : point(2)], (lambda: point(8))())
    return log.rows, (point(1), point(2), [point(3)])


def errors(items: Any, table: Any) -> Any:
    log = Log()
    for a in items:
        try:
            try:
                point()
                log.add(6 // (a - point(2)))
                point()
            finally:
                log.add("finally", a)
        except ZeroDivisionError as error:
            log.add("caught", str(error))
        else:
            log.add(point("else"))
    return log.rows


def with_blocks(items: Any, table: Any) -> Any:
    outer = Log()
    for a in reversed(items):
        with outer as o, Log() as inner:
            point()
            o.add(a, inner.add(point(a)))
            if a == point(1):
                raise ValueError(a)
            point()
        outer.add("behind", a)
    return outer.rows


def deleting(items: Any, table: Any) -> Any:
    x = point(1)
    del x
    point()
    y = [point(n) for n in items]
    x = y[point(0)] = point(7)
    table[point("new")] = x
    while x > point(3):
        x -= point(1)
        table["new"] += point(2)
    return x, y, table, [*zip(items, y, strict=False)]


def iterators(items: Any, table: Any) -> Any:
    log = Log()
    for pair in zip(items, tuple(items), range(9), strict=False):
        log.add(*pair, point(1))
    for n, a in enumerate(reversed(items), start=point(5)):
        log.add(n, point(a))
    for a in tuple(items):
        for b in "ab":
            log.add(a, point(b))
    for a in map(str, items):
        log.add(point(a))
    return log.rows


def no_arguments() -> Any:
    for _ in (1, 2):
        point()
    return sum(point(n) for n in [1, 2, 3])


BODIES: list[Callable[..., Any]] = [
    nested_loops,
    half_evaluated,
    errors,
    with_blocks,
    deleting,
    iterators,
    no_arguments,
]


def run(function: Callable[..., Any], at: int) -> Any:
    """The function's end, with the state at visit `at` taken."""
    global visit, wanted, taken
    visit, wanted, taken = -1, at, None
    try:
        arguments = copy.deepcopy(ARGUMENTS) if function.__code__.co_argcount else ()
        return function(*arguments)
    finally:
        wanted = -1


def fresh(function: Callable[..., Any]) -> Any:
    return types.FunctionType(function.__code__, globals(), function.__name__)


def rebuilt(function: Any, state: Any) -> Any:
    resume, locals_, stack, value = state
    # bodies' own comprehensions may be inlined and hide locals of their own: all slots are written
    return testing.leave(
        fresh(function), "resume", ((None, resume, locals_, (*stack, ("object", value))),)
    )


@pytest.mark.parametrize("function", BODIES)
def test_every_point_can_be_rebuilt(function: Callable[..., Any]) -> None:
    expected = run(function, -1)
    visits = visit + 1
    assert visits > 3
    depths = set()
    rebuilt_points = 0
    for at in range(visits):
        assert run(function, at) == expected
        if taken is None or taken[0] == 0:
            continue
        state = taken
        code = function.__code__
        if len(state[1]) != len(code.co_varnames) + len(code.co_cellvars) + len(code.co_freevars):
            continue  # the point is in a nested function
        depths.add(len(state[2]))
        again = rebuilt(function, state)
        arguments = copy.deepcopy(ARGUMENTS) if code.co_argcount else ()
        assert again(*arguments) == expected, (function.__name__, at)
        rebuilt_points += 1
    assert rebuilt_points >= min(4, visits // 2)
    assert len(depths) > (0 if function is deleting or function is no_arguments else 1)


def test_nothing_is_lost_or_left() -> None:
    states = []
    for function in BODIES[:2]:
        for at in (2, 5, 9):
            run(function, at)
            states.append((function, taken))
    for round_ in range(200):
        if round_ == 100:
            gc.collect()
            blocks = sys.getallocatedblocks()
        for function, state in states:
            rebuilt(function, copy.deepcopy(state))(*copy.deepcopy(ARGUMENTS))
    gc.collect()
    # 600 exits: one block left at each would be as many. Free lists still move by some dozens, or by
    # two hundred where other tests have filled them (3.13).
    assert sys.getallocatedblocks() - blocks < 400
