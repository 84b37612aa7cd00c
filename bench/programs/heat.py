# SPDX-License-Identifier: Apache-2.0
"""Heat spreading over a plate: a five-point stencil on rows of floats, until it settles."""

import sys


def relax(plate: list[list[float]], after: list[list[float]], size: int) -> float:
    largest = 0.0
    for y in range(1, size - 1):
        for x in range(1, size - 1):
            value = 0.25 * (plate[y - 1][x] + plate[y + 1][x] + plate[y][x - 1] + plate[y][x + 1])
            change = abs(value - plate[y][x])
            if change > largest:
                largest = change
            after[y][x] = value
    return largest


def main(steps: int) -> None:
    size = 100
    plate = [[100.0 if y == 0 else 0.0 for _ in range(size)] for y in range(size)]
    after = [row[:] for row in plate]
    change = 0.0
    for _ in range(steps):
        change = relax(plate, after, size)
        plate, after = after, plate
    print(f"{plate[size // 4][size // 2]!r} {change!r}")


main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
