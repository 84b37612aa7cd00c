# SPDX-License-Identifier: Apache-2.0
"""Edit distances between the words of a made-up vocabulary: which ones are easily confused?"""

import sys


def vocabulary(count):
    state = 12345
    words = []
    for _ in range(count):
        letters = []
        for _ in range(7):
            state = (state * 1103515245 + 12345) % 2147483648
            letters.append("abcdefgh"[state // 65536 % 8])
        words.append("".join(letters))
    return words


def distance(a, b):
    previous = list(range(len(b) + 1))
    for i, x in enumerate(a):
        current = [i + 1]
        for j, y in enumerate(b):
            cost = previous[j] + (x != y)
            if previous[j + 1] + 1 < cost:
                cost = previous[j + 1] + 1
            if current[j] + 1 < cost:
                cost = current[j] + 1
            current.append(cost)
        previous = current
    return previous[-1]


def main():
    words = vocabulary(int(sys.argv[1]) if len(sys.argv) > 1 else 330)
    counts = {}
    for i, a in enumerate(words):
        for b in words[i + 1 :]:
            d = distance(a, b)
            counts[d] = counts.get(d, 0) + 1
    for d in sorted(counts):
        print(f"distance {d}: {counts[d]} pairs")


main()
