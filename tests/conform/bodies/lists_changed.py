# SPDX-License-Identifier: Apache-2.0
"""Lists that change while they are read: by the loop's body, by comparisons, by keys of a sort, by
destructors; slices assigned from the list itself; every kind of bound."""

EXPECT_COMPILED = {"grows", "shrinks", "cleared", "replaced_by_eq"}


def grows(items, limit):
    out = []
    for x in items:
        out.append(x)
        if len(items) < limit:
            items.append(x * 2)
    return out, items


def shrinks(items):
    out = []
    for x in items:
        out.append(x)
        items.pop()
    return out, items


def pops_from_the_front(items):
    out = []
    for x in items:
        out.append(items.pop(0) + x)
    return out, items


def cleared(items, at):
    out = []
    for i, x in enumerate(items):
        out.append(x)
        if i == at:
            items.clear()
    return out, items


def refilled(items, at):
    out = []
    for i, x in enumerate(items):
        out.append(x)
        if i == at:
            items[:] = [9, 8, 7, 6, 5]
        if len(out) > 12:
            break
    return out, items


def sorted_in_between(items):
    out = []
    for x in items:
        out.append(x)
        items.sort()
    return out, items


def reversed_in_between(items):
    out = []
    for x in reversed(items):
        out.append(x)
        if len(items) > 2:
            del items[0]
    return out, items


def types_change(items):
    total = 0
    for i in range(len(items)):
        items[i] = items[i] * 0.5
        for x in items:
            total += x
    return total, items


def zipped(a, b):
    out = []
    for x, y in zip(a, b):
        out.append((x, y))
        a.append(x)
        b.pop()
    return out, a, b


class Eq:
    def __init__(self, action):
        self.action = action

    def __eq__(self, other):
        self.action()
        return False

    def __repr__(self):
        return "Eq()"

    __hash__ = None


def replaced_by_eq(items, thing):
    return thing in items, items


def case_changed_by_eq():
    out = []
    items = [1, 2, 3, 4]
    out.append(replaced_by_eq(items, Eq(items.pop)))
    items = [1, 2, 3, 4]
    out.append(replaced_by_eq(items, Eq(items.clear)))
    items = [1, 2, 3, 4]
    for method in ("index", "remove", "count"):
        try:
            out.append(getattr(items, method)(Eq(lambda: items and items.pop())))
        except ValueError as error:
            out.append(str(error))
    return out


def case_sort_with_a_key_that_changes():
    items = [3, 1, 2]

    def key(x):
        items.append(x)
        return x

    try:
        items.sort(key=key)
    except ValueError as error:
        return str(error), items
    return items


def case_index_that_changes_the_list():
    items = [1, 2, 3]

    class Index:
        def __index__(self):
            items.append(9)
            return 3

    out = [items[Index()], items]
    items[Index()] = 5
    del items[Index()]
    out.append(items[Index() :])
    return out


def case_value_that_changes_the_list():
    items = [1, 2, 3]

    def value():
        items.clear()
        return 7

    try:
        items[1] = value()
    except IndexError as error:
        return str(error), items


def case_augmented_item():
    items = [1, 2, 3]

    class Shrinks:
        def __radd__(self, other):
            items.pop()
            return other

    try:
        items[2] += Shrinks()
    except IndexError as error:
        return str(error), items


BOUNDS = (None, 0, 1, -1, 3, -3, 100, -100, True)


def sliced(items, a, b, c):
    out = [items[a:b], items[a:], items[:b], items[::c], items[a:b:c]]
    copy = list(items)
    copy[a:b] = (x * 2 for x in items)
    out.append(copy)
    copy = list(items)
    del copy[a:b]
    out.append(copy)
    return out


def case_slices_with_every_bound():
    items = [0, 1, 2, 3, 4]
    return [sliced(items, a, b, c) for a in BOUNDS for b in BOUNDS for c in (None, 1, 2, -1, -2)]


def case_slices_of_other_types():
    out = []
    for thing in ("abcde", b"abcde", (0, 1, 2, 3, 4), range(5)):
        for a in (None, 1, -2, 9):
            for b in (None, 3, -1, -9):
                out.append((thing[a:b], thing[a:], thing[:b], thing[::-1]))
    return out


def case_slice_errors():
    items = [1, 2, 3]
    out = []
    for action in (
        lambda: items["a":],
        lambda: items[1.5:],
        lambda: items[::0],
        lambda: items.__setitem__(slice(None, None, 2), [1]),
        lambda: items.__setitem__(slice(0, 1), 5),
        lambda: (1, 2)[None],
        lambda: "abc"["a"],
        lambda: items[2**70],
        lambda: items[2**70 :],
    ):
        try:
            out.append(action())
        except (TypeError, ValueError, IndexError) as error:
            out.append((type(error).__name__, str(error)))
    return out


def case_slice_assigned_from_itself():
    out = []
    for a, b in ((0, 0), (1, 1), (0, 2), (1, 4), (5, 5), (-1, 9)):
        items = [0, 1, 2, 3, 4]
        items[a:b] = items
        out.append(items)
        items = [0, 1, 2, 3, 4]
        items[a:b] = items[b:a:-1] if b > a else items[a:b]
        out.append(items)
    items = [0, 1, 2, 3]
    items[::2] = items[1::2]
    out.append(items)
    items += items
    out.append(items)
    items *= 2
    out.append(items)
    items.extend(items)
    out.append(len(items))
    return out


def case_list_holds_itself():
    items = [1]
    items.append(items)
    return items[1] is items, len(items[1][1]), repr(items), items == items


def case_iterator_outlives_its_end():
    items = [1, 2]
    iterator = iter(items)
    out = list(iterator)
    items.append(3)
    out.append(next(iterator, "end"))
    return out


def case_range_and_enumerate_bounds():
    out = []
    for i in range(2**63 - 3, 2**63 - 1):
        out.append(i)
    for i in range(2**63 - 2, 2**63 + 1):
        out.append(i)
    for i in range(-(2**63), -(2**63) + 2):
        out.append(i)
    for i in range(5, -6, -4):
        out.append(i)
    for i, x in enumerate("ab", 2**63 - 1):
        out.append((i, x))
    return out


def case_nested_loops_over_one_list():
    items = [1, 2, 3]
    out = []
    for a in items:
        for b in items:
            out.append((a, b))
            if a == b == 2:
                items.append(4)
        if len(out) > 20:
            break
    else:
        out.append("else")
    return out


ARGS = {
    "grows": [([1, 2], 5), ([], 3), ([1.5], 4), (["a"], 3)],
    "shrinks": [([1, 2, 3, 4],), ([1],), ([],)],
    "pops_from_the_front": [([1, 2, 3, 4, 5],), ([1.5, 2.5],)],
    "cleared": [([1, 2, 3], 1), ([1, 2, 3], 0), ([1, 2, 3], 9)],
    "refilled": [([1, 2], 1), ([1, 2, 3], 0)],
    "sorted_in_between": [([3, 1, 2],), ([2.5, 1, 2**70],)],
    "reversed_in_between": [([1, 2, 3, 4, 5],), ([],)],
    "types_change": [([1, 2, 3],), ([1, 2.5, True, 2**60],)],
    "zipped": [([1, 2], [3, 4, 5, 6]), ([1], []), ([], [1])],
}
