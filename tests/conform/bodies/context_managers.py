# SPDX-License-Identifier: Apache-2.0
"""with: order of calls, suppressed errors, exits by return, break and continue."""

EXPECT_COMPILED = {"case_lock_in_loop"}


class Manager:
    def __init__(self, log, name, suppress=False, fail=None):
        self.log = log
        self.name = name
        self.suppress = suppress
        self.fail = fail

    def __enter__(self):
        self.log.append(("enter", self.name))
        if self.fail == "enter":
            raise ValueError("enter " + self.name)
        return self.name

    def __exit__(self, kind, error, tb):
        self.log.append(("exit", self.name, kind and kind.__name__, error and error.args, tb is None))
        if self.fail == "exit":
            raise KeyError("exit " + self.name)
        return self.suppress


def case_plain():
    log = []
    with Manager(log, "a") as a:
        log.append(a)
    return log


def case_two(fail_first, fail_second):
    log = []
    try:
        with Manager(log, "a", fail=fail_first) as a, Manager(log, "b", fail=fail_second) as b:
            log.append((a, b))
    except Exception as error:
        log.append((type(error).__name__, error.args, type(error.__context__).__name__))
    return log


def case_suppress(inner, outer):
    log = []
    try:
        with Manager(log, "a", suppress=outer):
            with Manager(log, "b", suppress=inner):
                raise ValueError("x")
            log.append("after inner")
        log.append("after outer")
    except ValueError:
        log.append("escaped")
    return log


def case_return_inside(log):
    with Manager(log, "a"):
        return len(log)


def case_loop_exits(n):
    log = []
    for i in range(n):
        with Manager(log, str(i)):
            if i == 1:
                continue
            if i == 3:
                break
            log.append(i)
    return log


def case_not_a_manager(k):
    if k == 0:
        with 5:
            pass

    class Half:
        def __enter__(self):
            return 1

    with Half():
        pass


def case_exit_truth(answer):
    class M:
        def __enter__(self):
            return self

        def __exit__(self, *info):
            return answer

    with M():
        raise ValueError("maybe")
    return "suppressed"


def case_exit_truth_raises():
    class Bad:
        def __bool__(self):
            raise KeyError("truth")

    class M:
        def __enter__(self):
            return self

        def __exit__(self, *info):
            return Bad()

    with M():
        raise ValueError("x")


def case_contextlib():
    from contextlib import contextmanager, suppress

    log = []

    @contextmanager
    def managed(x):
        log.append("in")
        try:
            yield x * 2
        except ValueError as error:
            log.append(str(error))
        finally:
            log.append("out")

    with managed(3) as y:
        log.append(y)
    with managed(4):
        raise ValueError("inside")
    with suppress(KeyError):
        {}[1]
    return log


def case_targets():
    class M:
        def __enter__(self):
            return (1, (2, 3))

        def __exit__(self, *info):
            return None

    holder = {}
    with M() as (a, (b, c)), M() as holder["x"]:
        pass
    return a, b, c, holder


def case_lock_in_loop(n):
    class Guard:
        held = 0
        taken = 0

        def __enter__(self):
            Guard.held += 1
            Guard.taken += 1

        def __exit__(self, kind, error, tb):
            Guard.held -= 1

    total = 0
    guard = Guard()
    for i in range(n):
        with guard:
            total += i * Guard.held
    return total, Guard.taken, Guard.held


def case_exit_sees_traceback():
    seen = []

    class M:
        def __enter__(self):
            return self

        def __exit__(self, kind, error, tb):
            seen.append((tb.tb_lineno - tb.tb_frame.f_code.co_firstlineno, error.__traceback__ is tb))
            return True

    with M():
        x = 1
        x / 0
    return seen


def case_instance_attributes_ignored():
    class M:
        pass

    m = M()
    m.__enter__ = lambda: 1
    m.__exit__ = lambda *a: None
    with m:
        pass


def case_nested_loops_and_with(n):
    log = []
    while n:
        n -= 1
        with Manager(log, n, suppress=True):
            for i in range(3):
                with Manager(log, (n, i)):
                    if i == n:
                        raise IndexError(i)
    return log


ARGS = {
    "case_two": [(a, b) for a in (None, "enter", "exit") for b in (None, "enter", "exit")],
    "case_suppress": [(a, b) for a in (True, False) for b in (True, False)],
    "case_return_inside": [([],)],
    "case_loop_exits": [(1,), (6,)],
    "case_not_a_manager": [(0,), (1,)],
    "case_exit_truth": [(True,), (False,), (0,), ([1],), (None,), ("",)],
    "case_lock_in_loop": [(0,), (20,)],
    "case_nested_loops_and_with": [(3,)],
}
