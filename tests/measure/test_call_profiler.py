# SPDX-License-Identifier: Apache-2.0
"""The call profiler: counts are exact, threads and recursion are kept apart, nothing leaks. Times
are asserted only where their order is certain (a part is not longer than the whole)."""

from __future__ import annotations

import contextlib
import gc
import json
import math
import os
import subprocess
import sys
import textwrap
import threading
import time
import weakref
from collections.abc import Callable, Iterator

import pytest

from hone import _core
from tests.machine import in_one_run

Row = tuple[str, int, str, int, float, float, bool]


def profile(work: Callable[[], object]) -> dict[str, Row]:
    profiler = _core.Profiler()
    profiler.enable()
    try:
        work()
    finally:
        profiler.disable()
    return {row[2]: row for row in profiler.rows()}


def name(function: Callable[..., object]) -> str:
    return function.__code__.co_qualname  # type: ignore[attr-defined]


def fib(n: int) -> int:
    return n if n < 2 else fib(n - 1) + fib(n - 2)


def raises() -> None:
    raise KeyError("gone")


def three() -> object:
    yield from range(3)


def test_recursion_is_counted_in_full_and_timed_once() -> None:
    def work() -> None:
        fib(12)

    rows = profile(work)
    assert rows["fib"][3] == 465
    own, cumulative = rows["fib"][4:6]
    assert own <= cumulative * 1.001 + 1e-9
    assert rows[name(work)][3] == 1
    assert rows["fib"][:2] == (__file__, fib.__code__.co_firstlineno)


def test_native_functions_have_rows() -> None:
    def work() -> None:
        items: list[int] = []
        for i in range(5):
            items.append(i)
        bound = items.append
        bound(1)
        math.sqrt(2.0)
        len(items)

    rows = profile(work)
    assert {key: rows[key][3] for key in ("list.append", "math.sqrt", "builtins.len")} == {
        "list.append": 6,
        "math.sqrt": 1,
        "builtins.len": 1,
    }
    assert rows["list.append"][0] == "~"
    assert [row[2] for row in rows.values() if "CallProfiler" in row[2]] == []
    assert rows["math.sqrt"][6] is True
    assert rows[name(work)][6] is False


def test_functions_of_one_line_stay_apart() -> None:
    pair = (lambda: 1), (lambda: 2)

    def work() -> None:
        for _ in range(3):
            pair[0]()
        pair[1]()

    profiler = _core.Profiler()
    with profiler:
        work()
    counts = sorted(row[3] for row in profiler.rows() if row[2].endswith("<lambda>"))
    assert counts == [1, 3]


def test_exceptions_close_their_frames() -> None:
    def work() -> None:
        for _ in range(4):
            with contextlib.suppress(KeyError):
                raises()
        with pytest.raises(ValueError):
            int("x")
        with pytest.raises(TypeError):
            len(5)  # type: ignore[arg-type]

    rows = profile(work)
    assert rows["raises"][3] == 4
    assert rows[name(work)][3] == 1
    assert rows["builtins.len"][3] >= 1


def test_generators_count_their_resumptions() -> None:
    def work() -> None:
        assert list(three()) == [0, 1, 2]  # type: ignore[call-overload]
        stopped = three()
        next(stopped)  # type: ignore[call-overload]
        stopped.close()  # type: ignore[attr-defined]
        fib(3)

    rows = profile(work)
    # Closing may or may not resume the generator: that is the interpreter's affair.
    assert rows["three"][3] in (5, 6)
    assert rows["fib"][3] == 5
    assert rows[name(work)][3] == 1


def test_coroutines() -> None:
    async def leaf() -> int:
        return 1

    async def root() -> int:
        return await leaf() + await leaf()

    def work() -> None:
        with pytest.raises(StopIteration):
            root().send(None)

    rows = profile(work)
    assert rows[name(leaf)][3] == 2
    assert rows[name(root)][3] == 1


def test_each_thread_has_its_own_stack() -> None:
    barrier = threading.Barrier(3)

    def descend() -> None:
        barrier.wait()
        fib(15)

    def work() -> None:
        threads = [threading.Thread(target=descend) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    rows = profile(work)
    assert rows["fib"][3] == 3 * 1973
    assert rows[name(descend)][3] == 3
    assert rows["fib"][5] <= rows[name(descend)][5] * 1.001 + 1e-6


def test_a_thread_that_was_there_before() -> None:
    go, done = threading.Event(), threading.Event()

    def wait_and_work() -> None:
        go.wait()
        fib(10)
        done.set()

    thread = threading.Thread(target=wait_and_work)
    thread.start()

    def work() -> None:
        go.set()
        done.wait()

    rows = profile(work)
    thread.join()
    assert rows["fib"][3] == 177


def test_many_short_threads_are_all_counted() -> None:
    def work() -> None:
        for _ in range(50):
            thread = threading.Thread(target=fib, args=(2,))
            thread.start()
            thread.join()

    assert profile(work)["fib"][3] == 150


def test_several_are_on_at_a_time() -> None:
    outer, inner = _core.Profiler(), _core.Profiler()
    outer.enable()
    outer.enable()  # on already
    fib(3)
    with inner:
        fib(2)
        outer.disable()
        fib(1)
    assert not outer.enabled
    assert not inner.enabled
    counts = [{row[2]: row[3] for row in profiler.rows()}["fib"] for profiler in (outer, inner)]
    assert counts == [5 + 3, 3 + 1]


def test_profilers_in_several_threads() -> None:
    barrier = threading.Barrier(3)
    counts: dict[int, int] = {}

    def work(number: int) -> None:
        profiler = _core.Profiler(threads=False)
        barrier.wait()
        with profiler:
            for _ in range(number):
                fib(3)
            barrier.wait()
        counts[number] = {row[2]: row[3] for row in profiler.rows()}["fib"]

    threads = [threading.Thread(target=work, args=(number,)) for number in (1, 2, 3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counts == {1: 5, 2: 10, 3: 15}


def test_switching_on_again_adds_and_clear_forgets() -> None:
    profiler = _core.Profiler()
    for _ in range(3):
        with profiler:
            fib(3)
    assert {row[2]: row[3] for row in profiler.rows()}["fib"] == 15
    profiler.clear()
    assert profiler.rows() == []


def test_stats_while_on_hold_what_has_ended() -> None:
    profiler = _core.Profiler()
    with profiler:
        fib(3)
        counts = {row[2]: row[3] for row in profiler.rows()}
    assert counts["fib"] == 5


def test_stats_are_ordered_by_own_time() -> None:
    profiler = _core.Profiler()
    with profiler:
        fib(14)
        sorted(range(1000))
    own = [row[4] for row in profiler.rows()]
    assert own == sorted(own, reverse=True)
    assert min(own) >= 0


BUSY = [sys.executable, "-c", "while True: pass"]


@in_one_run
def test_what_others_have_of_the_processors_goes_off_once() -> None:
    busy = [subprocess.Popen(BUSY) for _ in range(2 * (os.cpu_count() or 1))]
    try:
        profiler = _core.Profiler()
        before = time.perf_counter() - time.thread_time()
        with profiler:
            processor = time.thread_time()
            fib(25)
            processor = time.thread_time() - processor
        without = time.perf_counter() - time.thread_time() - before
    finally:
        for process in busy:
            process.kill()
            process.wait()
    overhead = profiler.overhead()
    # Others may have the processor where the profiler is switched on, too.
    assert overhead["without_processor"] <= without * 1.05 + 0.01
    left = sum(row[4] for row in profiler.rows()) + overhead["seconds"]
    assert left >= processor * 0.8


def test_what_a_function_takes_is_never_less_than_its_own_time() -> None:
    profiler = _core.Profiler()
    with profiler:
        json.loads(json.dumps([{"a": [1, 2.5, "x"]} for _ in range(2000)]))
        sorted(range(5000), key=lambda i: -i)
    assert all(row[5] >= row[4] >= 0 for row in profiler.rows())


@in_one_run
def test_overhead_states_its_price() -> None:
    profiler = _core.Profiler()
    with profiler:
        fib(10)
    overhead = profiler.overhead()
    assert overhead["clock"] in ("tsc", "monotonic")
    assert 0 < overhead["seconds"] < overhead["watched"]
    ways = {"function", "object", "bare", "resumed", "native", "compiled", "hidden"}
    assert set(overhead["price"]) == ways
    assert 1 <= overhead["usual"] <= 2
    assert overhead["dilation"] > (1 if sys.version_info < (3, 12) else 0.8)
    raw = _core.Profiler(raw=True)
    with raw:
        fib(10)
    assert raw.overhead()["seconds"] == 0


def test_code_objects_and_data_are_released() -> None:
    class Data:
        def method(self) -> None:
            items = [1]
            items.append(2)

    def once() -> None:
        scope: dict[str, Callable[[], int]] = {}
        exec("def f(): return 1", scope)
        watcher = weakref.ref(scope["f"])
        data = Data()
        alive = weakref.ref(data)
        profiler = _core.Profiler()
        with profiler:
            scope["f"]()
            data.method()
        del data
        assert alive() is None
        scope.clear()
        assert watcher() is None

    once()
    gc.collect()
    code = Data.method.__code__
    watched = (code, Data, len)
    before = [sys.getrefcount(each) for each in watched]
    for _ in range(20):
        once()
    gc.collect()
    # Counts must not grow with the profiles; a thread of pytest-xdist's may be calling len.
    grown = [sys.getrefcount(each) - then for each, then in zip(watched, before, strict=True)]
    assert max(map(abs, grown)) < 10, grown


def test_a_cycle_through_the_profiler_is_collected() -> None:
    class Holder:
        profiler: object

        def leave(self) -> float: ...

    holder = Holder()
    holder.profiler = _core.Profiler(holder.leave)
    alive = weakref.ref(holder)
    del holder
    gc.collect()
    assert alive() is None


def run(source: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(source)],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


def test_what_was_recorded_survives_os_exit() -> None:
    done = run("""
        import os, sys
        from hone import _core
        def f(): pass
        def save():
            profiler.disable()
            print([row[3] for row in profiler.rows() if row[2] == "f"], flush=True)
        profiler = _core.Profiler()
        _core.before_exit(save)
        profiler.enable()
        if os.fork() == 0:
            f()
            os._exit(0)
        os.wait()
        f(); f()
        os._exit(7)
    """)
    assert (done.stdout, done.returncode) == ("[2]\n", 7), done.stderr


def test_a_profiler_left_on_does_not_disturb_the_end_of_the_process() -> None:
    done = run("""
        from hone import _core
        profiler = _core.Profiler()
        profiler.enable()
        print("end")
    """)
    assert (done.stdout, done.returncode, done.stderr) == ("end\n", 0, "")


@pytest.mark.skipif(sys.version_info < (3, 12), reason="sys.monitoring came with 3.12")
def test_it_takes_a_free_tool_and_gives_it_back() -> None:
    taken = [sys.monitoring.get_tool(i) for i in range(6)]
    with _core.Profiler():
        assert sum(sys.monitoring.get_tool(i) == "hone" for i in range(6)) == 1
    assert [sys.monitoring.get_tool(i) for i in range(6)] == taken


@pytest.mark.skipif(sys.version_info < (3, 12), reason="sys.monitoring came with 3.12")
def test_no_free_tool_is_said() -> None:
    free = [i for i in (3, 4, 5) if sys.monitoring.get_tool(i) is None]
    for i in free:
        sys.monitoring.use_tool_id(i, "somebody")
    try:
        with pytest.raises(RuntimeError, match="other tools hold"):
            _core.Profiler().enable()
    finally:
        for i in free:
            sys.monitoring.free_tool_id(i)


def test_process_times() -> None:
    before, after = _core.process_times(), _core.process_times()
    assert after["wall_ns"] >= before["wall_ns"]
    assert after["peak_bytes"] > 1_000_000
    assert after["user_seconds"] >= before["user_seconds"]


class _Made:
    def __init__(self, value: int) -> None:
        self.value = value

    def __neg__(self) -> int:
        return self.value


def _turns(count: int) -> Iterator[int]:
    yield from range(count)


def _make(count: int) -> None:
    for value in range(count):
        _Made(value)


def _negate(count: int) -> None:
    made = _Made(1)
    for _ in range(count):
        -made  # noqa: B018


def _turn(count: int) -> None:
    for _ in _turns(count):
        pass


def _convert(count: int) -> None:
    for value in range(count):
        float(value)


def _call(count: int) -> None:
    for value in range(count):
        len("x" * (value & 1))


@pytest.mark.parametrize(
    ("function", "ways"),
    [
        (_make, ("object", "hidden")),
        (_negate, ("bare",)),
        (_turn, ("resumed",)),
        (_convert, ("hidden",)),
        (_call, ("native",)),
    ],
)
@in_one_run
def test_each_way_of_calling_is_charged(
    function: Callable[[int], None], ways: tuple[str, ...]
) -> None:
    """By what the profile says it took off: the price of one call follows the machine's pace, which
    changes by half or double."""
    profiler = _core.Profiler()
    with profiler:
        function(20_000)
    overhead = profiler.overhead()
    if sys.version_info < (3, 12):  # classes are not announced
        ways = tuple("bare" if way == "object" else way for way in ways)
    price = sum(sum(overhead["price"][way].values()) for way in ways)
    assert price / 3 <= overhead["seconds"] / 20_000 <= price * 3 + 5e-9
