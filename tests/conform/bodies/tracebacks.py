# SPDX-License-Identifier: Apache-2.0
"""Tracebacks to the column: where in an expression, across how many frames, with which text."""

EXPECT_COMPILED = {"leaf", "middle", "top", "case_column_of_operand", "case_index_in_expression"}


def leaf(a, b):
    return a + 1, (a * 2) // (b - 1), a


def middle(a, b):
    x = leaf(a, b)
    return x


def top(a, b):
    total = 0
    for i in range(3):
        total += middle(a, b - i)[0]
    return total


def case_three_frames(a, b):
    return top(a, b)


def case_column_of_operand(a, b, c):
    return a / b + b / c + c / a


def case_same_line_twice(a, b):
    return (a % b) + (b % a), [a, b][a]


def case_index_in_expression(items, i, j):
    return items[i] + items[j] * items[i + j]


def case_multi_line_expression(a, b):
    return (
        a
        + (
            a
            / b
        )
        - 1
    )


def case_multi_line_call(a, b):
    return leaf(
        a,
        b
        if b != 7
        else b.missing,
    )


def case_attribute_chain(x):
    return x.real.imag.real.nothing.more


def case_call_of_none(x):
    return x()(1)(2)


def case_wrong_arguments(k):
    if k == 0:
        return leaf(1)
    if k == 1:
        return leaf(1, 2, 3)
    if k == 2:
        return leaf(1, c=2)
    if k == 3:
        return leaf(1, 2, b=3)
    return leaf(*[1], **{"x": 1})


def case_in_comprehension(items):
    return [
        leaf(x, 2 * x)
        for x in items
        if x / (x - 2) > -100
    ]


def case_in_generator(items):
    return sum(10 / x for x in items)


def case_in_lambda(x):
    return (lambda v: v.nope)(x)


def case_nested_functions(x):
    def inner(y):
        def innermost(z):
            return z / 0

        return innermost(y)

    return inner(x)


def case_in_method(x):
    class Box:
        def __init__(self, v):
            self.v = v

        def get(self):
            return self.v[0]

        @property
        def prop(self):
            return self.get()

        def __add__(self, o):
            return self.prop

    return Box(x) + 1


def case_in_sort_key(items):
    return sorted(items, key=lambda v: 1 / v)


def case_in_callback(items):
    return list(map(lambda v: leaf(v, 1), items))


def case_unpack(x):
    a, (b, c) = x
    return a


def case_store_subscript(x, i):
    x[i] = i / (i - 1)
    x[i + 1] = 5
    return x


def case_delete(x):
    del x[0], x[5]


def case_in_condition(a, b):
    if a < b and b < a.missing:
        return 1
    return 2


def case_while_condition(a):
    while a < 9 and a / (a - 3) != 0:
        a += 1
    return a


def case_augmented(a, b):
    a += 1
    a //= b
    return a


def case_f_string(a):
    return f"{a} and {a / 0} more"


def case_chained(a):
    return 1 < a < "x" < 3


def case_reraise_line():
    try:
        leaf(1, 1)
    except ZeroDivisionError:
        x = 5
        raise


def case_raise_in_handler():
    try:
        leaf(1, 1)
    except ZeroDivisionError as error:
        raise ValueError(
            "second"
        ) from error


def case_finally_raises():
    try:
        leaf(1, 1)
    finally:
        {}["missing"]


def case_in_with():
    class Manager:
        def __enter__(self):
            return self

        def __exit__(self, kind, error, tb):
            return 1 / 0 if kind is KeyError else False

    with Manager() as m, Manager():
        raise KeyError("in with")


def case_loop_second_pass(items):
    out = []
    for x in items:
        out.append(10 / x)
        out.append(x.bit_length())
    return out


def case_recursive(n):
    if n == 0:
        return [].pop()
    return case_recursive(n - 1)


def case_long_recursion_text(n):
    if n == 0:
        raise ValueError("end")
    case_long_recursion_text(n - 1)


def case_mutual(n):
    def even(k):
        return odd(k - 1) if k else {}["even"]

    def odd(k):
        return even(k - 1) if k else {}["odd"]

    return even(n)


def case_overflow_error(n):
    x = 10.0
    for i in range(n):
        x = x**2 * 10.0**i
    return x


def case_import_error():
    from math import no_such_function

    return no_such_function


def case_traceback_text_by_hand():
    import traceback

    try:
        middle(1, 1)
    except ZeroDivisionError:
        text = traceback.format_exc()
    return text.replace("\\", "/").rsplit("/", 1)[-1]


def case_tb_lineno_and_locals():
    import sys

    try:
        a = 5
        b = [a]
        middle(a, 1)
    except ZeroDivisionError:
        tb = sys.exc_info()[2]
    base = case_tb_lineno_and_locals.__code__.co_firstlineno
    first = tb.tb_lineno - base, sorted(k for k in tb.tb_frame.f_locals if len(k) == 1)
    tb = tb.tb_next.tb_next
    return first, tb.tb_frame.f_locals, tb.tb_frame.f_code.co_name, tb.tb_frame.f_lineno == tb.tb_lineno


def case_print_exc():
    import traceback

    for b in (2, 1, 0):
        try:
            middle(3, b)
        except ZeroDivisionError:
            traceback.print_exc(limit=-1)


ARGS = {
    "case_three_frames": [(1, 5), (1, 3), (1, 1), ("a", 3), (None, 1)],
    "case_column_of_operand": [(1, 0, 1), (1, 1, 0), (0, 1, 1), (1, 2, 3), (1, "a", 2)],
    "case_same_line_twice": [(1, 0), (0, 1), (2, 3)],
    "case_index_in_expression": [([1, 2, 3], 0, 1), ([1, 2, 3], 5, 0), ([1, 2, 3], 0, 5), ([1, 2, 3], 2, 2), ([1, "a"], 0, 1)],
    "case_multi_line_expression": [(1, 0), (1, 2), ("a", 1)],
    "case_multi_line_call": [(1, 7), (1, 1), (1, 2)],
    "case_attribute_chain": [(1,), (1.5,), (None,)],
    "case_call_of_none": [(None,), (int,), (5,)],
    "case_wrong_arguments": [(k,) for k in range(5)],
    "case_in_comprehension": [([1, 3],), ([1, 2],), ([0.5],)],
    "case_in_generator": [([1, 2],), ([1, 0],)],
    "case_in_lambda": [(1,)],
    "case_nested_functions": [(1,)],
    "case_in_method": [([1],), (5,), ([],)],
    "case_in_sort_key": [([1, 0],), ([2, 1],)],
    "case_in_callback": [([1, 2],)],
    "case_unpack": [((1, (2, 3)),), ((1, 2),), ((1, (2, 3, 4)),), (5,)],
    "case_store_subscript": [([0, 0, 0], 0), ([0, 0, 0], 1), ([0, 0, 0], 2), ([0, 0, 0], 9)],
    "case_delete": [([1, 2],), ([],), ([1, 2, 3, 4, 5, 6, 7],)],
    "case_in_condition": [(1, 2), (2, 1)],
    "case_while_condition": [(1,), (4,)],
    "case_augmented": [(1, 0), (1, "a"), ("a", 1)],
    "case_f_string": [(1,)],
    "case_chained": [(2,), (0,)],
    "case_loop_second_pass": [([1, 2],), ([1, 0],), ([1, 2.5],)],
    "case_recursive": [(0,), (2,)],
    "case_long_recursion_text": [(3,), (20,)],
    "case_mutual": [(0,), (1,), (6,)],
    "case_overflow_error": [(3,), (20,)],
}
