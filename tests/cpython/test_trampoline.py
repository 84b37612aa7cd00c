# SPDX-License-Identifier: Apache-2.0
"""Prepared code objects: what runs, what tools see, what the function object still is."""

from __future__ import annotations

import copy
import dis
import gc
import importlib.util
import inspect
import pickle
import subprocess
import sys
import threading
import traceback
import types
from collections.abc import Callable
from typing import Any

import pytest

testing = pytest.importorskip(
    "hone._testing", reason="the testing module is built with the developer build only"
)


def every_kind(
    p: int, /, x: int, y: int = 2, *args: int, k: int, kk: int = 5, **kw: int
) -> tuple[Any, ...]:
    return (p, x, y, args, k, kk, kw)


def test_every_kind_of_parameter_arrives_and_the_function_stays_itself() -> None:
    function = types.FunctionType(
        every_kind.__code__, globals(), "every_kind", every_kind.__defaults__
    )
    function.__kwdefaults__ = {"kk": 5}
    plain = every_kind(1, 2, 3, 4, k=6, z=7)
    signature = inspect.signature(function)
    testing.decline(function)
    assert function(1, 2, 3, 4, k=6, z=7) == plain
    assert inspect.signature(function) == signature
    assert testing.original(function) is every_kind.__code__
    with pytest.raises(TypeError, match="missing 1 required keyword-only"):
        function(1, 2)
    testing.result(function, "native")
    function.__kwdefaults__ = {"k": 4, "kk": 5}
    assert function(1, 2, k=3) == "native"
    assert function(*[1, 2], **{"k": 3}) == "native"
    assert list(map(function, [1], [2], [3])) == ["native"]


def test_methods_properties_constructors_and_operators_are_entered() -> None:
    class Thing:
        def __init__(self, a: int) -> None:
            self.a = a

        @property
        def twice(self) -> Any:
            return self.a * 2

        def __getitem__(self, key: Any) -> Any:
            return key

        def __add__(self, other: Any) -> Any:
            return "plain"

    for name in ("__getitem__", "__add__"):
        testing.result(vars(Thing)[name], "native")
    testing.result(vars(Thing)["twice"].fget, "native")
    testing.decline(vars(Thing)["__init__"])
    for _ in range(50):
        thing = Thing(1)
        assert (thing.a, thing.twice, thing[3], thing + 1) == (1, "native", "native", "native")
    testing.result(vars(Thing)["__init__"], None)
    assert not hasattr(Thing(1), "a")


def test_closures_are_intact() -> None:
    def outer(a: int) -> Callable[[], int]:
        b = a

        def inner() -> int:
            nonlocal b
            b += a
            return b

        return inner

    prepared = types.FunctionType(testing.prepare_tree(outer), globals(), "outer")
    inner = prepared(3)
    assert [inner(), inner(), inner()] == [6, 9, 12]
    assert testing.original(prepared) is outer.__code__
    assert testing.original(inner.__code__) in outer.__code__.co_consts
    assert inner.__code__ is not testing.original(inner.__code__)


def test_what_can_not_be_prepared_is_left_alone() -> None:
    def generator() -> Any:
        yield from range(3)

    async def coroutine() -> int:
        return 1

    for function in (generator, coroutine):
        with pytest.raises(ValueError, match="at their loops only"):
            testing.decline(function)
        assert testing.prepare_tree(function) is function.__code__
    prepared = testing.prepare_tree(test_closures_are_intact)
    assert testing.prepare_tree(prepared) is prepared


def test_lines_and_columns_are_the_bodys() -> None:
    def body(a: Any) -> Any:
        b = [a]
        return b[0] + b[1]

    def where(function: Callable[..., Any]) -> list[Any]:
        try:
            function(1)
        except IndexError as error:
            return [
                (f.lineno, f.colno, f.end_colno)
                for f in traceback.TracebackException.from_exception(error).stack
            ][1:]
        return []

    plain = where(body)
    lines = [line for _, _, line in body.__code__.co_lines() if line is not None]
    testing.decline(body)
    assert where(body) == plain
    assert [line for _, _, line in body.__code__.co_lines() if line is not None] == lines
    assert len(list(dis.get_instructions(body))) > 0


def traced(function: Callable[..., Any], *arguments: Any) -> list[tuple[str, int]]:
    events: list[tuple[str, int]] = []

    def tracer(frame: types.FrameType, event: str, _: Any) -> Any:
        if frame.f_code.co_name == function.__name__:
            events.append((event, frame.f_lineno))
        return tracer

    old = sys.gettrace()
    sys.settrace(tracer)
    try:
        function(*arguments)
    finally:
        sys.settrace(old)
    return events


def test_a_tracer_sees_the_users_own_lines() -> None:
    def body(n: int) -> int:
        total = 0
        for i in range(n):
            total += i
        return total

    plain = traced(body, 3)
    testing.result(body, "native")
    assert body(3) == "native"
    assert traced(body, 3) == plain
    assert testing.tools() == (1 if sys.gettrace() or sys.getprofile() else 0)
    assert body(3) == "native"


def test_the_constants_can_be_copied_and_pickled() -> None:
    def body(a: int) -> int:
        return a

    testing.decline(body)
    extra = body.__code__.co_consts[-4:]
    module = types.ModuleType("hone._jit")
    module.__dict__.update(
        {name: getattr(testing, name) for name in ("_entry", "_sentinel", "_leave")}
    )
    old = sys.modules.get("hone._jit")
    sys.modules["hone._jit"] = module
    try:
        entry = pickle.loads(pickle.dumps(extra[0]))
    finally:
        if old is None:
            del sys.modules["hone._jit"]
        else:
            sys.modules["hone._jit"] = old
    assert type(entry) is type(extra[0])
    moved = types.FunctionType(
        body.__code__.replace(co_consts=(*body.__code__.co_consts[:-4], entry, *extra[1:])), {}
    )
    assert moved(5) == 5
    assert copy.copy(body) is body


def test_the_constants_used_by_hand_do_no_harm() -> None:
    def body(a: int) -> int:
        return a

    testing.result(body, "native")
    entry, sentinel, leave, _ = body.__code__.co_consts[-4:]
    assert -entry is sentinel
    assert ~sentinel is None
    with pytest.raises(SystemError, match="no exit is pending"):
        leave(None)
    assert body(1) == "native"


def test_the_prologue_can_be_switched_off_and_on() -> None:
    def body(a: int) -> int:
        return a

    testing.result(body, "native")
    assert body(1) == "native"
    assert testing.switch_prologue(body, False)
    for _ in range(100):
        assert body(1) == 1
    assert testing.switch_prologue(body, True)
    assert body(1) == "native"


def test_many_constants() -> None:
    lines = "\n".join(f"    x = {n}.5" for n in range(400))
    space: dict[str, Any] = {}
    exec(f"def body(a):\n{lines}\n    return x + a", space)
    body = space["body"]
    testing.decline(body)
    assert body(1) == 400.5
    testing.result(body, 7)
    assert body(1) == 7
    assert testing.switch_prologue(body, False)
    assert body(1) == 400.5
    assert testing.switch_prologue(body, True)
    assert body(1) == 7


def test_recursion_ends_where_it_ends_in_cpython() -> None:
    def depth(n: int) -> int:
        try:
            return depth(n + 1)
        except RecursionError:
            return n

    plain = depth(0)
    testing.decline(depth)
    assert depth(0) == plain


def test_threads_and_counts() -> None:
    marker = object()

    def body(a: Any) -> Any:
        return [a]

    testing.decline(body)
    failures: list[object] = []

    def work() -> None:
        for _ in range(20_000):
            if body(marker) != [marker]:
                failures.append(1)

    for _ in range(100):
        body(marker)
    gc.collect()
    count, blocks = sys.getrefcount(marker), sys.getallocatedblocks()
    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    del threads, thread
    gc.collect()
    assert not failures
    assert sys.getrefcount(marker) == count
    assert (
        sys.getallocatedblocks() - blocks < 1000
    )  # of 80,000 calls; pytest-xdist's thread has some


def test_code_and_entries_die() -> None:
    gc.collect()
    blocks = sys.getallocatedblocks()
    for _ in range(1000):
        space: dict[str, Any] = {}
        exec("def body(a):\n    def inner(): return a\n    return inner()", space)
        testing.decline(space["body"])
        assert space["body"](1) == 1
    del space
    gc.collect()
    assert sys.getallocatedblocks() - blocks < 500


@pytest.mark.parametrize(
    "module",
    ["json", "decimal", "fractions", "textwrap", "statistics", "dataclasses", "configparser"],
)
def test_a_library_module_runs_prepared(module: str) -> None:
    """A fresh copy of the module, every function of it prepared, does what its doctest-sized use does."""
    use = {
        "json": "print(m.loads(m.dumps({'a': [1, 2.5, None, 'x']}, indent=1)))",
        "decimal": "print(m.Decimal('1.1') / 3, m.Decimal(2).sqrt())",
        "fractions": "print(m.Fraction(3, 4) ** 3 + m.Fraction('0.25'))",
        "textwrap": "print(m.fill('a long line ' * 20, 30))",
        "statistics": "print(m.mean([1, 2, 4]), m.stdev([1, 2, 4]), m.NormalDist(1, 2).cdf(1.5))",
        "dataclasses": "print(m.make_dataclass('P', ['x', 'y'], order=True)(1, 2))",
        "configparser": "c = m.ConfigParser(); c.read_string('[a]\\nb = 1'); print(c['a']['b'])",
    }[module]
    name = {"decimal": "_pydecimal"}.get(module, module)
    if importlib.util.find_spec(name) is None:
        name = module
    script = f"""
import importlib.util, sys, types
import hone._testing as testing
spec = importlib.util.find_spec({name!r})
m = types.ModuleType({name!r}); m.__spec__ = spec; m.__file__ = spec.origin; m.__path__ = spec.submodule_search_locations
code = spec.loader.get_code({name!r})
if len(sys.argv) > 1:
    code = testing.prepare_tree(code)
    assert testing.original(code) is not code
sys.modules[{name!r}] = m
exec(code, m.__dict__)
for _ in range(5):
    {use}
"""
    outputs = [
        subprocess.run(
            [sys.executable, "-c", script, *extra], capture_output=True, text=True, check=True
        ).stdout
        for extra in ([], ["prepared"])
    ]
    assert outputs[0] == outputs[1]
    assert outputs[0]
