# SPDX-License-Identifier: Apache-2.0
"""Complex numbers, which compiled code holds as two floats: every operator with every kind of part,
the magnitude at the edges of a comparison, parts, and what is refused."""
from math import inf, nan

EXPECT_COMPILED = ["combine", "magnitudes", "swap_parts"]

PARTS = (0.0, -0.0, 1.5, -2.25, 1e200, 1e-200, inf, -inf, nan)
SOME = [complex(a, b) for a in (0.0, -0.0, 1.5, inf, nan) for b in (-0.0, 2.5, -inf)]


def combine(a, b):
    out = [a + b, a - b, a * b, b - a, -a, a == b, a != b]
    try:
        out.append(a / b)
    except ZeroDivisionError as error:
        out.append(str(error))
    return out


def case_two_complex():
    return [combine(a, b) for a in SOME for b in SOME]


def case_complex_and_real():
    return [combine(a, b) for a in SOME for b in (0.0, -0.0, 3.5, inf, nan, 2, 0, True, 10**20)]


def case_real_and_complex():
    return [combine(b, a) for a in SOME for b in (0.0, -0.0, 3.5, inf, nan, 2, 0, True)]


def escape(c, limit):
    z = 0j
    for step in range(limit):
        z = z * z + c
        if abs(z) > 2.0:
            return step, z
    return limit, z


def case_escape():
    return [escape(complex(x / 8, y / 8), 40) for x in range(-16, 9) for y in range(-8, 9, 4)]


def magnitudes(values, bound):
    out = []
    for z in values:
        try:
            out.append((abs(z), abs(z) > bound, abs(z) <= bound, abs(z) == bound, abs(z) < 5.0, abs(z) != 5.0))
        except OverflowError as error:
            out.append(str(error))
    return out


def case_magnitudes():
    near = [complex(3.0, 4.0), complex(3.0000000000000004, 4.0), complex(3.0, 3.9999999999999996)]
    return magnitudes([complex(a, b) for a in PARTS for b in PARTS] + near, 5.0)


def swap_parts(z, n):
    for _ in range(n):
        z = complex(z.imag, z.real) + 1
    return z, z.real, z.imag, bool(z), not z, [z], {z: 1}, z**2, z.conjugate()


def case_parts():
    return [swap_parts(complex(a, b), 3) for a in (0.0, -0.0, 1.5, nan) for b in (0.0, -1.0, inf)]


def case_constructor():
    return [complex(1, 2), complex(True), complex(2.5), complex("1+2j"), complex(1j, 2j), complex()]


def case_ordering():
    out = []
    for operation in (lambda: 1j < 2j, lambda: 1j >= 2, lambda: 1j // 2, lambda: 1j % 2, lambda: 1j & 1):
        try:
            out.append(operation())
        except TypeError as error:
            out.append(str(error))
    return out
