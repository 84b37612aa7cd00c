# SPDX-License-Identifier: Apache-2.0
"""Float arithmetic to the last bit, with every special value."""

import math

N = float("nan")
I = float("inf")
VALUES = [0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.0, -3.0, 1e308, -1e308, 5e-324, -5e-324, 2.2250738585072014e-308, 1e-300,
          0.1, 1.1, -7.25, 3.0000000000000004, 2.0**53, 2.0**63, -2.0**63, 1e22, I, -I, N]
EXPECT_COMPILED = {"binary", "comparisons", "case_unary", "case_horner", "case_kahan", "case_minus_zero_sum",
                   "case_logistic_map", "case_inf_minus_inf", "case_conversions"}


def binary(a, b, out):
    out.append(a + b)
    out.append(a - b)
    out.append(a * b)
    if b:
        out.append(a / b)
        out.append(a // b)
        out.append(a % b)


def case_all_pairs():
    out = []
    for a in VALUES:
        for b in VALUES:
            binary(a, b, out)
    return out


def comparisons(a, b):
    return a < b, a <= b, a == b, a != b, a > b, a >= b


def case_all_comparisons():
    return [comparisons(a, b) for a in VALUES for b in VALUES]


def case_divmod_pairs():
    out = []
    for a in VALUES:
        for b in VALUES:
            try:
                out.append(divmod(a, b))
            except ZeroDivisionError as error:
                out.append(str(error))
    return out


def case_power_pairs():
    out = []
    for a in VALUES:
        for b in VALUES:
            try:
                out.append(a**b)
            except (ZeroDivisionError, OverflowError) as error:
                out.append((type(error).__name__, str(error)))
    return out


def case_unary(x):
    return -x, +x, abs(x), not x, bool(x), x or "zero", -(-x)


def case_zero_division(kind):
    a = 1.0
    if kind == 0:
        return a / 0.0
    if kind == 1:
        return a // 0.0
    if kind == 2:
        return a % -0.0
    if kind == 3:
        return divmod(a, 0.0)
    return 0.0**-1


def case_round(x, n):
    return round(x, n)


def case_round_to_int(x):
    return round(x), int(x), type(round(x))


def case_conversions(x):
    return float(x), x * 1.0, x + 0.0, 0.0 + x, x - 0.0


def case_horner(x):
    y = 0.0
    for c in (1.5, -2.25, 0.125, 3.0, -1.0):
        y = y * x + c
    return y


def case_kahan(n):
    total = 0.0
    carry = 0.0
    for i in range(1, n):
        y = 1.0 / i - carry
        t = total + y
        carry = (t - total) - y
        total = t
    return total, carry


def case_no_reassociation():
    a, b, c = 1e16, -1e16, 1.0
    return (a + b) + c, a + (b + c), (a * 1e300) * 1e-300, a * (1e300 * 1e-300), a * 0.1 * 10.0


def case_no_fused_multiply_add(n):
    x = 1.0 + 2.0**-30
    out = []
    for i in range(n):
        out.append(x * x - (1.0 + 2.0**-29))
        x = x + 2.0**-40
    return out


def case_minus_zero_sum(n):
    total = -0.0
    for _ in range(n):
        total = total + -0.0
    return total, total * 1, 0 - total, -total


def case_logistic_map(n):
    x = 0.3
    for _ in range(n):
        x = 3.9 * x * (1 - x)
    return x


def case_inf_minus_inf():
    x = 1e308
    out = []
    for _ in range(4):
        x = x * 10
        out.append((x, x - x, x / x if x else None))
    return out


def case_underflow(n):
    x = 1.0
    k = 0
    while x > 0.0 and k < n:
        x = x / 2
        k += 1
    return k, x


def case_nan_in_loop():
    x = N
    count = 0
    while x != x and count < 5:
        x = x + 1
        count += 1
    return count, x == x, x is x, x in [x], [x] == [x], N < 1, not (N < 1), N != N


def case_nan_payload(x):
    return x + 1.0, x * 2, -x, x


def case_fraction_loop():
    x = 0.0
    trail = []
    while x < 1.0:
        x += 0.1
        trail.append(x)
    return trail


def case_float_step(a, b, n):
    h = (b - a) / n
    total = 0.0
    for i in range(n):
        x = a + (i + 0.5) * h
        total += x * x
    return total * h


def case_math_functions(x):
    out = []
    for f in (math.sqrt, math.exp, math.log, math.sin, math.cos, math.tan, math.floor, math.ceil, math.trunc, math.fabs,
              math.isnan, math.isinf, math.atan, math.log2, math.log10, math.gamma, math.degrees):
        try:
            out.append(f(x))
        except (ValueError, OverflowError, TypeError) as error:
            out.append((f.__name__, type(error).__name__, str(error)))
    return out


def case_math_two_arguments(a, b):
    out = [math.copysign(a, b), math.hypot(a, b), math.atan2(a, b)]
    for f in (math.fmod, math.pow, math.ldexp, math.gcd, math.remainder):
        try:
            out.append(f(a, b))
        except (ValueError, OverflowError, TypeError) as error:
            out.append((f.__name__, type(error).__name__, str(error)))
    return out


def case_sqrt_in_loop(n):
    total = 0.0
    for i in range(n):
        total += math.sqrt(i) * math.sin(i) - math.floor(i / 3)
    return total


def case_format(x):
    return f"{x}", f"{x!r}", f"{x:.3f}", f"{x:e}", str(x), "%s %r %.2f" % (x, x, x), repr(x)


def case_as_integer(x):
    return x.is_integer(), x.as_integer_ratio(), x.hex(), hash(x)


def case_complex(a, b):
    z = complex(a, b)
    w = z * z + z - 1j
    return w, abs(z), -z, z == w, z.real, w.imag, z.conjugate()


PAYLOAD = __import__("struct").unpack(">d", bytes.fromhex("7ff8000000abcdef"))[0]
NEGATIVE = __import__("struct").unpack(">d", bytes.fromhex("fff8000000000001"))[0]
ARGS = {
    "case_unary": [(v,) for v in VALUES],
    "case_zero_division": [(k,) for k in range(5)],
    "case_round": [(2.5, 0), (-0.5, 0), (1.005, 2), (2.675, 2), (1234.5678, -2), (0.1, 20), (1e300, 300), (-0.04, 1),
                   (I, 2), (N, 1), (1e22, -22), (5.015, 2), (2.5, None), (1.5, "x")],
    "case_round_to_int": [(0.5,), (1.5,), (2.5,), (-0.5,), (-1.5,), (1e30,), (2.0**63,), (-2.0**63,), (0.49999999999999994,),
                          (4503599627370497.5,), (I,), (-I,), (N,)],
    "case_conversions": [(0,), (2**53 + 1,), (2**63,), (-(2**63),), (True,), (1.5,), (-0.0,), (10**308,), (10**400,)],
    "case_horner": [(0.0,), (1.5,), (-2.0,), (I,), (2,), (True,)],
    "case_kahan": [(2,), (200,)],
    "case_no_fused_multiply_add": [(10,)],
    "case_minus_zero_sum": [(0,), (1,), (5,)],
    "case_logistic_map": [(1,), (100,)],
    "case_underflow": [(2000,)],
    "case_nan_payload": [(PAYLOAD,), (NEGATIVE,), (N,)],
    "case_float_step": [(0.0, 1.0, 10), (0, 1, 10), (-1.5, 2, 7), (0.0, 1.0, 0)],
    "case_math_functions": [(0.0,), (1.0,), (-1.0,), (0.5,), (1e308,), (I,), (-I,), (N,), (2,), (-0.0,), (10**400,), (True,)],
    "case_math_two_arguments": [(1.0, 2.0), (-0.0, 0.0), (I, 1.0), (5.5, -2.0), (2, 3), (12, 18), (1e300, 1e300), (N, 1.0),
                                (0.0, -1), (0, 0)],
    "case_sqrt_in_loop": [(0,), (50,)],
    "case_format": [(0.1,), (-0.0,), (1e16,), (1e-7,), (I,), (N,), (123456789.125,)],
    "case_as_integer": [(0.5,), (-3.0,), (1e22,), (I,), (N,)],
    "case_complex": [(1.0, 2.0), (0.0, -0.0), (I, 1.0), (-1, 3)],
}
