# SPDX-License-Identifier: Apache-2.0
"""Lists: reads, writes, every form of slice, errors, changes while iterating."""

EXPECT_COMPILED = {"case_get", "case_set", "case_slice_get", "case_sum_by_index", "case_sum_by_iteration", "case_reverse_in_place",
                   "case_append_loop", "case_matrix", "case_prefix_sums", "case_swap", "case_grow_while_iterating"}


def case_get(items, i):
    return items[i]


def case_set(items, i, value):
    items[i] = value
    return items


def case_delete(items, i):
    del items[i]
    return items


def case_slice_get(items, a, b, c):
    return items[a:b], items[a:], items[:b], items[:], items[a:b:c], items[::c]


def case_slice_set(items, a, b, values):
    items[a:b] = values
    return items


def case_slice_set_step(items, a, b, c, values):
    items[a:b:c] = values
    return items


def case_slice_delete(items, a, b, c):
    del items[a:b:c]
    return items


def case_sum_by_index(items):
    total = 0
    for i in range(len(items)):
        total += items[i]
    return total


def case_sum_by_iteration(items):
    total = 0
    for item in items:
        total = total + item
    return total


def case_sum_negative_index(items):
    total = 0
    for i in range(1, len(items) + 1):
        total += items[-i] * i
    return total


def case_past_the_end(items):
    total = 0
    for i in range(len(items) + 1):
        total += items[i]
    return total


def case_store_past_the_end(items):
    for i in range(10):
        items[i] = i
    return items


def case_reverse_in_place(items):
    i, j = 0, len(items) - 1
    while i < j:
        items[i], items[j] = items[j], items[i]
        i += 1
        j -= 1
    return items


def case_append_loop(n):
    out = []
    for i in range(n):
        out.append(i * i)
    return out


def case_methods(items):
    items.append(9)
    items.extend([1, 2])
    items.insert(1, "x")
    popped = items.pop(), items.pop(0)
    items.remove("x")
    items.reverse()
    copy = items.copy()
    items.clear()
    return popped, copy, copy.index(9), copy.count(9), items


def case_prefix_sums(items):
    for i in range(1, len(items)):
        items[i] += items[i - 1]
    return items


def case_swap(items, i, j):
    items[i], items[j] = items[j], items[i]
    return items


def case_matrix(n):
    m = [[0] * n for _ in range(n)]
    for i in range(n):
        for j in range(n):
            m[i][j] = i * n + j
    total = 0
    for row in m:
        for x in row:
            total += x
    return m, total


def case_shared_rows():
    m = [[0] * 3] * 3
    m[0][1] = 5
    return m


def case_grow_while_iterating(n):
    items = [1]
    for x in items:
        if len(items) < n:
            items.append(x + 1)
    return items


def case_shrink_while_iterating(items):
    seen = []
    for x in items:
        seen.append(x)
        items.pop()
    return seen, items


def case_clear_while_iterating(items):
    seen = 0
    for x in items:
        seen += x
        if seen > 3:
            items.clear()
    return seen, items


def case_replace_while_iterating(items):
    out = []
    for x in items:
        out.append(x)
        items[-1] = "last"
    return out


def case_shrink_under_index(items):
    total = 0
    i = 0
    while i < len(items):
        total += items[i]
        if i % 2:
            items.pop()
        i += 1
    return total, items


def case_elements_change_type(n):
    items = [0] * n
    for i in range(n):
        items[i] = i if i < n // 3 else (i + 0.5 if i < 2 * n // 3 else str(i))
    total = 0
    for x in items:
        if type(x) is int:
            total += x
        elif type(x) is float:
            total -= x
        else:
            total += len(x)
    return items, total


def case_concat_multiply(a, b, n):
    return a + b, a * n, n * a, [*a, *b], a == b, a < b


def case_augmented(items):
    alias = items
    items += [7]
    items *= 2
    return items, alias is items


def case_augmented_in_tuple():
    t = ([1], 2)
    try:
        t[0] += [5]
    except TypeError as error:
        return t, str(error)


def case_in(items, x):
    return x in items, x not in items


def case_compare(a, b):
    return a == b, a != b, a < b, a <= b, a > b, a >= b


def case_nested_copy():
    a = [[1], [2]]
    b = a[:]
    b[0].append(3)
    b.append(4)
    return a, b


def case_self_reference():
    a = [1]
    a.append(a)
    return a, a[1] is a, a[1][1][0]


def case_bubble(items):
    n = len(items)
    for i in range(n):
        for j in range(n - 1 - i):
            if items[j] > items[j + 1]:
                items[j], items[j + 1] = items[j + 1], items[j]
    return items


def case_rotate(items, k):
    for _ in range(k):
        items.append(items.pop(0))
    return items


def case_two_pointers(items, target):
    lo, hi = 0, len(items) - 1
    while lo < hi:
        s = items[lo] + items[hi]
        if s == target:
            return lo, hi
        if s < target:
            lo += 1
        else:
            hi -= 1
    return None


def case_augmented_element(items, i):
    items[i] += 1
    items[i] *= 3
    items[-1] -= 1
    return items


def case_index_evaluated_once():
    log = []

    def index():
        log.append("index")
        return 1

    items = [1, 2, 3]
    items[index()] += 10
    return items, log


def case_int_key_kinds(items):
    return items[True], items[False], items[-True]


def case_wide_list(n):
    items = list(range(n))
    total = 0
    for i in range(0, n, 3):
        total += items[i] - items[-1 - i]
    return total


ARGS = {
    "case_get": [([1, 2, 3], 0), ([1, 2, 3], -1), ([1, 2, 3], -3), ([1, 2, 3], 3), ([1, 2, 3], -4), ([], 0), ([1.5], 0), ([1], 2**70),
                 ([1], -(2**70)), ([1, 2], True), ([1], 1.0), ([1], "a"), ([1], None), ([None], 0)],
    "case_set": [([1, 2], 0, 5), ([1, 2], -1, "x"), ([1, 2], 2, 0), ([1, 2], -3, 0), ([], 0, 0), ([1.5], 0, 2), ([1], False, None), ([1], "a", 1)],
    "case_delete": [([1, 2, 3], 1), ([1, 2, 3], -1), ([1], 0), ([1], 1), ([], -1)],
    "case_slice_get": [([1, 2, 3, 4, 5], 1, 4, 2), ([1, 2, 3], -2, -1, -1), ([1, 2, 3], 5, 9, 1), ([], 0, 1, 1), ([1, 2, 3], None, None, -1),
                       ([1, 2, 3], 2, 0, -1), ([1, 2, 3], 0, 2**70, 2**70), ([1, 2], 0, 1, 0), ([1, 2], 1.0, 2, 1)],
    "case_slice_set": [([1, 2, 3], 0, 1, [9, 9]), ([1, 2, 3], 1, 1, "ab"), ([1, 2, 3], 0, 3, []), ([1], 5, 9, (7,)), ([1, 2], None, None, range(3)),
                       ([1, 2], 0, 1, 5), ([1, 2, 3], 2, 0, [8])],
    "case_slice_set_step": [([1, 2, 3, 4], 0, 4, 2, [8, 9]), ([1, 2, 3], 0, 3, 2, [8]), ([1, 2, 3], None, None, -1, "abc")],
    "case_slice_delete": [([1, 2, 3, 4], 0, 4, 2), ([1, 2, 3], None, None, -1), ([1, 2, 3], 1, 2, 1), ([1], 4, 9, 1)],
    "case_sum_by_index": [([1, 2, 3],), ([],), ([1.5, 2],), ([2**62, 2**62],), ([1, "a"],), ([True, 2],), ([1, None],)],
    "case_sum_by_iteration": [([1, 2, 3],), ([],), ([1.5, 2],), ([2**63 - 1, 1],), (["a"],), ((1, 2),), (range(5),), ({1: 2},)],
    "case_sum_negative_index": [([1, 2, 3],), ([0.5, 1],), ([],)],
    "case_past_the_end": [([1, 2],), ([],), ([1.5],)],
    "case_store_past_the_end": [([0, 0, 0],), ([],), ([0] * 12,)],
    "case_reverse_in_place": [([1, 2, 3],), ([],), ([1],), ([1.5, "a", None, 2],)],
    "case_append_loop": [(0,), (5,), (50,)],
    "case_methods": [([1, 2, 3],), ([],)],
    "case_prefix_sums": [([1, 2, 3],), ([0.5, 1],), ([2**62, 2**62, 2**62],), (["a", "b"],), ([1, "b"],)],
    "case_swap": [([1, 2, 3], 0, 2), ([1, 2, 3], -1, 0), ([1, 2], 0, 5)],
    "case_matrix": [(0,), (1,), (6,)],
    "case_grow_while_iterating": [(1,), (20,)],
    "case_shrink_while_iterating": [([1, 2, 3, 4],), ([],)],
    "case_clear_while_iterating": [([1, 2, 3, 4],), ([1],)],
    "case_replace_while_iterating": [([1, 2, 3],)],
    "case_shrink_under_index": [([1, 2, 3, 4, 5, 6],)],
    "case_elements_change_type": [(0,), (9,), (30,)],
    "case_concat_multiply": [([1], [2], 3), ([], [], 0), ([1.5], ["a"], -1)],
    "case_augmented": [([1, 2],)],
    "case_in": [([1, 2], 2), ([1, 2], 3), ([1.0], 1), (["a"], "a"), ([None], None), ([], 0), ([float("nan")], 1)],
    "case_compare": [([1, 2], [1, 3]), ([], []), ([1], [1, 0]), ([1, "a"], [1, "b"]), ([1], [1.0])],
    "case_bubble": [([3, 1, 2],), ([2.5, -1.0, 7],), (["b", "a"],), ([1, "a"],), ([],)],
    "case_rotate": [([1, 2, 3], 2), ([1], 5), ([], 1)],
    "case_two_pointers": [([1, 2, 4, 7, 11], 9), ([1, 2], 100), ([], 0)],
    "case_augmented_element": [([1, 2, 3], 1), ([1.5, 2], 0), ([2**62], 0), ([True, 5], 0), ([1], 3)],
    "case_int_key_kinds": [([1, 2, 3],)],
    "case_wide_list": [(500,)],
}
