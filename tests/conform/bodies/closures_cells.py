# SPDX-License-Identifier: Apache-2.0
"""Cells, nonlocal, lambdas, defaults, keyword-only and star arguments, functions made in loops."""

import functools

EXPECT_COMPILED = {"counter.<locals>.step", "case_cell_in_a_loop", "positional_and_keywords"}
LATE = 3


def counter(start, by):
    value = start

    def step(times=1):
        nonlocal value
        for _ in range(times):
            value += by
        return value

    return step


def case_counter():
    out = []
    for start, by in ((0, 1), (0.5, 0.25), (2**63 - 2, 1), ("", "x"), (True, True)):
        step = counter(start, by)
        out += [step(), step(3), step(0), step()]
    return out


def case_two_share_a_cell():
    total = 0

    def add(x):
        nonlocal total
        total += x

    def read():
        return total

    seen = []
    for i in range(5):
        add(i)
        seen.append((total, read()))
        if i == 2:
            total = 100
    return seen


def case_cell_in_a_loop():
    made = []
    for i in range(4):
        made.append(lambda: i)
    return [f() for f in made]


def case_default_in_a_loop():
    made = [lambda x, i=i: (x, i) for i in range(4)]
    return [f(9) for f in made]


def case_unbound_cell():
    def read():
        return later

    try:
        read()
    except NameError as error:
        first = str(error)
    later = 5
    second = read()
    del later
    try:
        read()
    except NameError as error:
        return first, second, str(error)


def case_unbound_own_cell(flag=False):
    if flag:
        value = 1
    try:
        value  # noqa: B018
    except UnboundLocalError as error:
        text = str(error)
    return text, (lambda: value)


def case_argument_is_a_cell(x=1):
    def change():
        nonlocal x
        x = x * 2 + 0.5
        return x

    return x, change(), x, change(), x


def case_closure_dies():
    log = []

    class Loud:
        def __del__(self):
            log.append("dead")

    thing = Loud()

    def hold():
        return thing

    log.append("made")
    thing = None
    log.append(hold() is None)
    return log


def case_nested_three_deep():
    a = 1

    def outer():
        b = 2

        def middle():
            c = 3

            def inner():
                nonlocal a, b, c
                a, b, c = a + b, b + c, c + a
                return a, b, c

            return inner(), inner()

        return middle(), a, b

    return outer(), a


def case_recursive_closure():
    def fib(n):
        return n if n < 2 else fib(n - 1) + fib(n - 2)

    return [fib(i) for i in range(12)]


def positional_and_keywords(a, b=2, /, c=3, *rest, d=4, e, **more):
    return a, b, c, rest, d, e, sorted(more.items())


def case_argument_forms():
    f = positional_and_keywords
    out = [f(1, e=5), f(1, 2, 3, 4, 5, e=6, d=7), f(1, e=5, x=1, y=2), f(*(1, 2), **{"e": 3, "a": 9})]
    for call in (
        lambda: f(),
        lambda: f(1),
        lambda: f(1, 2, 3, d=1),
        lambda: f(1, e=1, c=2, **{"c": 3}),
        lambda: f(*1, e=2),
        lambda: f(1, **5),
        lambda: f(1, **{1: 2}),
        lambda: f(1, 2, 3, c=4, e=5),
    ):
        try:
            out.append(call())
        except TypeError as error:
            out.append(str(error))
    return out


def mutable_default(item, into=[]):  # noqa: B006
    into.append(item)
    if len(into) > 3:
        del into[:]
    return list(into)


def case_mutable_default():
    return [mutable_default(i) for i in range(8)]


def case_evaluation_order_of_calls():
    log = []

    def note(x):
        log.append(x)
        return x

    def target(*args, **kwargs):
        return args, kwargs

    out = (lambda: target)()(note(1), *[note(2), note(3)], k=note(4), **{"m": note(5)})
    try:
        (log and None)(note(6), note(7))
    except TypeError as error:
        log.append(str(error))
    return out, log


def case_partial_and_wraps():
    @functools.lru_cache
    def square(x):
        return x * x

    add = functools.partial(lambda a, b, c=0: a + b + c, 1, c=10)
    return [square(i) for i in (1, 2, 1, 2.0)], [add(i) for i in range(3)], square.cache_info()


def case_decorated_method():
    class Thing:
        count = 0

        def __init__(self, v):
            self._v = v

        @property
        def v(self):
            Thing.count += 1
            return self._v

        @v.setter
        def v(self, new):
            self._v = new + 1

        @staticmethod
        def twice(x):
            return x * 2

        @classmethod
        def make(cls, x):
            return cls(cls.twice(x))

    thing = Thing.make(4)
    out = []
    for i in range(4):
        thing.v = thing.v + i
        out.append(thing.v)
    return out, Thing.count


def case_lambda_in_sort():
    rows = [(3, "c"), (1, "b"), (2, "a"), (1, "a")]
    return sorted(rows, key=lambda row: row[1]), sorted(rows, key=lambda row: (-row[0], row[1]))


def case_late_global():
    return [f(2) for f in (lambda x: x * LATE, lambda x: x + LATE)]


def case_comprehensions_and_names():
    x = "outer"
    squares = [x * x for x in range(4)]
    pairs = {x: y for x in range(3) for y in range(x)}
    nested = [[x + y for y in range(2)] for x in (10, 20)]
    lazy = list(x for x in (1, 2) if x > 1)
    last = [y := i * 2 for i in range(3)]
    return x, squares, pairs, nested, lazy, last, y, {c for c in "hello"} == set("helo")


def case_comprehension_raises():
    x = 5
    try:
        [10 // x for x in (2, 1, 0)]
    except ZeroDivisionError as error:
        return x, str(error), error.__traceback__.tb_lineno > 0


def case_comprehension_over_closure():
    return [f() for f in [(lambda: n) for n in range(3)]], [f(1) for f in [lambda k, n=n: k + n for n in range(3)]]
