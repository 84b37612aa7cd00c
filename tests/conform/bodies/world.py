# SPDX-License-Identifier: Apache-2.0
"""The interpreter around running code: signals and their handlers, tracing and profiling switched on
in the middle, threads that hand the GIL over, the recursion limit, collections in a loop."""

import gc
import os
import signal
import sys
import threading

ALONE = {
    "case_handler_in_a_loop": "signals reach the main thread only",
    "case_handler_raises": "signals reach the main thread only",
    "case_interrupted": "signals reach the main thread only",
    "case_timer_in_typed_loop": "signals reach the main thread only",
    "case_recursion_limit": "the recursion limit is the process's",
    "case_collected_in_a_loop": "it counts collections",
}
CALLS = {"case_threads_take_turns": 3, "case_timer_in_typed_loop": 4}
EXPECT_COMPILED = {"spins_until", "deep"}


def case_handler_in_a_loop():
    seen = []
    kept = signal.signal(signal.SIGUSR1, lambda *_: seen.append(len(turns)))
    turns = []
    try:
        for i in range(6):
            turns.append(i)
            if i % 2:
                os.kill(os.getpid(), signal.SIGUSR1)
    finally:
        signal.signal(signal.SIGUSR1, kept)
    return len(seen), turns


class Stop(Exception):
    pass


def raise_stop(*_):
    raise Stop("from the handler")


def spins(n):
    i = 0
    while i < n:
        i += 1
    return i


def case_handler_raises():
    kept = signal.signal(signal.SIGUSR1, raise_stop)
    done = []
    try:
        for i in range(5):
            done.append(i)
            if i == 2:
                os.kill(os.getpid(), signal.SIGUSR1)
                for _ in range(1000):
                    pass
    except Stop as error:
        return str(error), done
    finally:
        signal.signal(signal.SIGUSR1, kept)
    return done


def case_interrupted():
    kept = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        os.kill(os.getpid(), signal.SIGINT)
        return spins(10**7) and "not interrupted"
    except KeyboardInterrupt:
        return "interrupted"
    finally:
        signal.signal(signal.SIGINT, kept)


def case_timer_in_typed_loop():
    kept = signal.signal(signal.SIGALRM, raise_stop)
    signal.setitimer(signal.ITIMER_REAL, 0.02)
    try:
        while True:
            spins(10**9)
    except Stop as error:
        return str(error)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, kept)


def traced_work(n, events):
    total = 0
    for i in range(n):
        total += i
        if i == 2:
            sys.settrace(lambda frame, event, arg: events.append((event, frame.f_code.co_name)))
            helper(i)
            sys.settrace(None)
        total += helper(i)
    return total


def helper(x):
    y = x + 1
    return y * 2


def case_trace_switched_on():
    events = []
    kept = sys.gettrace()
    try:
        result = traced_work(5, events)
    finally:
        sys.settrace(kept)
    return result, [event for event in events if event[1] == "helper"]


def case_lines_of_a_callee():
    lines = []

    def tracer(frame, event, arg):
        if frame.f_code.co_name == "helper":
            lines.append((event, frame.f_lineno - frame.f_code.co_firstlineno, arg if event == "return" else None))
            return tracer
        return None

    out = []
    kept = sys.gettrace()
    for i in range(3):
        sys.settrace(tracer if i == 1 else kept)
        out.append(helper(i))
    sys.settrace(kept)
    return out, lines


def case_profile_switched_on():
    events = []
    kept = sys.getprofile()

    def profiler(frame, event, arg):
        if event in ("call", "return") and frame.f_code.co_name == "helper":
            events.append(event)

    total = 0
    for i in range(5):
        if i == 1:
            sys.setprofile(profiler)
        if i == 3:
            sys.setprofile(kept)
        total += helper(i)
    return total, events


def small(x):
    return x + 1


def profiled_sum(profiler, kept):
    total = 0
    for i in range(6):
        if i == 2:
            sys.setprofile(profiler)
        total += small(i)
        if i == 3:
            sys.setprofile(kept)
    return total


def case_small_functions_are_seen():
    events = []
    kept = sys.getprofile()

    def profiler(frame, event, arg):
        if event in ("call", "return") and frame.f_code.co_name == "small":
            events.append((event, frame.f_back.f_lineno))

    try:
        return profiled_sum(profiler, kept), events
    finally:
        sys.setprofile(kept)


def case_monitoring_switched_on():
    if sys.version_info < (3, 12):
        return None
    monitoring = sys.monitoring
    tool, seen = 4, []
    monitoring.use_tool_id(tool, "conform")
    monitoring.register_callback(tool, monitoring.events.PY_START, lambda code, offset: seen.append(code.co_name))
    total = 0
    for i in range(4):
        if i == 1:
            monitoring.set_events(tool, monitoring.events.PY_START)
        if i == 3:
            monitoring.set_events(tool, 0)
        total += helper(i)
    monitoring.register_callback(tool, monitoring.events.PY_START, None)
    monitoring.free_tool_id(tool)
    return total, seen.count("helper")


def deep(n):
    return 0 if n == 0 else 1 + deep(n - 1)


def case_recursion_limit():
    kept = sys.getrecursionlimit()
    out = [deep(50)]
    try:
        deep(10**6)
    except RecursionError as error:
        out.append(str(error)[:40])
    sys.setrecursionlimit(kept + 300)
    try:
        out.append(deep(kept))
    finally:
        sys.setrecursionlimit(kept)
    return out


def mutual_a(n):
    return n if n <= 0 else mutual_b(n - 1) + 1


def mutual_b(n):
    return n if n <= 0 else mutual_a(n - 1) + 2


def case_mutual_recursion():
    out = [mutual_a(30), mutual_b(31)]
    try:
        mutual_a(10**5)
    except RecursionError as error:
        out.append(type(error).__name__)
    return out


def spins_until(box):
    i = 0
    while not box:
        i += 1
    return i > 0


def case_threads_take_turns():
    """Ends only if the loop hands the interpreter over to the other thread."""
    box, ready = [], threading.Event()

    def other():
        ready.wait()
        box.append(1)

    thread = threading.Thread(target=other)
    thread.start()
    ready.set()
    out = spins_until(box)
    thread.join()
    return out


def summed(items):
    total = 0.0
    for x in items:
        total += x
    return total


def case_list_grows_in_another_thread():
    items = [1.0] * 100
    out = []
    threads = [threading.Thread(target=lambda: out.append(summed(items))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return out


def case_collected_in_a_loop():
    kept = gc.get_threshold()
    gc.set_threshold(10)
    try:
        keep = []
        for i in range(200):
            node = [i]
            node.append(node)
            if i % 50 == 0:
                keep.append(node[0])
        return keep, len(node)
    finally:
        gc.set_threshold(*kept)


def case_frame_seen_by_a_callee():
    def look():
        frame = sys._getframe(1)
        return frame.f_code.co_name, frame.f_lineno - frame.f_code.co_firstlineno, frame.f_locals.get("total")

    total, out = 0, []
    for i in range(3):
        total += i
        out.append(look())
    return out


def case_callee_raises_through():
    def fails(i):
        if i == 2:
            raise Stop(i)
        return i

    total = 0
    try:
        for i in range(5):
            total += fails(i)
    except Stop as error:
        return total, i, error.__traceback__.tb_next.tb_frame.f_code.co_name
