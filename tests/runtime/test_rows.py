# SPDX-License-Identifier: Apache-2.0
"""Every row of src/runtime/functions.def, called directly, against what the interpreter does with the
same operands: value and type, or the error and its text; and no reference kept or lost.

A row is a name with its cases; a case is the operands and a function of them that says the same in
plain Python. `NotImplemented` stands for NULL. A row without a case fails `test_every_row_is_here`.
"""

from __future__ import annotations

import copy
import math
import operator
import struct
import sys
import types
from collections.abc import Callable, Iterator
from typing import Any

import pytest

testing = pytest.importorskip("hone._testing", reason="built without tests")

NULL = NotImplemented
Case = tuple[tuple[Any, ...], Callable[..., Any]]
BINARY = (operator.add, operator.and_, operator.floordiv, operator.lshift, operator.matmul,
          operator.mul, operator.mod, operator.or_, operator.pow, operator.rshift, operator.sub,
          operator.truediv, operator.xor)  # fmt: skip
INPLACE = (operator.iadd, operator.iand, operator.ifloordiv, operator.ilshift, operator.imatmul,
           operator.imul, operator.imod, operator.ior, operator.ipow, operator.irshift, operator.isub,
           operator.itruediv, operator.ixor)  # fmt: skip
GROWING = (operator.pow, operator.ipow, operator.lshift, operator.ilshift)
COMPARE = (operator.lt, operator.le, operator.eq, operator.ne, operator.gt, operator.ge)
PLAIN = (3, -7, 0, 2**70, 2.5, -0.0, True, "ab", b"xy", 1j)
MIXED = (*PLAIN, [1, 2], (1,), {"a": 1}, {1, 2}, None)
FLOATS = (0.0, -0.0, 1.0, -1.5, 2.0, 3.7, 1e300, -1e300, 5e-324, math.inf, -math.inf, math.nan)
DECLINED_TEXT = "declined"
DECLINED = 0x7FF8_0000_0000_DEC1


def none(_: Any) -> int:
    return 0


def act(change: Callable[..., Any]) -> Callable[..., int]:
    """A statement: the row answers 0, what it did shows in its operands."""

    def acted(*operands: Any) -> int:
        change(*operands)
        return 0

    return acted


def operations(functions: tuple[Any, ...], first: int, values: tuple[Any, ...]) -> Iterator[Case]:
    for number, function in enumerate(functions):
        for a in values:
            for b in values:
                huge = any(isinstance(x, int) and abs(x) > 9 for x in (a, b))
                if huge and function in GROWING:
                    continue
                yield (a, b, number + first), (lambda x, y, _, f=function: f(x, y))


def each(function: Callable[..., Any], *rows: tuple[Any, ...]) -> list[Case]:
    return [(row, function) for row in rows]


def unary(function: Callable[..., Any], values: tuple[Any, ...] = MIXED) -> list[Case]:
    return [((value,), function) for value in values]


def unpacked(value: Any, n: int) -> Any:
    names = ", ".join(f"x{i}" for i in range(n))
    space = {"value": value}
    exec(f"{names}{',' if n == 1 else ''} = value" if n else "[] = value", space)
    return tuple(space[f"x{i}"] for i in range(n))


def unpacked_star(value: Any, before: int, after: int) -> Any:
    names = [f"x{i}" for i in range(before)] + ["*rest"] + [f"y{i}" for i in range(after)]
    space = {"value": value}
    exec(
        ", ".join(names) + ", = value" if len(names) == 1 else ", ".join(names) + " = value", space
    )
    return tuple(space[name.lstrip("*")] for name in names)


def declining(function: Callable[..., float]) -> Callable[..., Any]:
    """What math does; where it raises, or in its place the interpreter decides, "declined"."""

    def tried(*operands: float) -> Any:
        try:
            return function(*operands)
        except (ValueError, OverflowError, ZeroDivisionError):
            return DECLINED_TEXT

    return tried


def call_array(items: list[Any], names: Any) -> Any:
    function, self, *rest = items
    if self is not NULL:
        rest.insert(0, self)
    words = () if names is NULL else names
    split = len(rest) - len(words)
    return function(*rest[:split], **dict(zip(words, rest[split:], strict=True)))


def float_order(a: float, b: int) -> int:
    return 2 if a != a else (a > b) - (a < b)


def merged(a: dict[Any, Any], b: Any, f: Any) -> None:
    f(**a, **b)
    a.update(b)


def slots_of_method(o: Any, name: str) -> tuple[Any, Any]:
    """The two stack slots; up to 3.12 the row's result is the second one."""
    method = getattr(type(o), name)
    return (o, method) if sys.version_info < (3, 13) else (method, o)


def quick(function: Callable[..., Any]) -> Callable[..., Any]:
    """What is answered without running Python; -1 where the row declines."""

    def asked(*operands: Any) -> Any:
        try:
            return function(*operands)
        except (TypeError, KeyError, IndexError):
            return -1

    return asked


def stored_slice(
    to: list[Any], at: int, n: int, items: list[Any], start: int, step: int, count: int
) -> int:
    if n != count:
        return 0
    to[at : at + n] = [items[start + step * i] for i in range(count)]
    return 1


class Thing:
    shared = "class"

    def __init__(self) -> None:
        self.own = 5

    def method(self) -> str:
        return "method"


PAIRS = [(a, b) for a in FLOATS for b in FLOATS]
ITEMS: tuple[tuple[Any, ...], ...] = (
    ([1, 2], 0), ([1, 2], -1), ([1, 2], 5), ([1], "a"), ((1, 2), 1), ("ab", 1), ("ab", 9), ({1: 2}, 1),
    ({1: 2}, 3), ({}, []), (5, 0), ([1, 2, 3], slice(1, None)), (range(5), 2), (None, 0),
)  # fmt: skip
BOUNDS: tuple[tuple[Any, ...], ...] = (
    ([1, 2, 3], 1, 2), ([1, 2, 3], None, None), ("abc", -2, None), ((1, 2), 0, 9), ([1], "a", None), (5, 1, 2),
    ([1, 2, 3], 2**70, None),
)  # fmt: skip
CELL = types.CellType


def rows() -> dict[str, list[Case]]:
    """The table."""
    ints = [(0,), (1,), (-6,), (2**31,), (2**62,), (-(2**63),), (2**63 - 1,)]
    return {
        "binary": [*operations(BINARY, 0, MIXED), *operations(INPLACE, 0x100, MIXED)],
        "binary_plain": list(operations(BINARY, 0, PLAIN)),
        "unary_negative": unary(operator.neg),
        "unary_positive": unary(operator.pos),
        "unary_invert": unary(operator.invert, (3, 0, 2**70, 2.5, "a", None)),
        "compare": list(operations(COMPARE, 0, MIXED)),
        "compare_plain": list(operations(COMPARE, 0, PLAIN)),
        "truth_plain": unary(lambda x: int(bool(x)), (*PLAIN, "", 0.0, None, {}, {1: 1})),
        "truth": unary(lambda x: int(bool(x)), (*MIXED, [], "", Thing())),
        "contains": each(
            lambda c, x: int(x in c),
            ([1, 2], 2), ([], 1), ("abc", "b"), ("abc", 1), ({1: 2}, 1), ({1: 2}, []), (5, 1), (range(3), 2.0),
        ),
        "length": unary(len, ([1], "ab", {}, range(4), 5, None)),
        "length_plain": unary(len, ("abc", b"a", {1: 2}, {1}, range(7), "")),
        "get_item": each(lambda a, i: a[i], *ITEMS),
        "set_item": each(act(operator.setitem), *((a, i, 7) for a, i in ITEMS)),
        "delete_item": each(act(operator.delitem), *ITEMS),
        "get_slice": each(lambda a, lo, hi: a[lo:hi], *BOUNDS),
        "set_slice": each(
            act(lambda a, lo, hi, v: operator.setitem(a, slice(lo, hi), v)), *((*row, [8, 9]) for row in BOUNDS)
        ),
        "str_get_index": each(lambda a, i: a[i], *((a, i) for a in ("abc", "é€😀") for i in (0, 2, -1, -3, 3, -4, 2**62, -(2**63)))),
        "str_equal": each(lambda a, b: int(a == b), *((a, b) for a in ("", "a", "ab", "é", "€x", "😀", "éa") for b in ("", "a", "ab", "éa", "€x", "😀", "é"))),
        "list_get_index": each(lambda a, i: a[i], *(([1, 2, 3], i) for i in (0, 2, -3, 3, -4, 2**62))),
        "get_attr": each(getattr, (Thing, "shared"), (Thing, "no"), (5, "real"), (5, "no"), ("a", "upper")),
        "set_attr": each(act(setattr), (Thing(), "own", 9), (Thing(), "new", 1), (5, "x", 1), (Thing(), "__class__", 5)),
        "delete_attr": each(act(delattr), (Thing(), "own"), (Thing(), "no"), (5, "real")),
        "load_method": each(slots_of_method, ("ab", "upper"), ([1], "append")) + each(getattr, (5, "no")),
        "load_global": each(lambda name: eval(name), ("COMPARE",), ("len",), ("nowhere",)),
        "store_global": each(lambda name, v: 0, ("STORED", 5), ("STORED", [1])),
        "delete_global": each(lambda name: globals().setdefault(name, 0), ("STORED",)),
        "call": each(
            call_array, ([len, NULL, [1]], NULL), ([len, NULL], NULL), ([divmod, 7, 2], NULL),
            ([dict, NULL, 1, 2], ("a", "b")), ([5, NULL], NULL), ([sorted, NULL, [2, 1], True], ("reverse",)),
        ),
        "call_ex": each(
            lambda f, args, kw: f(*args, **({} if kw is NULL else kw)),
            (len, ([1],), NULL), (dict, (), {"a": 1}), (max, [1, 2], NULL), (5, (), NULL), (len, (), NULL),
        ),
        "get_iter": each(lambda x: type(iter(x)), ([1],), ("ab",), (5,), (range(3),)),
        "iter_next": each(lambda it: next(it, NULL), (iter([4]),), (iter([]),), (iter(range(2)),)),
        "iter_failed": each(lambda: 0, ()),
        "unpack": each(unpacked, *((v, n) for v in ((1, 2), [1, 2], "ab", {1: 2}, 5, iter([1])) for n in (0, 1, 2, 3))),
        "unpack_star": each(unpacked_star, *((v, a, b) for v in ((1, 2, 3), [1], "ab", 5) for a in (0, 1, 2) for b in (0, 1))),
        "build_tuple": each(tuple, ([],), ([1, "a"],)),
        "build_list": each(list, ([],), ([1, "a"],)),
        "build_set": each(set, ([],), ([1, 1, 2],), ([[]],)),
        "build_map": each(lambda x: dict(zip(x[::2], x[1::2], strict=True)), ([],), ([1, 2, 1, 3],), ([[], 1],)),
        "build_string": each("".join, (["a", "bc"],), (["", "\u20ac"],)),
        "build_slice": each(lambda x: slice(*x), ([1, None],), ([1, 2, "a"],)),
        "list_append": each(act(list.append), ([1], 2), ([], [])),
        "list_extend": each(act(lambda a, b: a.extend(b)), ([1], (2, 3)), ([1], "ab"), ([], {1: 2})),
        "list_pop": each(list.pop, ([1, 2], 0), ([1, 2], -1), ([1], 5), ([], -1)),
        "list_repeat": each(operator.mul, ([1, 2], 3), ([1], 0), ([1], -2)),
        "list_from_range": each(lambda a, b, c: list(range(a, b, c)), (0, 5, 2), (5, 0, -2), (3, 3, 1)),
        "list_to_tuple": each(tuple, ([1, 2],), ([],)),
        "set_add": each(act(set.add), ({1}, 2), ({1}, [])),
        "set_update": each(act(set.update), ({1}, [2, 3]), ({1}, 5), ({1}, [[]])),
        "dict_set": each(act(operator.setitem), ({}, 1, 2), ({1: 1}, 1, 3), ({}, [], 1)),
        "dict_update": each(act(lambda a, b: a.update(**{}) or a.update(b)), ({1: 2}, {3: 4}), ({}, {})),
        "dict_merge": each(act(merged), ({"a": 1}, {"b": 2}, dict), ({"a": 1}, {"a": 2}, dict)),
        "format_value": each(
            lambda v, spec, how: format({0: lambda x: x, 1: str, 2: repr, 3: ascii}[how](v), "" if spec is NULL else spec),
            (5, NULL, 0), (5.25, ".1f", 0), ("\u20ac", NULL, 3), ("a", ">4", 2), (5, "q", 0), (None, NULL, 1),
        ),
        "make_function": each(lambda code: types.FunctionType(code, globals()), (none.__code__,)),
        "set_function_part": each(lambda f, which, v: 0, (lambda x: x, 1, (5,))),
        "new_cell": each(lambda x: CELL() if x is NULL else CELL(x), (5,), (NULL,)),
        "cell_set": each(act(lambda c, v: setattr(c, "cell_contents", v)), (CELL(1), 2), (CELL(), [1])),
        "truth_quick": unary(lambda x: int(bool(x)), (*PLAIN, "", 0.0, None, {}, {1: 1}, [], (1,), set()))
        + unary(lambda x: -1, (Thing(), Thing)),
        "length_quick": unary(quick(len), ([1], "ab", {}, {1}, b"x", (), 5, None)) + unary(lambda x: -1, (range(4),)),
        "contains_plain": each(lambda c, x: int(x in c), ([1, 2], 2), ([], 1), ("abc", "b"), ({1: 2}, 1), ((1, "a"), "a"))
        + each(lambda c, x: -1, (5, 1), ("abc", 1), ({1: 2}, [])),
        "get_item_plain": each(lambda a, i: a[i], ([1, 2], 0), ([1, 2], -1), ((1, 2), 1), ({1: 2}, 1), ({"a": 5}, "a"))
        + each(lambda a, i: NULL, ({1: 2}, 3), ([1], 5), (5, 0), ({}, [])),
        "set_item_plain": each(act(operator.setitem), ([1, 2], 0, 7), ({1: 2}, 1, 7), ({}, "a", 7))
        + each(lambda a, i, v: -1, ([1], 5, 7), (5, 0, 7), ((1,), 0, 7)),
        "list_pick": each(
            lambda a, start, step, n: [a[start + step * i] for i in range(n)],
            ([1, 2, 3], 0, 1, 3), ([1, 2, 3], 2, -1, 2), ([1, 2, 3], 1, 1, 1), ([], 0, 1, 0),
        ),
        "list_store_slice": each(
            stored_slice, ([1, 2, 3], 0, 2, [7, 8], 0, 1, 2), ([1, 2, 3], 1, 2, [7, 8], 1, -1, 2),
            ([1, 2, 3], 0, 2, [7, 8], 0, 1, 1), ([], 0, 0, [], 0, 1, 0),
        ),
        "list_insert": each(act(list.insert), ([1, 2], 0, 9), ([1, 2], -1, 9), ([1, 2], 50, 9), ([], 3, [])),
        "bind": each(lambda method, o: method.__get__(o), (list.append, [1]), (str.upper, "ab")),
        "complex_quot_real": each(lambda a, b, c, d: (complex(a, b) / complex(c, d)).real, (1.0, 2.0, 3.0, -4.0), (2.5, -0.5, 1e-3, 5.0)),
        "complex_quot_imag": each(lambda a, b, c, d: (complex(a, b) / complex(c, d)).imag, (1.0, 2.0, 3.0, -4.0), (2.5, -0.5, 1e-3, 5.0)),
        "hypot": each(lambda a, b: abs(complex(a, b)), *(p for p in PAIRS if max(map(abs, p)) < 1e150)),
        "box_complex": each(complex, *PAIRS),
        "float_mod": each(operator.mod, *(p for p in PAIRS if p[1] != 0)),
        "float_floor_div": each(operator.floordiv, *(p for p in PAIRS if p[1] != 0)),
        "float_pow": each(declining(lambda a, b: DECLINED_TEXT if isinstance(a**b, complex) else a**b), *PAIRS),
        "float_cmp_i64": each(float_order, *((f, i) for f in (*FLOATS, 2.0**53, 2.0**63) for i in (0, 1, -1, 2**53, 2**53 + 1, 2**63 - 1, -(2**63)))),
        "i64_pow": each(lambda a, b: a**b if -(2**63) < a**b < 2**63 else -(2**63), *((a, b) for a in (0, 1, -1, 2, -3, 10, 2**31) for b in (0, 1, 2, 5, 18, 62, 63))),
        **{
            f"math_{name}": each(declining(getattr(math, name)), *((f,) for f in FLOATS))
            for name in ("sin", "cos", "tan", "atan", "exp", "log")
        },
        **{f"math_{name}": each(declining(getattr(math, name)), *PAIRS) for name in ("atan2", "pow", "hypot")},
        "round_half_even": each(lambda x: math.copysign(float(round(x)), x), (0.5,), (1.5,), (-0.5,), (-2.5,), (2.4,), (0.0,), (-0.0,)),
        "box_i64": each(lambda x: x, *ints),
        "box_f64": each(lambda x: x, *((f,) for f in FLOATS)),
        "dealloc": each(lambda: None, ()),
    }  # fmt: skip


TABLE = rows()
# Rows that only compiled code can ask, with the conformance body (or the tests) that does: a count
# taken to zero, a place in a list, a cache cell of a site, slots of a call, variables held by a loop entry.
BY_BODIES = {
    "dealloc": "finalizers",
    "get_attr_cached": "attributes",
    "set_attr_cached": "attributes",
    "load_method_cached": "attributes",
    "attribute_added": "attributes",
    "replace_by_float": "floats_in_place",
    "load_variable": "tests/engine",
    "store_variable": "tests/engine",
}


def shown(value: Any) -> Any:
    """Comparable, bits and types included."""
    if isinstance(value, float):
        bits = struct.unpack("<Q", struct.pack("<d", value))[0]
        return DECLINED_TEXT if bits == DECLINED else "nan" if value != value else ("float", bits)
    if value is DECLINED_TEXT:
        return value
    if isinstance(value, (list, tuple)):
        return type(value).__name__, [shown(item) for item in value]
    if isinstance(value, complex):
        return shown(value.real), shown(value.imag)
    if isinstance(value, types.CellType):
        return "cell", repr(value).split(":")[1].split(" ")[1]
    if isinstance(value, types.FunctionType):
        return value.__name__
    if isinstance(value, (int, str, bytes, dict, set, type(None), slice)):
        return type(value).__name__, repr(value)
    return type(value).__name__ if not isinstance(value, type) else value.__name__


def outcome(function: Callable[..., Any], operands: tuple[Any, ...]) -> Any:
    try:
        value = function(*operands)
    except Exception as error:
        return type(error).__name__, str(error)
    return shown(value), [shown(operand) for operand in operands]


def test_every_row_is_here() -> None:
    names = {name for name, _ in testing.runtime_rows()}
    assert names == set(TABLE) | set(BY_BODIES)


@pytest.mark.parametrize("name", sorted(set(TABLE) - set(BY_BODIES)))
def test_row_does_what_the_interpreter_does(name: str) -> None:
    wrong = []
    for operands, plain in TABLE[name]:
        expected = outcome(plain, copied(operands))
        got = outcome(lambda *given: testing.call_row(name, *given), copied(operands))
        if got != expected:
            wrong.append((operands, expected, got))
    assert wrong[:3] == []


def copied(operands: tuple[Any, ...]) -> tuple[Any, ...]:
    def one(x: Any) -> Any:
        if isinstance(x, CELL):
            return CELL(*([x.cell_contents] if repr(x).find("empty") < 0 else []))
        return x if x is NULL else copy.deepcopy(x)

    return tuple(one(x) for x in operands)


# What they are given they keep: that is what they are for.
STORES = {"cell_set", "list_append", "list_insert", "store_global"}


@pytest.mark.parametrize("name", sorted(set(TABLE) - set(BY_BODIES) - STORES))
def test_row_keeps_no_reference(name: str) -> None:
    """A fresh object among the operands, where one fits, has its old count afterwards."""
    for operands, _ in TABLE[name]:
        watched = [x for x in operands if isinstance(x, (list, dict, set, Thing))]
        before = [sys.getrefcount(x) for x in watched]
        for _ in range(3):
            outcome(lambda *given: testing.call_row(name, *given) is None, operands)
        assert [sys.getrefcount(x) for x in watched] == before, operands
