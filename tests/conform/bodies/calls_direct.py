# SPDX-License-Identifier: Apache-2.0
"""Compiled functions that call compiled functions: recursion, frames that somebody looks at in the
middle or keeps, errors passing through, arguments by name and by default, tools switched on below.
"""

import gc
import inspect
import sys
import threading
import traceback
import warnings

EXPECT_COMPILED = {
    "fib",
    "ackermann",
    "is_even",
    "is_odd",
    "depth_of",
    "tree_sum",
    "outer_three",
    "middle_three",
    "with_defaults",
    "case_named_arguments",
}


def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


def case_fib(n):
    return fib(n)


def ackermann(m, n):
    if m == 0:
        return n + 1
    if n == 0:
        return ackermann(m - 1, 1)
    return ackermann(m - 1, ackermann(m, n - 1))


def case_ackermann():
    return ackermann(2, 5)


def is_even(n):
    return True if n == 0 else is_odd(n - 1)


def is_odd(n):
    return False if n == 0 else is_even(n - 1)


def case_mutual(n):
    return is_even(n), is_odd(n)


def tree(depth):
    return None if depth == 0 else (tree(depth - 1), depth, tree(depth - 1))


def tree_sum(node):
    if node is None:
        return 0
    left, value, right = node
    return tree_sum(left) + value + tree_sum(right)


def case_tree(depth):
    return tree_sum(tree(depth))


def depth_of(n):
    return 1 + depth_of(n + 1)


def plain_depth(limit):
    old = sys.getrecursionlimit()
    sys.setrecursionlimit(limit)
    try:
        return depth_of(0)
    except RecursionError as error:
        lines = [frame.f_lineno for frame, _ in traceback.walk_tb(error.__traceback__)]
        return str(error), len(lines), set(lines[1:])
    finally:
        sys.setrecursionlimit(old)


def current_depth():
    frame, depth = sys._getframe(), 0
    while frame is not None:
        frame, depth = frame.f_back, depth + 1
    return depth


def case_recursion_limit():
    return plain_depth(current_depth() + 60), plain_depth(current_depth() + 61)


reached = []


def record_depth(n):
    reached[0] = n
    record_depth(n + 1)


def case_limit_is_exact():
    old = sys.getrecursionlimit()
    out = []
    for extra in (30, 31, 50):
        reached[:] = [0]
        sys.setrecursionlimit(current_depth() + extra)
        try:
            record_depth(1)
        except RecursionError as error:
            out.append((reached[0], str(error)))
        finally:
            sys.setrecursionlimit(old)
    return out


def catching(n):
    try:
        return 1 + catching(n + 1)
    except RecursionError:
        return 0


def case_caught_at_depth():
    old = sys.getrecursionlimit()
    sys.setrecursionlimit(current_depth() + 70)
    try:
        return catching(0)
    finally:
        sys.setrecursionlimit(old)


def count_down(n):
    return 0 if n == 0 else 1 + count_down(n - 1)


def case_deep():
    old = sys.getrecursionlimit()
    sys.setrecursionlimit(200_000)
    try:
        return count_down(30_000)
    finally:
        sys.setrecursionlimit(old)


def failing(a, b):
    x = a * 2
    return x // b + 1


def middle_three(a, b):
    y = a + 1
    return y + failing(y, b)


def outer_three(a, b):
    z = middle_three(a, b)
    return z * 2


def frames_of(error):
    out = []
    for frame, line in traceback.walk_tb(error.__traceback__):
        values = {name: value for name, value in frame.f_locals.items() if name in "abxyz"}
        out.append((frame.f_code.co_name, line, frame.f_lineno, sorted(values.items())))
    return out


def positions_of(error):
    out = []
    entry = error.__traceback__
    while entry is not None:
        code = entry.tb_frame.f_code
        positions = list(code.co_positions())[entry.tb_lasti // 2]
        out.append((code.co_name, positions))
        entry = entry.tb_next
    return out


def case_error_passes(a, b):
    try:
        return outer_three(a, b)
    except ZeroDivisionError as error:
        return frames_of(error), positions_of(error)


def handles(a, b):
    total = 0
    for i in range(3):
        try:
            total += middle_three(a, b - i)
        except ZeroDivisionError:
            total += 1000
        finally:
            total += 1
    return total


def handles_above(a, b):
    before = [a]
    result = handles(a, b)
    return before, result


def case_handled(a, b):
    return handles_above(a, b), handles_above(a, b + 5)


def who(n):
    frame = sys._getframe(1)
    out = []
    while frame is not None and len(out) < n:
        shown = sorted((k, v) for k, v in frame.f_locals.items() if k in ("a", "b", "c", "n"))
        out.append((frame.f_code.co_name, frame.f_lineno, shown))
        frame = frame.f_back
    return out


def looks(a, n):
    b = a + 1
    return who(n)


def above_looks(a, n):
    b = a * 2
    c = looks(b, n)
    return c, b


def case_frames_seen(a):
    b = a
    return above_looks(a, 3), above_looks(a + 0.5, 3), b


def recursive_look(n):
    a = n * 10
    if n == 0:
        return who(4)
    b = recursive_look(n - 1)
    return b if a else a


def case_frames_seen_deep(n):
    return recursive_look(n)


def keep_frame():
    return sys._getframe(1)


kept = []


def keeps(a, b):
    c = a + b
    if c:
        kept.append(keep_frame())
    c = c * 100
    a = None
    return c


def above_keeps(a, b):
    c = keeps(a, b)
    c = c + 1
    return c


def case_kept_frames(a, b):
    del kept[:]
    result = above_keeps(a, b)
    frame = kept.pop()
    shown = {k: frame.f_locals[k] for k in sorted(frame.f_locals)}
    line, back = frame.f_lineno, frame.f_back
    frame.clear()
    return result, shown, line, back


def inspects(a):
    return [(f.function, f.lineno, f.index) for f in inspect.stack()[:3]]


def above_inspects(a):
    return inspects(a)


def case_inspect_stack(a):
    return above_inspects(a)


def warns(a):
    warnings.warn("careful", stacklevel=2)
    return a


def above_warns(a):
    x = a
    return warns(x)


def case_warning_place(a):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        above_warns(a)
    return [(str(w.message), w.lineno) for w in caught]


def with_defaults(a, b=2, *, c=3, d=4):
    return a, b, c, d


def positional_only(a, b=5, /, c=6):
    return a, b, c


def case_named_arguments(x):
    return (
        with_defaults(x),
        with_defaults(x, 7),
        with_defaults(x, d=1, c=2),
        with_defaults(b=x, a=1, c=0, d=9),
        with_defaults(c=0, d=9, a=x),
        positional_only(x),
        positional_only(x, c=1),
        positional_only(x, 1, 2),
    )


def wrong(what):
    if what == 0:
        return with_defaults()
    if what == 1:
        return with_defaults(1, 2, 3)
    if what == 2:
        return with_defaults(1, a=2)
    if what == 3:
        return with_defaults(1, e=2)
    return positional_only(a=1)


def case_wrong_arguments(what):
    try:
        return wrong(what)
    except TypeError as error:
        return str(error), positions_of(error)


class Noisy:
    def __init__(self, log, name):
        self.log, self.name = log, name

    def __del__(self):
        self.log.append((self.name, sys._getframe(1).f_code.co_name))


def keeps_argument(x, log):
    log.append("in")
    y = x
    log.append("out")
    return y is x


def passes(log):
    keeps_argument(Noisy(log, "argument"), log)
    log.append("end")
    return log


def case_argument_lifetime():
    return passes([])


def local_object(log):
    x = Noisy(log, "local")
    log.append("made")
    return len(log)


def above_local_object(log):
    n = local_object(log)
    log.append("after")
    return n


def case_local_lifetime():
    log = []
    return above_local_object(log), log


events = []


def tracer(frame, event, arg):
    if frame.f_code.co_name in ("traced_leaf", "traced_middle", "traced_top"):
        events.append((frame.f_code.co_name, event, frame.f_lineno))
        return tracer
    return None


def profiler(frame, event, arg):
    if frame.f_code.co_name in ("traced_leaf", "traced_middle", "traced_top"):
        events.append((frame.f_code.co_name, event))


def traced_leaf(n, switch):
    if n == 1:
        switch()
    return n + 1


def traced_middle(n, switch):
    a = traced_leaf(n, switch)
    b = traced_leaf(a, switch)
    return a + b


def traced_top(n, switch):
    total = 0
    for i in range(n):
        total += traced_middle(i, switch)
    return total


def trace_on():
    sys.settrace(tracer)


def case_trace_switched_on():
    del events[:]
    old = sys.gettrace()
    try:
        result = traced_top(3, trace_on)
    finally:
        sys.settrace(old)
    return result, list(events)


def profile_on():
    sys.setprofile(profiler)


def case_profile_switched_on():
    del events[:]
    old = sys.getprofile()
    try:
        result = traced_top(3, profile_on)
    finally:
        sys.setprofile(old)
    return result, [event for event in events if event[1] in ("call", "return")]


def worker(out, n):
    out.append(fib(n))


def case_threads():
    out = []
    threads = [threading.Thread(target=worker, args=(out, 12 + i % 3)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(out)


def collects(n):
    if n == 0:
        gc.collect()
        return 0
    value = [n]
    return collects(n - 1) + value[0]


def case_collection_below():
    return collects(6)


def gives(n):
    for i in range(n):
        yield i


def uses_generator(n):
    a = n + 1
    return sum(gives(a))


def above_generator(n):
    return uses_generator(n) + uses_generator(n + 1)


def case_generator_below(n):
    return above_generator(n)


def grows(n, big):
    return big * big if n == 0 else grows(n - 1, big) + n


def case_result_grows():
    return [grows(3, 10**k) for k in (1, 5, 9, 10, 12)]


def changes(x):
    return x + x


def uses_changes(x):
    y = changes(x)
    return y, changes(y)


def case_types_change():
    return [uses_changes(x) for x in (1, 2, 1.5, "ab", (1,), 3, 2**70)]


ARGS = {
    "case_fib": [(10,), (15,), (2.5,)],
    "case_mutual": [(10,), (31,)],
    "case_tree": [(6,)],
    "case_error_passes": [(3, 0), (3, 2), (2.5, 0)],
    "case_handled": [(3, 1), (4, 2)],
    "case_frames_seen": [(3,), (4.5,)],
    "case_frames_seen_deep": [(2,), (6,)],
    "case_kept_frames": [(1, 2), (1.5, 2), ("ab", "c")],
    "case_inspect_stack": [(1,)],
    "case_warning_place": [(1,)],
    "case_named_arguments": [(1,), ("x",)],
    "case_wrong_arguments": [(0,), (1,), (2,), (3,), (4,)],
    "case_generator_below": [(5,)],
}
ALONE = {
    "case_recursion_limit": "it sets the process's recursion limit",
    "case_limit_is_exact": "it sets the process's recursion limit",
    "case_caught_at_depth": "it sets the process's recursion limit",
    "case_deep": "it sets the process's recursion limit",
    "case_kept_frames": "it keeps frames in a module's list",
    "case_trace_switched_on": "it records events in a module's list",
    "case_profile_switched_on": "it records events in a module's list",
    "case_warning_place": "warning filters are the process's",
}
