# SPDX-License-Identifier: Apache-2.0
"""An error in every place where an operation can stand: lines and columns of the traceback, what was
evaluated before it, and which handler catches it."""

import math

LOG = []


def note(x):
    LOG.append(x)
    return x


class Bad:
    """Every operation raises, with its name."""

    def _fail(name):  # noqa: N805
        def method(self, *args):
            raise ArithmeticError(name)

        return method

    for _name in (
        "add", "radd", "sub", "rsub", "mul", "truediv", "floordiv", "mod", "pow", "lshift", "and", "or",
        "xor", "matmul", "neg", "pos", "invert", "lt", "le", "eq", "ne", "gt", "ge", "bool", "len", "iter",
        "getitem", "setitem", "delitem", "contains", "call", "enter", "iadd", "index", "hash", "format",
    ):  # fmt: skip
        locals()[f"__{_name}__"] = _fail(_name)

    @property
    def attribute(self):
        raise ArithmeticError("attribute")


BAD = Bad()


def binary(a, b):
    return (note(1) + a * b) - (note(2) if b else b + a)


def multi_line(a, b, c):
    return (
        a
        + b // c
        + (
            c
            % a
        )
    )


def subscripts(a, i, j):
    return a[i][j] + a[
        j
    ][i]


def chained(a, b, c):
    return note(a) < note(b) < note(c)


def attributes(x):
    first = x.real
    return first + x.imag.attribute.real


def call_arguments(f, a, b):
    return f(note(a), f(b), note(3))


def store_item(a, i, v):
    a[i] = note(v)
    a[i] += v
    return a


def unpacks(x):
    a, (b, c), *d = x
    return a, b, c, d


def iterates(x):
    out = []
    for a in x:
        for b in a:
            out.append(b)
    return out


def condition(x, y):
    if x and y or not x:
        return "yes"
    return "no" if y else x


def while_condition(x, n):
    while x[n]:
        n += 1
    return n


def in_comprehension(x, y):
    return [a / y for a in x if a % y >= 0]


def formats(x, spec):
    return f"{x:{spec}} {x!r}" + "%d" % x


def slices(x, a, b):
    y = x[a:b]
    x[a:b] = y
    return y[b:a], x[::a]


def math_calls(x):
    return math.sqrt(x), math.log(x), math.exp(x), math.floor(x)


def conversions(x):
    return int(x), float(x), round(x), abs(x), divmod(x, 2), pow(x, 2), len(str(x))


def caught_inside(x, y):
    for i in range(3):
        try:
            note(i)
            z = x[i] // y
        except ZeroDivisionError as error:
            note(str(error))
            continue
        except (TypeError, IndexError) as error:
            note(type(error).__name__)
            break
        else:
            note(z)
        finally:
            note("finally")
    return LOG[-12:]


def raised_in_handler(x):
    try:
        return 1 // x
    except ZeroDivisionError:
        return [1, 2][x + 5]


def raised_from(x):
    try:
        return {}[x]
    except KeyError as error:
        raise ValueError(x) from error


def with_notes(x):
    try:
        return 1 + x
    except TypeError as error:
        error.add_note(f"x was {x!r}")
        raise


def return_in_finally(x):
    for i in range(2):
        try:
            1 // x
        finally:
            if x:
                continue
            return "finally", i


def case_bad_everywhere():
    out = []
    for action in (
        lambda: BAD + 1, lambda: 1 + BAD, lambda: BAD - 1, lambda: 1 - BAD, lambda: BAD * 2, lambda: BAD / 2,
        lambda: BAD // 2, lambda: BAD % 2, lambda: BAD**2, lambda: BAD << 1, lambda: BAD & 1, lambda: BAD | 1,
        lambda: BAD ^ 1, lambda: BAD @ 1, lambda: -BAD, lambda: +BAD, lambda: ~BAD, lambda: BAD < 1,
        lambda: 1 < BAD, lambda: BAD == 1, lambda: BAD != 1, lambda: not BAD, lambda: len(BAD), lambda: [*BAD],
        lambda: BAD[0], lambda: 1 in BAD, lambda: BAD(), lambda: BAD.attribute, lambda: [1][BAD],
        lambda: {BAD: 1}, lambda: {BAD}, lambda: f"{BAD}", lambda: range(BAD), lambda: max(BAD, 1),
        lambda: sum([BAD]), lambda: [BAD] == [1], lambda: BAD in [1], lambda: sorted([BAD, BAD]),
        lambda: 1 if BAD else 2, lambda: BAD and 1, lambda: [1 for _ in BAD], lambda: int(BAD), lambda: abs(BAD),
    ):  # fmt: skip
        try:
            out.append(action())
        except (ArithmeticError, TypeError) as error:
            trace = error.__traceback__
            lines = []
            while trace is not None:
                lines.append((trace.tb_frame.f_code.co_name, trace.tb_lasti >= 0))
                trace = trace.tb_next
            out.append((type(error).__name__, str(error)[:60], lines))
    return out


def case_statements_that_fail():
    out = []

    def augmented():
        x = BAD
        x += 1

    def deletes():
        del BAD[0]

    def stores():
        BAD[0] = 1

    def enters():
        with BAD:
            pass

    def attribute():
        BAD.missing.x = 1

    def missing_name():
        return note(nowhere)  # noqa: F821

    def unbound():
        if out is None:
            local = 1
        return local

    def asserts():
        assert not out or out == BAD, "text"

    for action in (augmented, deletes, stores, enters, attribute, missing_name, unbound, asserts):
        try:
            action()
            out.append("passed")
        except Exception as error:  # noqa: BLE001
            out.append((action.__name__, type(error).__name__, str(error)))
    return out


ARGS = {
    "binary": [(1, 2), (1.5, 0), ("a", 2), (None, 1), (BAD, 1), (1, BAD), (2**63, 2**63)],
    "multi_line": [(1, 2, 3), (0, 2, 3), (1, 2, 0), (1, "b", 2), (1.0, 2, 0.0), ("a", 1, 1)],
    "subscripts": [([[1, 2], [3, 4]], 0, 1), ([[1]], 0, 1), ([[1, 2], 3], 1, 0), ([], 0, 0), (None, 0, 0), ([[1, 2], [3]], 0, "x")],
    "chained": [(1, 2, 3), (3, 2, "x"), (1, 2, "x"), (1, "x", 2), (1.0, 2, BAD), (float("nan"), 1, 2)],
    "attributes": [(1,), (1.5,), ("a",), (BAD,)],
    "call_arguments": [(abs, 1, 2), (note, 1, 2), (5, 1, 2), (len, [1], 5), (max, 1, 2)],
    "store_item": [([1, 2], 1, 5), ([1, 2], 2, 5), ([1, 2], -1, "s"), ((1, 2), 0, 1), ({}, [], 1), (BAD, 0, 1)],
    "unpacks": [((1, (2, 3), 4),), ((1, 2),), ((1, (2,)),), ((),), (5,), (BAD,), ([1, "ab"],)],
    "iterates": [([[1, 2], (3,)],), ([1],), (["ab", BAD],), (7,), ([[], [BAD]],)],
    "condition": [(1, 0), (0, BAD), (1, BAD), (BAD, 1), ([], ())],
    "while_condition": [([1, 1, 0], 0), ([1, 1], 0), ([BAD], 0), ({0: 1}, 0)],
    "in_comprehension": [([1, 2], 2), ([1, 2], 0), ([1, "a"], 2), (5, 1), ([1.5], 0.0)],
    "formats": [(5, "3d"), (5.5, ".2f"), ("a", "d"), (5, "q"), (None, ">5"), (BAD, "")],
    "slices": [([1, 2, 3], 1, 2), ([1, 2, 3], 0, 2), ((1, 2), 1, 2), ("abc", 1, 2), ([1], "a", 1), ([1], 1.5, None)],
    "math_calls": [(2.0,), (0.0,), (-1.0,), (float("nan"),), (float("inf"),), (1000.0,), ("a",), (4,), (10**400,)],
    "conversions": [(2.5,), (float("nan"),), (float("inf"),), ("12",), ("x",), (None,), (True,), (2**70,), (-0.5,)],
    "caught_inside": [([1, 2, 3], 1), ([1, 2, 3], 0), ([1], 1), ([1, "a", 2], 1), (5, 1)],
    "raised_in_handler": [(1,), (0,), ("a",)],
    "raised_from": [(1,), ([],)],
    "with_notes": [(1,), ("a",), (BAD,)],
    "return_in_finally": [(1,), (0,), ("a",)],
}
