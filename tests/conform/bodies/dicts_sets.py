# SPDX-License-Identifier: Apache-2.0
"""Dicts and sets: reads, writes, iteration, changes during iteration, odd keys."""

EXPECT_COMPILED = {"case_get", "case_set", "case_count", "case_iterate_items", "case_memo_fibonacci"}


def case_get(d, k):
    return d[k]


def case_set(d, k, v):
    d[k] = v
    return d


def case_delete(d, k):
    del d[k]
    return d


def case_in(d, k):
    return k in d, k not in d


def case_count(items):
    counts = {}
    for item in items:
        if item in counts:
            counts[item] += 1
        else:
            counts[item] = 1
    return counts


def case_iterate_items(d):
    out = []
    for k, v in d.items():
        out.append((k, v))
    for k in d:
        out.append(k)
    for v in d.values():
        out.append(v)
    return out


def case_grow_while_iterating(d):
    for k in d:
        d[k * 2 + 1] = k
    return d


def case_change_values_while_iterating(d):
    for k in d:
        d[k] = d[k] + 1
    return d


def case_delete_while_iterating(d):
    for k in list(d):
        if k % 2:
            del d[k]
    for k in d:
        del d[k]
    return d


def case_delete_and_add_while_iterating():
    d = {1: 1, 2: 2, 3: 3}
    seen = []
    try:
        for k in d:
            seen.append(k)
            del d[k]
            d[k + 10] = 0
    except RuntimeError as error:
        seen.append(str(error))
    return seen[:3]


def case_methods(d):
    out = [d.get(1), d.get(9, "no"), d.pop(1, None), d.setdefault(7, []), list(d.keys()), list(d.items()), len(d)]
    d.update({8: 1}, x=2)
    out.append(d.copy())
    out.append(d.popitem())
    d.clear()
    return out, d


def case_build(a, b):
    return {a: 1, b: 2}, {**{a: 1}, **{b: 2}, "c": 3}, dict(x=a), dict([(a, b)]), {a: b for a in range(3)}, {}


def case_merge(a, b):
    c = a | b
    a |= b
    return c, a, b


def case_keys_equal_across_types():
    d = {1: "int"}
    d[1.0] = "float"
    d[True] = "bool"
    return d, list(d), d[1], len({0, False, 0.0, -0.0}), {True: 1, 1: 2, 1.0: 3}


def case_order():
    d = {}
    for k in (3, 1, 2, 1, 3):
        d[k] = len(d)
    del d[1]
    d[1] = "again"
    return d, list(reversed(d))


def case_memo_fibonacci(n):
    memo = {}

    def fib(k):
        if k in memo:
            return memo[k]
        result = k if k < 2 else fib(k - 1) + fib(k - 2)
        memo[k] = result
        return result

    return fib(n), len(memo)


def case_missing():
    class Default(dict):
        def __missing__(self, key):
            self[key] = value = [key]
            return value

    d = Default()
    d["a"].append(1)
    return d, d["b"], d.get("c"), "c" in d


class Odd:
    def __init__(self, log, value):
        self.log = log
        self.value = value

    def __hash__(self):
        self.log.append("hash")
        return 7

    def __eq__(self, other):
        self.log.append("eq")
        return isinstance(other, Odd) and self.value == other.value


def case_order_of_hash_and_eq():
    log = []
    d = {Odd(log, 1): "a"}
    d[Odd(log, 2)] = "b"
    found = d[Odd(log, 2)], Odd(log, 3) in d, d.get(Odd(log, 1))
    return found, log, len(d)


def case_eq_raises():
    class Bad:
        def __hash__(self):
            return 1

        def __eq__(self, other):
            raise ValueError("no comparing")

    d = {Bad(): 1}
    d[Bad()] = 2
    return d


def case_unhashable(k):
    d = {}
    if k == 0:
        d[[]] = 1
    elif k == 1:
        return d[{}]
    elif k == 2:
        return [] in d
    elif k == 3:
        return {1: 2, []: 3}
    elif k == 4:
        return {[]}
    else:
        return d.get(([],))


def case_sets(a, b):
    return a | b, a & b, a - b, a ^ b, a < b, a <= b, a == b, 1 in a, len(a), sorted(a)


def case_set_loop(items):
    seen = set()
    out = []
    for x in items:
        if x not in seen:
            seen.add(x)
            out.append(x)
    return out, seen


def case_set_change_while_iterating():
    s = {1, 2, 3}
    for x in s:
        s.add(x + 10)
    return s


def case_set_methods():
    s = {1, 2}
    s.add(3)
    s.discard(9)
    s.remove(1)
    s.update([5, 6])
    t = frozenset(s)
    return s, t, {t: 1}, s.issuperset({2}), s.pop() in t


def case_set_remove_missing():
    {1}.remove(2)


def case_histogram(values):
    h = [0] * 5
    d = {}
    for v in values:
        h[v % 5] += 1
        d[v % 5] = d.get(v % 5, 0) + v
    return h, d


def case_nested_dict():
    d = {}
    for i in range(6):
        d.setdefault(i % 2, {}).setdefault(i % 3, []).append(i)
    return d, d[0][0], d[1].get(2)


def case_dict_subclass(k):
    class Loud(dict):
        def __getitem__(self, key):
            return ("loud", dict.get(self, key))

        def __contains__(self, key):
            return True

        def __setitem__(self, key, value):
            dict.__setitem__(self, key, [value])

    d = Loud(a=1)
    d["b"] = 2
    return d[k], k in d, d.get(k), dict(d), list(d)


def case_key_error_args(k):
    return {"x": 1}[k]


def case_tuple_keys(n):
    grid = {}
    for i in range(n):
        for j in range(n):
            grid[i, j] = i * j
    return grid[n - 1, 0], (0, 0) in grid, len(grid), grid.get((n, n))


def case_comparison_of_dicts(a, b):
    return a == b, a != b, a.items() == b.items(), a.keys() & b.keys(), a.keys() - b.keys()


ARGS = {
    "case_get": [({1: 2}, 1), ({"a": 1}, "a"), ({}, "x"), ({1: 2}, 1.0), ({1: 2}, True), ({None: 1}, None), ({(1, 2): 3}, (1, 2)), ({1: 2}, [])],
    "case_set": [({}, 1, 2), ({1: 1}, 1, 5), ({1: 1}, 1.0, 5), ({"a": 1}, None, None), ({}, [], 1)],
    "case_delete": [({1: 2, 3: 4}, 1), ({}, "k"), ({"a": 1}, "a")],
    "case_in": [({1: 2}, 1), ({}, 1), ({"a": 1}, "b"), ({1, 2}, 2), ([1, 2], 1)],
    "case_count": [([1, 2, 1],), ("hello",), ([],), ([1, 1.0, True, "a"],), ([[1]],)],
    "case_iterate_items": [({1: "a", 2: "b"},), ({},)],
    "case_grow_while_iterating": [({1: 1, 2: 2},), ({},)],
    "case_change_values_while_iterating": [({1: 1, 2: 2.5},), ({1: "a"},)],
    "case_delete_while_iterating": [({1: 1, 2: 2, 3: 3, 4: 4},), ({1: 1},), ({2: 2},)],
    "case_methods": [({1: 2, 3: 4},), ({},)],
    "case_build": [(1, 2), ("a", "b"), (1, 1)],
    "case_merge": [({1: 1}, {2: 2}), ({1: 1}, {1: 5}), ({}, {})],
    "case_memo_fibonacci": [(0,), (10,), (60,), (100,)],
    "case_unhashable": [(k,) for k in range(6)],
    "case_sets": [({1, 2}, {2, 3}), (set(), {1}), (frozenset([1]), {1})],
    "case_set_loop": [([1, 2, 1, 3],), ([],), (["a", "a", 1, 1.0],)],
    "case_histogram": [([1, 2, 3, 4, 5, 6],), ([],), ([-1, 2**70],), ([1.5],)],
    "case_dict_subclass": [("a",), ("b",), ("z",)],
    "case_key_error_args": [("y",), (1,), (None,), ((1, 2),)],
    "case_tuple_keys": [(1,), (5,)],
    "case_comparison_of_dicts": [({1: 2}, {1: 2.0}), ({1: 2}, {}), ({"a": [1]}, {"a": [1]})],
}
