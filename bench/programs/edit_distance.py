# SPDX-License-Identifier: Apache-2.0
"""Levenshtein distance of made-up words: rows of a table of ints, indexing of strings."""

import sys


def distance(a: str, b: str) -> int:
    before = list(range(len(b) + 1))
    for i in range(len(a)):
        row = [i + 1]
        for j in range(len(b)):
            cost = 0 if a[i] == b[j] else 1
            row.append(min(before[j] + cost, before[j + 1] + 1, row[j] + 1))
        before = row
    return before[len(b)]


def words(count: int) -> list[str]:
    seed = 17
    made = []
    for _ in range(count):
        letters = []
        for _ in range(24):
            seed = (seed * 1103515245 + 12345) % 2147483648
            letters.append("abcdefgh"[seed // 65536 % 8])
        made.append("".join(letters))
    return made


def main(count: int) -> None:
    made = words(count)
    print(sum(distance(a, b) for a in made for b in made))


main(int(sys.argv[1]) if len(sys.argv) > 1 else 80)
