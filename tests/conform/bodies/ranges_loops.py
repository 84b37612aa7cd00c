# SPDX-License-Identifier: Apache-2.0
"""Ranges in all shapes and loops in all forms: what the loop variable is, after and within."""

EXPECT_COMPILED = {"case_range_shapes", "case_loop_variable_after", "case_modify_loop_variable", "case_nested", "case_while_else",
                   "case_for_else", "case_continue_break", "case_count_down", "case_collect_sum"}


def case_range_shapes(a, b, c):
    out = []
    for i in range(a, b, c):
        out.append(i)
        if len(out) > 20:
            break
    return out


def case_one_argument(n):
    total = 0
    for i in range(n):
        total += i
    return total


def case_two_arguments(a, b):
    total = 0
    for i in range(a, b):
        total = total * 3 + i
    return total


def case_loop_variable_after(n):
    i = "before"
    for i in range(n):
        pass
    return i


def case_loop_variable_unbound(n):
    for i in range(n):
        pass
    return i


def case_modify_loop_variable(n):
    out = []
    for i in range(n):
        out.append(i)
        i = i * 10 + 5
        out.append(i)
    return out, i


def case_modify_limit(n):
    count = 0
    for i in range(n):
        n = 2
        count += 1
    return count, n


def case_delete_loop_variable(n):
    for i in range(n):
        if i == 2:
            del i
    return i


def case_same_variable_nested(n):
    out = []
    for i in range(n):
        for i in range(2):
            out.append(i)
        out.append(i)
    return out


def case_nested(n):
    total = 0
    for i in range(n):
        for j in range(i):
            for k in range(j, i):
                total += i * j - k
    return total


def case_count_down(n):
    out = []
    while n > 0:
        n -= 1
        out.append(n)
    return out


def case_while_else(n, stop):
    while n:
        n -= 1
        if n == stop:
            result = "broken"
            break
    else:
        result = "finished"
    return result, n


def case_for_else(items, stop):
    for x in items:
        if x == stop:
            break
    else:
        return "no break"
    return "break at", x


def case_continue_break(n):
    out = []
    for i in range(n):
        if i % 3 == 0:
            continue
        if i > 10:
            break
        out.append(i)
    else:
        out.append("else")
    return out


def case_break_two_levels(n):
    found = None
    for i in range(n):
        for j in range(n):
            if i * j == 12:
                found = i, j
                break
        if found:
            break
    return found


def case_while_true(n):
    i = 0
    while True:
        i += 1
        if i >= n:
            return i
        if i % 2:
            continue


def case_range_object(r, i):
    return r[i], len(r), i in r, r.index(i) if i in r else None, r == range(0, 10), list(r)[:5]


def case_range_reused(n):
    r = range(n)
    return [a * b for a in r for b in r], list(r), sum(r)


def case_range_slices(r, a, b):
    return r[a:b], r[::-1], r[a:], list(r[::2])


def case_range_bounds(a, b):
    out = []
    for i in range(a, b):
        out.append(i)
        if len(out) == 4:
            break
    return out


def case_range_errors(k):
    if k == 0:
        return range(1, 2, 0)
    if k == 1:
        return range(1.5)
    if k == 2:
        return range("a")
    if k == 3:
        for i in range(None):
            pass
    if k == 4:
        return range(3)[5]
    if k == 5:
        for i in 5:
            pass
    return len(range(2**70))


def case_range_shadowed(n):
    def range(k):
        return ["not", "a", "range", k]

    return [x for x in range(n)]


def case_collect_sum(n):
    total = 0
    squares = 0
    evens = 0
    for i in range(n):
        total += i
        squares += i * i
        if i % 2 == 0:
            evens += 1
    return total, squares, evens


def case_huge_counter():
    i = 2**63 - 3
    out = []
    while i < 2**63 + 3:
        out.append(i)
        i += 1
    return out


def case_iterate_kinds(items):
    out = []
    for x in items:
        out.append(x)
    return out


def case_iterate_iterator_twice(items):
    it = iter(items)
    first = [x for x in it]
    second = [x for x in it]
    for x in it:
        second.append("never")
    return first, second


def case_step_of_bool(n):
    return [i for i in range(False, n, True)], range(True, 3)


def case_index_objects():
    class Ix:
        def __init__(self, v):
            self.v = v

        def __index__(self):
            return self.v

    total = 0
    for i in range(Ix(2), Ix(20), Ix(3)):
        total += i
    return total


def case_user_iterator(n):
    class Count:
        def __init__(self, n):
            self.n = n
            self.i = 0

        def __iter__(self):
            return self

        def __next__(self):
            if self.i >= self.n:
                raise StopIteration
            self.i += 1
            return self.i

    total = 0
    for x in Count(n):
        total += x
    return total


def case_getitem_iteration(n):
    class Seq:
        def __getitem__(self, i):
            if i >= n:
                raise IndexError
            return i * i

    out = []
    for x in Seq():
        out.append(x)
    return out, 9 in Seq()


def case_iterator_raises(n):
    class Bad:
        def __iter__(self):
            return self

        def __next__(self):
            raise KeyError(n)

    for x in Bad():
        pass


def case_bad_iter():
    class Bad:
        def __iter__(self):
            return 5

    for x in Bad():
        pass


def case_triangle(n):
    rows = []
    row = [1]
    for _ in range(n):
        rows.append(row)
        row = [1] + [row[i] + row[i + 1] for i in range(len(row) - 1)] + [1]
    return rows


def case_gcd_while(a, b):
    while b:
        a, b = b, a % b
    return a


def case_collatz(n):
    steps = 0
    while n != 1:
        n = n // 2 if n % 2 == 0 else 3 * n + 1
        steps += 1
    return steps


B = 2**63
ARGS = {
    "case_range_shapes": [(0, 5, 1), (5, 0, -1), (0, 10, 3), (10, 0, -3), (0, 0, 1), (5, 5, -1), (0, -5, 1), (-5, 5, 2), (B - 3, B + 3, 1),
                          (-B + 2, -B - 3, -1), (0, B * 4, B), (0, 2**62, 2**61), (2**62, -(2**62), -(2**61)), (B - 5, B - 1, 2),
                          (0, 5, 0), (True, 5, True), (0, 10**30, 10**29), (1, 3, 2**64)],
    "case_one_argument": [(0,), (1,), (100,), (-5,), (True,), (1.5,), ("a",), (None,)],
    "case_two_arguments": [(0, 5), (5, 0), (-3, 3), (0, True), (2, 2.5)],
    "case_loop_variable_after": [(0,), (1,), (5,)],
    "case_loop_variable_unbound": [(0,), (3,)],
    "case_modify_loop_variable": [(1,), (4,)],
    "case_modify_limit": [(5,), (1,)],
    "case_delete_loop_variable": [(3,), (2,), (5,)],
    "case_same_variable_nested": [(3,)],
    "case_nested": [(0,), (3,), (12,)],
    "case_count_down": [(0,), (5,), (-1,), (2.5,), (True,)],
    "case_while_else": [(5, 2), (5, 9), (0, 0)],
    "case_for_else": [([1, 2, 3], 2), ([1, 2, 3], 9), ([], 1), ("abc", "c")],
    "case_continue_break": [(0,), (5,), (30,)],
    "case_break_two_levels": [(3,), (8,)],
    "case_while_true": [(1,), (9,)],
    "case_range_object": [(range(10), 3), (range(0, 10, 3), 9), (range(5, -5, -2), -3), (range(2**70, 2**70 + 3), 1), (range(10), -1)],
    "case_range_reused": [(0,), (4,)],
    "case_range_slices": [(range(10), 2, 5), (range(0, 20, 3), -3, 9), (range(0), 0, 1)],
    "case_range_bounds": [(2**30 - 2, 2**30 + 2), (2**31 - 2, 2**31 + 2), (2**62 - 2, 2**62 + 2), (B - 2, B + 2), (-B - 2, -B + 2), (2**64, 2**65)],
    "case_range_errors": [(k,) for k in range(7)],
    "case_range_shadowed": [(3,)],
    "case_collect_sum": [(0,), (1,), (200,)],
    "case_iterate_kinds": [([1, 2],), ((1, 2),), ("ab",), ({1: 2},), (b"ab",), (range(3),), (5,), (None,)],
    "case_iterate_iterator_twice": [([1, 2],), ("ab",), ((),)],
    "case_step_of_bool": [(3,)],
    "case_user_iterator": [(0,), (7,)],
    "case_getitem_iteration": [(0,), (5,)],
    "case_iterator_raises": [(1,)],
    "case_triangle": [(0,), (8,)],
    "case_gcd_while": [(48, 18), (0, 5), (2**70, 2**40), (-12, 18), (7.5, 2.5), (5, 0)],
    "case_collatz": [(1,), (27,), (97,), (2**40 - 1,)],
}
