# SPDX-License-Identifier: Apache-2.0
"""Programs that hypothesis makes, of functions with loops, exceptions, generators and recursion; and how
often their lines run, by sys.settrace."""

from __future__ import annotations

import gc
import sys
from collections import Counter
from collections.abc import Callable
from itertools import chain
from types import CodeType, FrameType
from typing import Any

from hypothesis import strategies as st

HEAD = """\
class Box:
    def __init__(self, eats):
        self.eats = eats
    def __enter__(self):
        return self
    def __exit__(self, kind, error, traceback):
        return self.eats

def note(*values, **named):
    return len(values)
"""

Lines = list[str]
Hits = Counter[tuple[str, int]]  # (qualified name, line) -> hits


def _indent(lines: Lines) -> Lines:
    return [f"    {line}" for line in lines]


_SIMPLE = st.sampled_from(
    [
        ["x += 1"],
        ["x = y = x + n"],
        ["x += note(", "    x,", "    n,", "    key=y,", ")"],
        ["y = [i for i in range(3)]"],
        ["y = [", "    i", "    for i in range(3)", "    if i != n", "]"],
        ["x += sum(i for i in range(n))"],
        ["y = {i: n for i in range(2)}"],
        ["y = x if n > 1 else None"],
        ["y = (x", "     if n > 1", "     else n)"],
        ["if n > 1: x += 2"],
        ["assert n < 100"],
        ["(lambda: x)()"],
        ["pass"],
        ["x += 1; y = x"],
        ["for i in range(3): x += i"],
        ["y = (n and", "     x or", "     n)"],
        ["del y", "y = 0"],
    ]
)
_LEAVING = st.sampled_from([["return x"], ["raise KeyError(n)"], ["x = 1 // (n - 1)"], ["return"]])
_LOOP_END = st.sampled_from([["break"], ["continue"]])


def _blocks(in_loop: bool, is_generator: bool, depth: int) -> st.SearchStrategy[Lines]:
    simple = [_SIMPLE, _SIMPLE, _calls()]
    if in_loop:
        simple.append(_LOOP_END.map(lambda end: ["if x % 3 == n % 3:", *_indent(end)]))
    if is_generator:
        simple += [
            st.just(["yield x"]),
            st.just(["x = (yield n) or x"]),
            st.just(["yield from range(2)"]),
        ]
    one: st.SearchStrategy[Lines] = st.one_of(*simple)
    if depth > 0:
        one = st.one_of(one, _compound(in_loop, is_generator, depth - 1))
    body = st.lists(one, min_size=1, max_size=2).map(lambda parts: list(chain.from_iterable(parts)))
    return st.tuples(body, st.one_of(st.just([]), st.just([]), st.just([]), _LEAVING)).map(
        lambda pair: pair[0] + pair[1]
    )


def _calls() -> st.SearchStrategy[Lines]:
    callee = st.sampled_from(["plain", "other"])
    return st.one_of(
        callee.map(lambda name: [f"x += {name}(n - 1) or 0 if n > 0 else 0"]),
        st.just(["for z in gen(n - 1) if n > 0 else ():", "    x += 1"]),
        st.just(["z = gen(n - 1 if n > 0 else 0)", "next(z, None)", "z.close()"]),
        st.just(
            [
                "z = gen(n - 1 if n > 0 else 0)",
                "next(z, None)",
                "try:",
                "    z.throw(KeyError(1))",
                "except (KeyError, StopIteration):",
                "    x += 1",
            ]
        ),
    )


def _compound(in_loop: bool, is_generator: bool, depth: int) -> st.SearchStrategy[Lines]:
    body = _blocks(in_loop, is_generator, depth).map(_indent)
    loop_body = _blocks(True, is_generator, depth).map(_indent)
    return st.one_of(
        loop_body.map(lambda b: ["for i in range(n + 1):", *b]),
        st.tuples(loop_body, body).map(lambda p: ["for i in range(2):", *p[0], "else:", *p[1]]),
        loop_body.map(lambda b: ["w = 0", "while w < n:", "    w += 1", *b]),
        st.tuples(body, body).map(lambda p: ["if n % 2:", *p[0], "else:", *p[1]]),
        st.tuples(body, body).map(lambda p: ["try:", *p[0], "finally:", *p[1]]),
        st.tuples(body, body).map(lambda p: ["try:", *p[0], "except KeyError as e:", *p[1]]),
        st.tuples(body, body, body).map(
            lambda p: ["try:", *p[0], "except ZeroDivisionError:", *p[1], "finally:", *p[2]]
        ),
        body.map(lambda b: ["with Box(n % 2):", *b]),
        body.map(lambda b: ["with (", "    Box(False),", "    Box(True) as box,", "):", *b]),
        body.map(
            lambda b: ["match n:", "    case 1 | 2:", *_indent(b), "    case _:", "        x = 2"]
        ),
    )


def _function(name: str, is_generator: bool) -> st.SearchStrategy[Lines]:
    body = _blocks(False, is_generator, 2).map(_indent)
    end = ["    yield n", "    return x"] if is_generator else ["    return x"]
    return body.map(lambda b: [f"def {name}(n):", "    x = y = 0", *b, *end, ""])


PROGRAMS: st.SearchStrategy[str] = st.tuples(
    _function("plain", False), _function("other", False), _function("gen", True)
).map(lambda parts: HEAD + "\n".join(chain.from_iterable(parts)))

FUNCTIONS = ("plain", "other", "gen")
BUDGET = 40  # calls: made programs may branch without end


class Spent(Exception):
    """The program has called often enough."""


def load(source: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    left = BUDGET

    def spend() -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise Spent

    names["__spend__"] = spend
    exec(compile(_spending(source), "<made>", "exec"), names)
    return names


def _spending(source: str) -> str:
    return source.replace("    x = y = 0\n", "    x = y = __spend__() or 0\n")


def run(names: dict[str, Any]) -> list[str]:
    """What happens, so that watched and unwatched runs can be compared. What is left of it ends here:
    generators that are dropped run on, and may not end as they are asked to."""
    hook = sys.unraisablehook
    sys.unraisablehook = lambda _: None
    try:
        seen = _run(names)
        gc.collect()
    finally:
        sys.unraisablehook = hook
    return seen


def _run(names: dict[str, Any]) -> list[str]:
    seen = []
    for name in ("plain", "other"):
        try:
            seen.append(repr(names[name](3)))
        except (KeyError, ZeroDivisionError, Spent, RuntimeError, TypeError) as error:
            seen.append(f"{type(error).__name__}: {error} {_lines_of(error)}")
    try:
        seen.append(repr(list(names["gen"](3))))
    except (KeyError, ZeroDivisionError, Spent, RuntimeError, TypeError) as error:
        seen.append(f"{type(error).__name__}: {error} {_lines_of(error)}")
    return seen


def _lines_of(error: BaseException) -> list[int]:
    lines = []
    traceback = error.__traceback__
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename == "<made>":
            lines.append(traceback.tb_lineno)
        traceback = traceback.tb_next
    return lines


def traced_hits(names: dict[str, Any], work: Callable[[], object]) -> Hits:
    """By sys.settrace, which from 3.12 on also announces jumps back to the line that is running."""
    hits: Hits = Counter()
    codes = {names[name].__code__: name for name in FUNCTIONS}

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        name = codes.get(frame.f_code)
        if name is None:
            return None
        if event == "line":
            hits[name, frame.f_lineno] += 1
        return trace

    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(None)
    return hits


def monitored_hits(names: dict[str, Any], work: Callable[[], object]) -> Hits:
    """3.12 and later: by LINE events with a callback in Python."""
    hits: Hits = Counter()
    codes = {names[name].__code__: name for name in FUNCTIONS}
    monitoring = sys.monitoring
    tool, events = 0, monitoring.events
    local = ("PY_START", "PY_RESUME", "PY_RETURN", "PY_YIELD")
    # Which lines are announced when a generator is closed, and of functions of one line, depends on
    # what else is: so all that a profiler needs is on.
    others = [getattr(events, name) for name in local]

    def count(code: CodeType, line: int) -> None:
        hits[codes[code], line] += 1

    monitoring.use_tool_id(tool, "tests")
    monitoring.register_callback(tool, events.LINE, count)
    for event in (*others, events.PY_UNWIND):
        monitoring.register_callback(tool, event, lambda *_: None)
    monitoring.set_events(tool, events.PY_UNWIND)
    for code in codes:
        monitoring.set_local_events(tool, code, events.LINE | sum(others))
    try:
        work()
    finally:
        monitoring.set_events(tool, 0)
        for code in codes:
            monitoring.set_local_events(tool, code, 0)
        for event in (events.LINE, *others, events.PY_UNWIND):
            monitoring.register_callback(tool, event, None)
        monitoring.free_tool_id(tool)
    return hits


# An exception in a finally that returns: its handlers raise it again from where it came.
RAISED_AGAIN = (
    HEAD
    + """\
def plain(n):
    x = y = 0
    x += 1
    return x

def other(n):
    x = y = 0
    try:
        for z in gen(n - 1) if n > 0 else ():
            x += 1
    except ZeroDivisionError:
        x += 1
    finally:
        try:
            for z in gen(n - 1) if n > 0 else ():
                x += 1
        finally:
            for z in gen(n - 1) if n > 0 else ():
                x += 1
            return x
    return x

def gen(n):
    x = y = 0
    z = gen(n - 1 if n > 0 else 0)
    next(z, None)
    z.close()
    yield n
    return x
"""
)

# The same in a generator that is closed.
CLOSED = (
    HEAD
    + """\
def plain(n):
    x = y = 0
    for z in gen(n - 1) if n > 0 else ():
        x += 1
    return x

def other(n):
    x = y = 0
    z = gen(n - 1 if n > 0 else 0)
    next(z, None)
    z.close()
    return x

def gen(n):
    x = y = 0
    try:
        z = gen(n - 1 if n > 0 else 0)
        next(z, None)
        z.close()
    finally:
        try:
            z = gen(n - 1 if n > 0 else 0)
            next(z, None)
            z.close()
        except ZeroDivisionError:
            for z in gen(n - 1) if n > 0 else ():
                x += 1
        finally:
            yield x
            return x
    yield n
    return x
"""
)
