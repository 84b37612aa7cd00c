# SPDX-License-Identifier: Apache-2.0
"""Conway's game of life on a torus of lists."""

import sys


def step(board: list[list[int]], width: int, height: int) -> list[list[int]]:
    after = []
    for y in range(height):
        above, here, below = board[y - 1], board[y], board[(y + 1) % height]
        row = []
        for x in range(width):
            left, right = x - 1, (x + 1) % width
            around = (
                above[left]
                + above[x]
                + above[right]
                + here[left]
                + here[right]
                + below[left]
                + below[x]
                + below[right]
            )
            row.append(1 if around == 3 or (here[x] == 1 and around == 2) else 0)
        after.append(row)
    return after


def main(generations: int) -> None:
    width, height = 96, 64
    board = [[(x * x + 3 * y + x * y) % 5 // 4 for x in range(width)] for y in range(height)]
    for _ in range(generations):
        board = step(board, width, height)
    print(sum(map(sum, board)))


main(int(sys.argv[1]) if len(sys.argv) > 1 else 400)
