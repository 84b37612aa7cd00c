# SPDX-License-Identifier: Apache-2.0
"""Int arithmetic around every boundary a native representation could have."""

EDGES = [0, 1, -1, 2, -2, 3, -7, 10]
for _bits in (15, 29, 30, 31, 32, 53, 59, 60, 61, 62, 63, 64, 90, 127):
    for _delta in (-1, 0, 1):
        EDGES += [2**_bits + _delta, -(2**_bits) + _delta]
SMALL = [x for x in EDGES if abs(x) in (0, 1, 2, 3, 7, 10) or abs(abs(x) - 2**63) <= 1 or abs(abs(x) - 2**62) <= 1
         or abs(abs(x) - 2**30) <= 1 or abs(x) in (2**31, 2**32, 2**60, 2**64)]
PAIRS = [(a, b) for a in SMALL for b in SMALL]
EXPECT_COMPILED = {
    "add_sub_mul", "floor_division", "modulo", "case_divmod", "case_true_division", "case_shift_counts",
    "case_bit_operations", "case_unary", "case_comparisons", "case_powers", "case_sum_to_overflow",
    "case_product_to_overflow", "case_subtract_to_underflow", "case_accumulate_back_into_range",
    "case_augmented_all",
}


def add_sub_mul(a, b):
    return a + b, a - b, a * b


def case_all_pairs_add_sub_mul():
    out = []
    for a, b in PAIRS:
        out.append(add_sub_mul(a, b))
    return out


def floor_division(a, b):
    return a // b


def modulo(a, b):
    return a % b


def case_all_pairs_division():
    out = []
    for a, b in PAIRS:
        if b:
            out.append((floor_division(a, b), modulo(a, b)))
    return out


def case_divmod(a, b):
    return divmod(a, b), a // b, a % b


def case_true_division(a, b):
    return a / b


def case_shift_counts(a, n):
    left = a << n
    right = a >> n
    return left, right


def case_bit_operations(a, b):
    return a & b, a | b, a ^ b, ~a, ~b, a & ~b


def case_unary(a):
    return -a, +a, ~a, not a, abs(a), -(-a), - -a


def case_comparisons(a, b):
    return a < b, a <= b, a == b, a != b, a >= b, a > b


def case_powers(a, b):
    return a**b


def case_pow_modulo(a, b, m):
    return pow(a, b, m)


def case_sum_to_overflow():
    total = 0
    step = 2**61
    for i in range(9):
        total += step + i
    return total


def case_product_to_overflow():
    total = 1
    seen = []
    for i in range(1, 40):
        total *= i
        seen.append(total)
    return seen


def case_subtract_to_underflow():
    total = -(2**62)
    for i in range(5):
        total -= 2**61 + i
    return total


def case_accumulate_back_into_range():
    total = 2**63 - 2
    trail = []
    for step in (1, 1, 1, -5, -(2**62), -(2**63), -3):
        total += step
        trail.append(total)
    return trail


def case_augmented_all(a, b):
    x = a
    x += b
    x -= 3
    x *= b
    x //= 5
    x %= 1000003
    x <<= 3
    x >>= 1
    x |= b
    x &= 0xFFFFFFFFFFFF
    x ^= a
    x **= 2
    return x


def case_minimum_over_minus_one(a):
    return a // -1, a % -1, divmod(a, -1), a * -1, -a, abs(a)


def case_mixed_sign_table():
    rows = []
    for a in range(-9, 10):
        for b in range(-4, 5):
            if b != 0:
                rows.append((a // b, a % b))
    return rows


def case_big_shift_in_loop():
    x = 1
    out = []
    for i in range(0, 130, 13):
        out.append(x << i)
        out.append(-(x << i) >> 3)
    return out


def case_power_of_two_mask(n):
    return [(1 << k) - 1 for k in range(n)], [-1 << k for k in range(n)]


def case_identity_of_small(a):
    b = a + 0
    return b == a, type(b) is int


def case_digit_sum(n):
    total = 0
    while n:
        n, d = divmod(n, 10)
        total += d
    return total


def case_isqrt_newton(n):
    x = n
    y = (x + 1) // 2
    while y < x:
        x = y
        y = (x + n // x) // 2
    return x


ARGS = {
    "case_divmod": [(7, 2), (-7, 2), (7, -2), (-7, -2), (-(2**63), -1), (2**63, -1), (-(2**63), 2**63 - 1), (0, -5),
                    (2**64, 2**32), (1, 0), (2**70, 0)],
    "case_true_division": [(1, 3), (2**53 + 1, 1), (2**63, 3), (-(2**63), 7), (10**400, 10**390), (10**400, 1), (1, 0),
                           (0, -3), (-1, 2**70), (2**1100, 2**1099)],
    "case_shift_counts": [(1, 0), (1, 1), (1, 29), (1, 30), (1, 31), (1, 61), (1, 62), (1, 63), (1, 64), (1, 65),
                          (-1, 62), (-1, 63), (-1, 64), (-5, 1), (2**62, 1), (-(2**62), 1), (-(2**62), 2), (3, 61),
                          (0, 1000), (2**63, 70), (-(2**63), 200), (12345678901234567890, 13), (7, 500), (1, -1),
                          (0, -1), (5, -(2**70))],
    "case_bit_operations": [(5, 3), (-5, 3), (5, -3), (-5, -3), (2**63 - 1, -(2**63)), (2**63, 2**62), (-(2**63), 1),
                            (2**64 - 1, -1), (0, -(2**70)), (2**70, 2**70 - 1), (-(2**65), 2**64)],
    "case_unary": [(0,), (1,), (-1,), (2**63 - 1,), (-(2**63),), (2**63,), (-(2**63) - 1,), (2**62,), (-(2**30),)],
    "case_comparisons": [(1, 2), (2, 1), (2, 2), (-1, 1), (2**63 - 1, 2**63), (-(2**63), -(2**63) - 1), (2**64, 2**64),
                         (2**30, -(2**30)), (0, 2**70)],
    "case_powers": [(2, 10), (2, 62), (2, 63), (2, 64), (-2, 63), (-2, 64), (3, 39), (3, 40), (3, 41), (0, 0), (0, 5),
                    (1, 10**6), (-1, 10**6 + 1), (7, 200), (2, -1), (-2, -3), (0, -1), (10, -400), (10**200, -2)],
    "case_pow_modulo": [(2, 10, 1000), (3, 200, 13), (-3, 3, 5), (3, 3, -5), (2, -1, 7), (2, -1, 4), (2, 3, 0),
                        (2**64, 3, 2**61 - 1)],
    "case_augmented_all": [(1, 2), (2**62, 2**61), (-(2**62), 3), (10**20, -7), (5, 2**31)],
    "case_minimum_over_minus_one": [(-(2**63),), (2**63,), (2**63 - 1,), (-(2**62),), (-(2**31),), (0,)],
    "case_power_of_two_mask": [(5,), (66,)],
    "case_identity_of_small": [(0,), (256,), (257,), (-5,), (-6,), (2**40,)],
    "case_digit_sum": [(0,), (12345,), (2**63 - 1,), (10**30 + 7,)],
    "case_isqrt_newton": [(2,), (10**12,), (2**62,), (2**63 - 1,), (10**40,)],
}
