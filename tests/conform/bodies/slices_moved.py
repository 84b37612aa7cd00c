# SPDX-License-Identifier: Apache-2.0
"""Copies of lists and bound methods that compiled code need not make: slices moved within and between
lists, insert and pop, and tuples that are one object wherever they go."""

EXPECT_COMPILED = ["reverse_heads", "rotate"]


def reverse_heads(items):
    for k in range(len(items)):
        items[: k + 1] = items[k::-1]
    return items


def case_reverse_heads():
    return [reverse_heads(list(range(n))) for n in (0, 1, 2, 7, 80)]


def between(target, source, a, b, c, d):
    target[a:b] = source[c:d]
    return target


def case_other_lengths():
    out = []
    for a, b, c, d in ((0, 2, 3, 5), (0, 2, 0, 4), (3, 1, 0, 2), (-2, None, 0, 2), (None, None, 1, None), (9, 12, 0, 1)):
        items = [1, 2.5, "a", None, True, (6,)]
        out.append(between(items, items, a, b, c, d))
        out.append(between([object, 1, 2], [3, 4, 5, 6, 7], a, b, c, d))
    return out


class Loud:
    def __init__(self, log, name):
        self.log, self.name = log, name

    def __del__(self):
        self.log.append(self.name)


def case_dropped_items_die():
    log = []
    items = [Loud(log, i) for i in range(4)]
    items[0:2] = items[3:1:-1]
    log.append("stored")
    return log, len(items)


def rotate(items, n):
    put, take = items.insert, items.pop
    for i in range(n):
        put(len(items) - i % 3, take(0))
    return items, put is items.insert, take.__self__ is items, put


def case_rotate():
    result = rotate(list(range(10)), 25)
    return result[:3], result[3](0, "end"), result[0]


def case_pop_and_insert_errors():
    out = []
    for call in (lambda: [].pop(), lambda: [1].pop(5), lambda: [1, 2].pop(-3), lambda: [1].insert("a", 1)):
        try:
            out.append(call())
        except (IndexError, TypeError) as error:
            out.append(f"{type(error).__name__}: {error}")
    return out, [1, 2, 3].pop(-3), [1, 2, 3].pop(True)


def halves(items):
    left, right = items[: len(items) // 2], items[len(items) // 2 :]
    return left, right, left is items, items[:] is items, items[::-1], items[-2:], items[5:1]


def case_halves():
    return [halves(list(range(n))) for n in (0, 1, 5, 8)]


def pair_of(a, b):
    pair = (a, b)
    again = pair
    for _ in range(3):
        other = again
    return pair is again, other is pair, [pair, pair][0] is pair


def case_one_tuple():
    return pair_of(1, 2.5), pair_of([], "x")


def lists_of_ranges(n):
    return list(range(n)), list(range(2, n)), list(range(n, 0, -2)), list(range(n))[-1:]


def case_lists_of_ranges():
    return [lists_of_ranges(n) for n in (0, 1, 9)]


def case_range_errors():
    out = []
    for arguments in ((1, 2, 0), (1.5,), (10**20, 10**20 + 2)):
        try:
            out.append(list(range(*arguments)))
        except (TypeError, ValueError) as error:
            out.append(str(error))
    return out
