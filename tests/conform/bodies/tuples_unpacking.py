# SPDX-License-Identifier: Apache-2.0
"""Tuples and unpacking: index, slices, nested and starred targets, errors of each."""

import gc

EXPECT_COMPILED = {"case_known_to_the_collector", "case_get", "case_swap_three", "case_nested", "case_star", "case_fibonacci_pair", "case_unpack_in_for"}


def case_known_to_the_collector(x, y):
    pair = (x, y)
    return gc.is_tracked((x,)), gc.is_tracked(pair), gc.is_tracked((x + x, 1)), gc.is_tracked((pair, x))


def case_get(t, i):
    return t[i]


def case_slices(t, a, b, c):
    return t[a:b], t[::c], t[a:], t[:]


def case_unpack_two(x):
    a, b = x
    return a, b


def case_unpack_three(x):
    a, b, c = x
    return c, b, a


def case_star(x):
    a, *b = x
    return a, b


def case_star_middle(x):
    a, *b, c = x
    return a, b, c


def case_star_last(x):
    *a, b = x
    return a, b


def case_nested(x):
    (a, b), (c, (d, e)) = x
    return a, b, c, d, e


def case_nested_star(x):
    a, (b, *c), *d = x
    return a, b, c, d


def case_swap_three(a, b, c):
    a, b, c = c, a, b
    a, b = b, a
    return a, b, c


def case_fibonacci_pair(n):
    a, b = 0, 1
    for _ in range(n):
        a, b = b, a + b
    return a


def case_unpack_in_for(rows):
    total = 0
    for a, (b, c) in rows:
        total += a * b - c
    return total


def case_unpack_star_in_for(rows):
    out = []
    for first, *rest in rows:
        out.append((first, rest))
    return out


def case_targets_order():
    log = []

    class Target:
        def __setattr__(self, name, value):
            log.append((name, value))

        def __setitem__(self, key, value):
            log.append((key, value))

    t = Target()
    t.a, t[1], (t.b, t[2]) = 1, 2, (3, 4)
    return log


def case_index_then_value():
    items = [0, 1, 2]
    i = 0
    i, items[i] = 2, "x"
    return i, items


def case_chain_assignment():
    a = b = c = [1]
    b.append(2)
    return a, b is c


def case_build(a, b):
    return (a, b), (a,), (), (a, (b, (a,))), (*[a, b], *(b,)), a, b


def case_concat_multiply(a, b, n):
    return a + b, a * n, n * b, a == b, a < b, (1, 2) in [a, b]


def case_immutable(k):
    t = (1, 2)
    if k == 0:
        t[0] = 5
    elif k == 1:
        del t[0]
    elif k == 2:
        return t + [1]
    elif k == 3:
        return t * 1.5
    else:
        return t.x


def case_tuple_methods(t, x):
    return t.count(x), len(t), x in t, hash(t) == hash(tuple(t))


def case_return_many(n):
    def point(i):
        return i, i * 2.0, str(i)

    total = 0.0
    names = []
    for i in range(n):
        a, b, c = point(i)
        total += a + b
        names.append(c)
    return total, names


def case_unpack_iterator(n):
    def generate():
        for i in range(n):
            yield i

    a, b, c = generate()
    return a, b, c


def case_unpack_dict_and_str():
    a, b = {"x": 1, "y": 2}
    c, d = "hé"
    e, f = {1: 2}.items() or (0, 0), 5
    return a, b, c, d, len(e), f


def case_unpack_user_iterator():
    class It:
        def __init__(self):
            self.log = []

        def __iter__(self):
            self.log.append("iter")
            return iter([1, 2])

    it = It()
    a, b = it
    return a, b, it.log


def case_unpack_raises():
    def bad():
        yield 1
        raise KeyError("inside")

    a, b = bad()
    return a, b


def case_compare_tuples(a, b):
    return a < b, a == b, a >= b, max(a, b), sorted([b, a])


ARGS = {
    "case_known_to_the_collector": [(1, 2), (1.5, 0), ("a", None), ([], 1), ([1], []), ((), 1), ((1,), ()), (True, ())],
    "case_get": [((1, 2), 0), ((1, 2), -1), ((1, 2), 2), ((1, 2), -3), ((), 0), ((1.5,), False), ((1,), 2**70), ((1,), "a")],
    "case_slices": [((1, 2, 3, 4), 1, 3, 2), ((1, 2, 3), -2, 9, -1), ((), 0, 1, 1), ((1, 2), 0, 1, 0)],
    "case_unpack_two": [((1, 2),), ([1, 2],), ("ab",), ((1,),), ((1, 2, 3),), ([],), (5,), (None,), ({1: 2, 3: 4},), (range(2),), ([1, 2, 3],)],
    "case_unpack_three": [((1, 2, 3),), ([1.5, None, "a"],), ((1, 2),), ((1, 2, 3, 4),)],
    "case_star": [((1, 2, 3),), ([1],), ("ab",), ((),), (range(4),), (7,)],
    "case_star_middle": [((1, 2, 3, 4),), ((1, 2),), ((1,),), ("abc",)],
    "case_star_last": [((1, 2, 3),), ([1],), ([],)],
    "case_nested": [(((1, 2), (3, (4, 5))),), (([1, 2], "ab"),), (((1, 2), (3, (4, 5, 6))),), (((1,), (3, (4, 5))),), (((1, 2), 3),)],
    "case_nested_star": [((1, (2, 3, 4), 5, 6),), ((1, "a"),), ((1, ()),)],
    "case_swap_three": [(1, 2, 3), ("a", 1.5, None)],
    "case_fibonacci_pair": [(0,), (1,), (50,), (91,), (92,), (93,), (200,)],
    "case_unpack_in_for": [([(1, (2, 3)), (4, (5, 6))],), ([],), ([(1.5, (2, 3))],), ([(1, 2)],), ([(1, (2,))],)],
    "case_unpack_star_in_for": [([(1, 2, 3), [4], "xy"],), ([()],)],
    "case_build": [(1, 2), (None, "x"), (1.5, [1])],
    "case_concat_multiply": [((1,), (2,), 3), ((), (), 0), ((1, 2), (1, 2), -1)],
    "case_immutable": [(k,) for k in range(5)],
    "case_tuple_methods": [((1, 2, 1), 1), ((1.0, True), 1), ((), 0)],
    "case_return_many": [(0,), (10,)],
    "case_unpack_iterator": [(3,), (2,), (4,)],
    "case_compare_tuples": [((1, 2), (1, 3)), ((1,), (1, 0)), ((1.0, "a"), (1, "b")), ((1, "a"), (1, 2))],
}
