# SPDX-License-Identifier: Apache-2.0
"""The Mandelbrot set by escape time, the two ways people write it: complex numbers and float pairs."""


def escape_complex(c: complex, limit: int) -> int:
    z = 0j
    for step in range(limit):
        z = z * z + c
        if abs(z) > 2.0:
            return step
    return limit


def mandelbrot_complex(width: int, height: int, limit: int) -> int:
    total = 0
    for row in range(height):
        for column in range(width):
            c = complex(3.0 * column / width - 2.0, 2.0 * row / height - 1.0)
            total += escape_complex(c, limit)
    return total


def escape_pair(cr: float, ci: float, limit: int) -> int:
    zr = zi = 0.0
    for step in range(limit):
        zr2 = zr * zr
        zi2 = zi * zi
        if zr2 + zi2 > 4.0:
            return step
        zi = 2.0 * zr * zi + ci
        zr = zr2 - zi2 + cr
    return limit


def mandelbrot_pair(width: int, height: int, limit: int) -> int:
    total = 0
    for row in range(height):
        ci = 2.0 * row / height - 1.0
        for column in range(width):
            total += escape_pair(3.0 * column / width - 2.0, ci, limit)
    return total
