# SPDX-License-Identifier: Apache-2.0
"""Ints with bools, floats and each other: types of results, comparisons beyond 2**53."""

EXPECT_COMPILED = {"case_binary", "case_bool_arithmetic", "case_compare_int_float", "case_mean", "case_count_true"}


def case_binary(a, b):
    out = []
    for op in range(7):
        try:
            if op == 0:
                out.append(a + b)
            elif op == 1:
                out.append(a - b)
            elif op == 2:
                out.append(a * b)
            elif op == 3:
                out.append(a / b)
            elif op == 4:
                out.append(a // b)
            elif op == 5:
                out.append(a % b)
            else:
                out.append(a**b)
        except (ZeroDivisionError, OverflowError) as error:
            out.append((type(error).__name__, str(error)))
    return out


def case_bool_arithmetic(a, b):
    return a + b, a - b, a * b, a & b, a | b, a ^ b, -a, +a, ~int(a), a < b, a == b, a is b, abs(a)


def case_bool_is_int(x):
    return isinstance(x, int), type(x), x + 0, x == 1, [10, 20][x], x and 5, x or 5, not x


def case_compare_int_float(a, b):
    return a < b, a <= b, a == b, a != b, a > b, a >= b, b < a, b == a


def case_count_true(items):
    n = 0
    for item in items:
        n += item > 2
    return n, type(n)


def case_sum_of_bools(n):
    total = False
    for i in range(n):
        total += i % 3 == 0
    return total, type(total)


def case_mean(values):
    total = 0
    for value in values:
        total += value
    return total / len(values), type(total)


def case_int_becomes_float(n):
    x = 1
    trail = []
    for i in range(n):
        if i == n // 2:
            x = x + 0.5
        x = x * 2
        trail.append(x)
    return trail


def case_float_becomes_int(n):
    x = 0.5
    for i in range(n):
        if i == 3:
            x = int(x)
        x = x + i
    return x, type(x)


def case_int_to_big_and_back(n):
    x = 1
    trail = []
    for i in range(n):
        x = x * 16 if i < n // 2 else x // 16
        trail.append(x)
    return trail


def case_none_to_int(n):
    best = None
    for i in range(n):
        value = (i * 7919) % 101
        if best is None or value > best:
            best = value
    return best


def case_bool_to_int_to_float_to_str(n):
    x = True
    out = []
    for i in range(n):
        out.append((x, type(x).__name__))
        if i == 1:
            x = x + 1
        elif i == 3:
            x = x / 2
        elif i == 5:
            x = str(x)
        elif i == 7:
            x = None
    return out


def case_max_of_mixed(values):
    return max(values), min(values), sum(values[:3], 0.0)


def case_zero_kinds():
    out = []
    for zero in (0, 0.0, -0.0, False):
        out.append((zero == 0, zero is False, zero or "empty", -zero, zero + 0, zero * -1, abs(zero)))
    return out


def case_hash_equality(a, b):
    return a == b, hash(a) == hash(b), {a: 1}.get(b), b in [a], [a].count(b)


N = float("nan")
I = float("inf")
ARGS = {
    "case_binary": [(1, 2), (1, 2.0), (1.5, 2), (True, 2), (2, True), (True, 1.5), (2**53 + 1, 1.0), (1.0, 2**53 + 1),
                    (2**70, 0.5), (0, 0.0), (0.0, 0), (-7, 2.0), (7.0, -2), (False, 0), (3, False), (10**400, 2),
                    (10**400, 2.0), (-2, 0.5), (-8, 3), (2, -2), (2.0, 1100), (True, True), (0, -1), (0, -1.0)],
    "case_bool_arithmetic": [(True, True), (True, False), (False, True), (False, False), (True, 5), (5, True),
                             (2**70, True), (False, -3)],
    "case_bool_is_int": [(True,), (False,), (1,), (0,)],
    "case_compare_int_float": [(2**53, 2.0**53), (2**53 + 1, 2.0**53), (2**53 + 1, 2.0**53 + 2), (-(2**53) - 1, -2.0**53),
                               (2**63, 2.0**63), (2**63 - 1, 2.0**63), (-(2**63), -2.0**63), (10**308, 1e308),
                               (10**400, I), (-(10**400), -I), (0, -0.0), (1, N), (2**70, N), (True, 1.0),
                               (False, -0.0), (2**1024, 1.7976931348623157e308), (3, 3.0000000000000004)],
    "case_count_true": [([1, 2, 3, 4],), ([2.5, 1.5, N, I],), ([True, 3, 2**70],), ([],)],
    "case_sum_of_bools": [(0,), (1,), (10,)],
    "case_mean": [([1, 2, 4],), ([1.5, 2, 3],), ([True, False],), ([2**70, 1],), ([2**62, 2**62, 2**62],), ([],)],
    "case_int_becomes_float": [(4,), (12,)],
    "case_float_becomes_int": [(2,), (9,)],
    "case_int_to_big_and_back": [(10,), (64,)],
    "case_none_to_int": [(0,), (1,), (60,)],
    "case_bool_to_int_to_float_to_str": [(10,)],
    "case_max_of_mixed": [([1, 2.0, True],), ([1.0, 1, True],), ([True, 1, 1.0],), ([N, 1, 2],), ([1, N, 2],),
                          ([2**70, 1e30, -I],)],
    "case_hash_equality": [(1, 1.0), (1, True), (2**61 - 1, 0), (2**53 + 1, 2.0**53), (-1, -2), (0.0, -0.0), (0, False),
                           (2**70, 2.0**70)],
}
