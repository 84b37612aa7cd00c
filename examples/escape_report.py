# SPDX-License-Identifier: Apache-2.0
"""How fast points of the plane escape under z*z + c: a histogram, as a report."""

import sys


def escape_time(re, im, limit):
    x = 0.0
    y = 0.0
    for step in range(limit):
        xx = x * x
        yy = y * y
        if xx + yy > 4.0:
            return step
        y = 2.0 * x * y + im
        x = xx - yy + re
    return limit


def histogram(width, height, limit):
    counts = [0] * (limit + 1)
    for row in range(height):
        im = 2.4 * row / height - 1.2
        for column in range(width):
            counts[escape_time(3.0 * column / width - 2.0, im, limit)] += 1
    return counts


def main():
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 360
    counts = histogram(size, size, 200)
    print(f"inside: {counts[-1]} of {size * size}")
    for start in range(0, 40, 4):
        total = sum(counts[start : start + 4])
        print(f"{start:3d}-{start + 3:<3d} {total:8d} {'#' * (total * 60 // (size * size))}")


main()
