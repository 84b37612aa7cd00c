# SPDX-License-Identifier: Apache-2.0
"""When objects die: at the store that overwrites them, at del, at the end of a loop, of a function,
of an except block; what their destructors see and do; weak references; order of destruction."""

import gc
import sys
import weakref

LOG = []
EXPECT_COMPILED = {"overwritten_in_a_loop"}


class Loud:
    def __init__(self, tag, log=None):
        self.tag = tag
        self.log = LOG if log is None else log

    def __del__(self):
        self.log.append(self.tag)


def overwritten_in_a_loop(n, log):
    for i in range(n):
        thing = Loud(i, log)
        log.append(("made", i))
    log.append("behind")
    return thing.tag


def case_overwritten_in_a_loop():
    log = []
    return overwritten_in_a_loop(4, log), log


def at_the_end(log):
    b = Loud("b", log)
    a = Loud("a", log)
    c = Loud("c", log)
    log.append("end")
    return b.tag + a.tag + c.tag


# Known to differ from 3.14 on, which clears a frame's locals in reverse: compiled code drops those
# that were set after the frame was last shown in its own order.
if sys.version_info < (3, 14):

    def case_order_at_the_end():
        log = []
        return at_the_end(log), log


def case_deleted():
    log = []
    a, b = Loud("a", log), Loud("b", log)
    log.append(1)
    del b
    log.append(2)
    del a
    log.append(3)
    return log


def case_in_containers():
    log = []
    things = [Loud(i, log) for i in range(4)]
    things[1] = 5
    log.append("set")
    things[0] = things[2]
    log.append("same")
    things.pop()
    log.append("pop")
    things[2:3] = []
    log.append("slice")
    things = None
    log.append("gone")
    table = {"a": Loud("ta", log), "b": (Loud("tb", log), 1)}
    table["a"] = None
    log.append("replaced")
    del table["b"]
    log.append("deleted")
    return log


def case_temporaries():
    log = []
    Loud("t1", log)
    log.append(1)
    Loud("t2", log).tag, log.append(2)
    log.append(3)
    [Loud("t3", log), 1][1]
    log.append(4)
    (Loud("t4", log), log.append(5))[1]
    log.append(6)
    return log


def case_swap_and_rebind():
    log = []
    a, b = Loud("a", log), Loud("b", log)
    a, b = b, a
    log.append("swapped")
    a = b
    log.append("a = b")
    b = 1
    log.append("b = 1")
    a = 2.5
    log.append("a = 2.5")
    return log, a, b


def case_argument_overwritten():
    def inner(x, log):
        log.append("in")
        x = None
        log.append("none")
        return x

    log = []
    inner(Loud("arg", log), log)
    log.append("out")
    return log


def case_loop_variable():
    log = []
    for thing in [Loud(0, log), Loud(1, log), Loud(2, log)]:
        log.append(("turn", thing.tag))
    log.append("end")
    thing = None
    log.append("none")
    return log


def case_loop_over_generator():
    log = []

    def make():
        try:
            for i in range(3):
                yield Loud(i, log)
        finally:
            log.append("closed")

    for thing in make():
        log.append(("turn", thing.tag))
        if thing.tag == 1:
            break
    log.append("end")
    del thing
    return log


def case_exception_name_dies():
    log = []

    class Bad(Exception):
        def __del__(self):
            log.append("bad dies")

    try:
        raise Bad
    except Bad as error:
        log.append(type(error).__name__)
    log.append("behind")
    return log


def case_local_of_a_failing_call():
    log = []

    def fails(x):
        held = Loud(x, log)
        return held.tag // 0

    for i in range(3):
        try:
            fails(i)
        except ZeroDivisionError:
            log.append(("caught", i))
        log.append(("behind", i))
    return log


def case_weak_reference():
    class Plain:
        pass

    log = []
    thing = Plain()
    ref = weakref.ref(thing, lambda _: log.append("callback"))
    log.append(ref() is thing)
    thing = 5
    log.append(ref())
    return log, thing


def case_weak_dictionary_in_a_loop():
    class Key:
        pass

    table = weakref.WeakKeyDictionary()
    sizes = []
    for i in range(4):
        key = Key()
        table[key] = i
        sizes.append(len(table))
    del key
    sizes.append(len(table))
    return sizes


def case_destructor_changes_a_list():
    items = [1, 2, 3, 4, 5]

    class Clears:
        def __del__(self):
            items.clear()

    out = []
    guard = Clears()
    for x in items:
        out.append(x)
        if x == 2:
            guard = None
    return out, items, guard


def case_destructor_replaces_an_item():
    items = [0, 0, 0]

    class Writes:
        def __init__(self, i):
            self.i = i

        def __del__(self):
            items[self.i] += 10

    for i in range(3):
        items[i] = Writes(i)
    before = [type(x).__name__ for x in items]
    for i in range(3):
        items[i] = i
    return before, items


def case_destructor_raises():
    class Bad:
        def __del__(self):
            raise ValueError("in del")

    thing = Bad()
    total = 0
    for i in range(3):
        thing = i
        total += thing
    return total


def case_destructor_sees_the_caller():
    seen = []

    class Looks:
        def __del__(self):
            seen.append(sys._getframe(1).f_code.co_name)

    def run():
        n = 1
        thing = Looks()
        n = 2
        thing = None
        n = 3
        return thing

    run()
    return seen


def case_resurrection():
    kept = []

    class Phoenix:
        def __del__(self):
            kept.append(self)

    bird = Phoenix()
    bird = 1
    out = [len(kept), bird]
    kept.clear()
    out.append(len(kept))
    return out


def case_cycle_collected():
    log = []

    class Node:
        def __del__(self):
            log.append("node")

    node = Node()
    node.me = node
    node = None
    log.append("before")
    gc.collect()
    log.append("after")
    return log


def case_augmented():
    log = []

    class Adds:
        def __init__(self, n):
            self.n = n

        def __add__(self, other):
            return Adds(self.n + other)

        def __del__(self):
            log.append(self.n)

    x = Adds(1)
    for i in range(3):
        x += i
        log.append(("now", x.n))
    x = x.n
    log.append("end")
    return log, x


def case_unpacking():
    log = []
    a, b = Loud("a1", log), Loud("b1", log)
    a, (b, c) = Loud("a2", log), (Loud("b2", log), Loud("c2", log))
    log.append("unpacked")
    a = b = c = None
    log.append((a, b, c))
    return log


def case_conditional_store():
    log = []
    for i in range(6):
        if i % 2:
            thing = Loud(i, log)
        elif i == 4:
            thing = None
        log.append(("turn", i))
    return log, thing is None


def case_with_target():
    log = []

    class Manager:
        def __enter__(self):
            return Loud("entered", log)

        def __exit__(self, *_):
            log.append("exit")

        def __del__(self):
            log.append("manager dies")

    with Manager() as thing:
        log.append(thing.tag)
        thing = 3
        log.append("overwritten")
    log.append(thing)
    return log


def case_returns_its_local():
    log = []

    def give():
        thing = Loud("given", log)
        other = Loud("other", log)
        log.append(other.tag)
        return thing

    got = give()
    log.append("got")
    got = None
    log.append("end")
    return log, got
