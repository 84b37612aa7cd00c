# SPDX-License-Identifier: Apache-2.0
"""Which objects are the same: numbers that pass through locals, loops, containers and calls; NaN,
which containers find by identity; small ints, constants, strings; arguments given back."""

NAN = float("nan")


def given_back(x, y):
    return x is y, x, y


def case_same_argument():
    big, number = 10**20, 2.5
    return [given_back(v, v)[0] for v in (big, number, 1000, "ab", (1,), None, NAN)]


def same_result(x):
    y = x
    return y


def case_result_is_the_argument():
    return [same_result(v) is v for v in (2.5, 1000, 10**20, "abc", [], NAN)]


def through_a_loop(x, n):
    y = x
    for _ in range(n):
        pass
    return y is x, y, x


def case_through_a_loop():
    return [through_a_loop(v, n)[0] for v in (2.5, 1000, 10**20, "abc") for n in (0, 1, 3)]


def stored_and_read(x):
    items = [x, x]
    pair = (x, items[0])
    table = {1: x}
    return items[0] is x, pair[1] is x, table[1] is items[1], items[0] is items[1]


def case_stored_and_read():
    return [stored_and_read(v) for v in (2.5, 1000, 10**20, NAN)]


def case_small_ints():
    out = []
    for i in range(-8, 3):
        j = i * 1
        out.append((j is i + 0) if -5 <= i <= 256 else None)
    for i in range(250, 257):
        out.append(i - 1 is i - 2 + 1)
    return out


def case_nan_in_containers():
    x = NAN
    items = [x, 1.0]
    return x in items, x == x, items == [x, 1.0], items.count(x), items.index(x), {x: 1}.get(x), (x,) == (x,)


def nan_argument(x):
    return x in [x], [x] == [x], x is x, x != x


def case_nan_argument():
    return nan_argument(NAN), nan_argument(float("nan"))


def case_bool_and_none():
    out = []
    for x in (True, False, None, 0, 1):
        out.append((x is True, x is False, x is None, (not x) is True, (x == 1) is True))
    return out


def case_strings():
    a = "ab"
    b = "".join(["a", "b"])
    return a is "".join([a]), b == a, a[:] is a, a[0] is "a"[0], str(a) is a


def case_tuples_and_slices():
    t = (1, 2, 3)
    return t[:] is t, tuple(t) is t, t + () is t, t * 1 is t, () is ()  # noqa: F632


def case_unary_plus():
    big, number = 10**20, 2.5
    return +number == number, +big == big, abs(number) == number, int(big) is big, float(number) is number


def swapped(a, b):
    a, b = b, a
    return a, b


def case_swapped():
    x, y = 2.5, 3.5
    a, b = swapped(x, y)
    return a is y, b is x


def case_default_object(x=[]):  # noqa: B006
    def inner(y=x):
        return y is x

    return inner(), x


def last_two(items):
    a = b = items[0]
    for x in items:
        b = a
        a = x
    return a, b


def case_the_last_two():
    items = [1.25, 2.5, 1000, 1001.5, 2000]
    a, b = last_two(items)
    return a is items[-1], b is items[-2], last_two(items[:1])


def counts_nan(items):
    seen = []
    for x in items:
        y = x
        if y * 2.0 != 3.0:
            seen.append(y)
    return [x in seen for x in items], NAN in seen


def case_nan_is_found_by_identity():
    return counts_nan([1.5, NAN, 2.5]), counts_nan([float("nan"), 1.0])
