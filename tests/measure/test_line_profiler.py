# SPDX-License-Identifier: Apache-2.0
"""hone.line_profiler: what is watched, of what kinds of callables, beside what other tools."""

from __future__ import annotations

import asyncio
import cProfile
import functools
import gc
import inspect
import io
import pickle
import subprocess
import sys
import textwrap
import threading
import weakref
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import line_profiler as foreign
import pytest

from hone import line_profiler
from hone.line_profiler import LineProfiler, LineStats, load_stats, show_text
from tests.measure.line_rows import rows, stair, worst

needs_monitoring = pytest.mark.skipif(
    sys.version_info < (3, 12), reason="sys.monitoring came with 3.12"
)


# ---- what can be chosen


class Thing:
    def method(self) -> int:
        return 1

    @property
    def value(self) -> int:
        return self.method() + 1

    @classmethod
    def made(cls) -> int:
        return 3

    @staticmethod
    def free() -> int:
        return 4

    @functools.cached_property
    def kept(self) -> int:
        return 5

    class Inner:
        def deep(self) -> int:
            return 6


def test_a_class_is_decorated_with_all_it_defines() -> None:
    names: dict[str, Any] = {"functools": functools, "__name__": __name__}
    exec(textwrap.dedent(inspect.getsource(Thing)), names)
    profiler = LineProfiler()
    cls = profiler(names["Thing"])
    assert cls is names["Thing"]
    thing = cls()
    got = thing.method(), thing.value, cls.made(), thing.free(), thing.kept, cls.Inner().deep()
    assert got == (1, 2, 3, 4, 5, 6)
    hits = {
        key[2]: sum(row[1] for row in lines) for key, lines in profiler.get_stats().timings.items()
    }
    assert hits == {
        "Thing.method": 2,
        "Thing.value": 1,
        "Thing.made": 1,
        "Thing.free": 1,
        "Thing.kept": 1,
        "Thing.Inner.deep": 1,
    }


def add(a: int, b: int = 2, *, c: int = 3) -> int:
    """Adds."""
    return a + b + c


def test_a_decorated_function_is_one_of_its_kind() -> None:
    profiler = LineProfiler()
    watched = profiler(add)
    assert watched is not add
    assert watched.__wrapped__ is add
    assert inspect.signature(watched) == inspect.signature(add)
    assert watched.__doc__ == "Adds."
    assert (watched(1), watched(1, c=1)) == (6, 4)
    assert rows(profiler, add)[2][0] == 2
    add(1)
    assert rows(profiler, add)[2][0] == 2  # the function itself does not count by itself
    assert profiler(watched) is watched
    assert profiler(functools.partial(add, 1))() == 6
    assert profiler(Thing().method)() == 1
    assert profiler(len) is len
    with pytest.raises(TypeError):
        profiler(5)


def test_objects_that_can_be_called() -> None:
    class Caller:
        def __call__(self) -> int:
            return 7

    profiler = LineProfiler()
    assert profiler(Caller())() == 7
    (found,) = profiler.get_stats().timings.values()
    assert [row[1] for row in found] == [1]


def test_twins_on_a_line_are_kept_apart_and_summed() -> None:
    pair = [lambda: 1, lambda: 2]
    profiler = LineProfiler(*pair)
    with profiler:
        for _ in range(3):
            pair[0]()
        pair[1]()
    apart = list(profiler.code_map.values())
    assert sorted(hits for lines in apart for row in lines.values() for hits in [row["nhits"]]) == [
        1,
        3,
    ]
    (summed,) = profiler.get_stats().timings.values()
    assert [row[1] for row in summed] == [4]


def plain() -> int:
    total = 0
    for number in range(3):
        total += number
    return total


def test_what_programs_ask_of_line_profiler() -> None:
    theirs, ours = foreign.LineProfiler(), LineProfiler()
    for profiler in (theirs, ours):
        profiler.add_function(plain)
        profiler.runcall(plain)
    assert ours.timer_unit == 1e-9
    ((code, lines),) = ours.code_map.items()
    ((code_there, lines_there),) = theirs.code_map.items()
    assert code.co_qualname == code_there.co_qualname == "plain"
    (hits,) = theirs.get_stats().timings.values()  # code_map has not all of a loop's
    assert [(line, row["nhits"]) for line, row in lines.items()] == [row[:2] for row in hits]
    for line, row in lines_there.items():
        assert lines[line].keys() == row.keys()
        assert lines[line]["code"] is code
        assert lines[line]["lineno"] == line
        assert 0 <= lines[line]["total_time"] * ours.timer_unit < 1
    assert list(ours.code_hash_map) == [code]
    hashes = ours.code_hash_map[code]
    assert len(set(hashes)) == len(hashes) >= len(lines)
    assert list(ours.dupes_map.values()) == [[code]]
    assert len(LineProfiler(lambda: 1, lambda: 1).dupes_map) == 1


def test_names_that_line_profiler_has() -> None:
    assert set(foreign.__all__) - {"line_profiler", "__version__"} <= set(dir(line_profiler))
    left = {"c_code_map", "c_last_time", "set_frame_local_trace", "threaddata", "tool_id"}
    left |= {"wrap_trace", "functions"}  # `functions`: of objects
    theirs = {name for name in dir(foreign.LineProfiler) if not name.startswith("_")}
    assert theirs - left <= set(dir(LineProfiler))


def test_kinds_are_wrapped_by_name() -> None:
    def numbers() -> Iterator[int]:
        yield 1

    async def later() -> int:
        return 2

    async def several() -> AsyncIterator[int]:
        yield 3

    async def all_of(made: AsyncIterator[int]) -> list[int]:
        return [each async for each in made]

    profiler = LineProfiler()
    assert list(profiler.wrap_generator(numbers)()) == [1]
    assert asyncio.run(profiler.wrap_coroutine(later)()) == 2
    assert asyncio.run(all_of(profiler.wrap_async_generator(several)())) == [3]
    assert profiler.wrap_function(lambda: 4)() == 4
    assert profiler.wrap_class(type("C", (), {"f": lambda self: 5}))().f() == 5
    assert profiler.wrap_partial(functools.partial(worst, 1)).args == (1,)
    found = LineProfiler.get_underlying_functions(functools.partial(Thing.made))
    assert found == [Thing.made.__func__]  # type: ignore[attr-defined]
    with pytest.raises(TypeError):
        LineProfiler.get_underlying_functions(5)


def test_the_line_that_a_function_is_at() -> None:
    profiler = LineProfiler()
    seen = []

    @profiler
    def asks(depth: int) -> None:
        if depth:
            asks(depth - 1)
        else:
            seen.append(profiler.last_time)

    assert profiler.last_time == {}
    asks(2)
    ((code, where),) = seen[0].items()
    assert code in profiler.code_map
    assert where == {"f_lineno": asks.__code__.co_firstlineno + 5}
    assert profiler.last_time == {}


def test_closures_of_one_code_are_one_function() -> None:
    profiler = LineProfiler()

    def make(n: int) -> Callable[[], int]:
        @profiler
        def closure() -> int:
            return n

        return closure

    assert [make(n)() for n in range(50)] == list(range(50))
    (found,) = profiler.get_stats().timings.values()
    assert found[0][1] == 50
    assert len({make(n).__code__ for n in range(5)}) == 1


def test_modules_and_scopes() -> None:
    import textwrap as module

    profiler = LineProfiler()
    # textwrap's own functions, and not what it imports.
    assert profiler.add_module(module, scoping_policy="children") >= 4
    with profiler:
        module.dedent("  a")
    assert any(key[2] == "dedent" and lines for key, lines in profiler.get_stats().timings.items())
    assert all(key[0].endswith("textwrap.py") for key in profiler.get_stats().timings)
    with pytest.raises(ValueError, match="'some' is not one of"):
        profiler.add_module(module, scoping_policy="some")


def test_a_module_in_a_class_is_no_part_of_it() -> None:
    import textwrap

    class Holder:
        module = textwrap

        def method(self) -> None:
            pass

    profiler = LineProfiler()
    assert profiler.add_class(Holder, scoping_policy="none") == 1
    assert profiler.functions == [Holder.method]


def test_what_can_not_be_replaced_is_warned_of() -> None:
    class Fixed(type):
        def __setattr__(cls, name: str, value: object) -> None:
            raise AttributeError(name)

    class Thing(metaclass=Fixed):
        def first(self) -> int:
            return 1

        def second(self) -> int:
            return 2

    profiler, plain = LineProfiler(), Thing.first
    with pytest.warns(UserWarning, match=r"cannot wrap 2 attribute\(s\) of <class .*Thing'>"):
        assert profiler.add_class(Thing, wrap=True) == 2
    assert Thing.first is plain
    profiler.runcall(Thing().second)
    assert sum(hits for rows in profiler.get_stats().timings.values() for _, hits, _ in rows) == 1


def test_what_has_no_code_is_warned_of() -> None:
    profiler = LineProfiler()
    with pytest.warns(UserWarning, match="Could not extract a code object"):
        profiler.add_function(len)
    assert profiler.get_stats().timings == {}


# ---- on and off


def test_counts_of_who_wants_it() -> None:
    profiler = LineProfiler(add)
    add(1)
    profiler.enable_by_count()
    profiler.enable_by_count()
    add(1)
    profiler.disable_by_count()
    add(1)
    assert profiler.enable_count == 1
    profiler.disable_by_count()
    profiler.disable_by_count()
    assert (profiler.enable_count, profiler.enabled) == (0, False)
    add(1)
    profiler.enable()
    add(1)
    profiler.disable()
    assert rows(profiler, add)[2][0] == 3
    assert profiler.runcall(add, 5) == 10
    profiler.runctx("add(1)", globals(), {})
    assert rows(profiler, add)[2][0] == 5


def test_disabled_within_a_decorated_call() -> None:
    profiler = LineProfiler()

    @profiler
    def partly() -> int:
        a = 1
        profiler.disable()
        a += 1
        profiler.enable()
        a += 1
        profiler.disable()
        return a

    assert partly() == 3
    lines = {line: hits for line, (hits, _) in rows(profiler, partly).items()}
    assert lines == {2: 1, 3: 1, 6: 1, 7: 1}
    assert partly() == 3
    assert rows(profiler, partly)[2][0] == 2


def test_nothing_of_it_is_left() -> None:
    names: dict[str, Any] = {}
    exec("def local():\n    return 1", names)
    local = names.pop("local")
    code = weakref.ref(local.__code__)
    profiler = LineProfiler()
    watched = profiler(local)
    watched()
    died = weakref.ref(profiler)
    del profiler, watched, local
    gc.collect()
    assert died() is None
    assert code() is None
    if sys.version_info >= (3, 12):
        assert "hone lines" not in [sys.monitoring.get_tool(i) for i in range(6)]


def test_two_profilers_at_a_time() -> None:
    first, second = LineProfiler(add), LineProfiler()
    watched = second(add)
    with first:
        watched(1)
        add(1)
    add(1)
    watched(1)
    assert rows(first, add)[2][0] == 2
    assert rows(second, add)[2][0] == 2


def test_threads() -> None:
    profiler = LineProfiler()
    watched = profiler(stair)
    threads = [threading.Thread(target=watched) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {line: hits for line, (hits, _) in rows(profiler, stair).items()} == {
        1: 4,
        2: 4,
        3: 16,
        4: 12,
    }
    assert profiler.enable_count == 0


# ---- other tools at the same time


def test_beside_settrace_and_cprofile() -> None:
    seen: list[int] = []

    def trace(frame: Any, event: str, _: Any) -> Any:
        if frame.f_code.co_name == "worst" and event == "line":
            seen.append(frame.f_lineno - frame.f_code.co_firstlineno)
        return trace

    def lines(function: Callable[..., Any]) -> list[int]:
        seen.clear()
        sys.settrace(trace)
        function(range(3))
        sys.settrace(None)
        return seen.copy()

    plain = lines(worst)
    assert plain == [1, 2, 3, 2, 3, 2, 3, 2, 4]
    profiler = LineProfiler()
    watched = profiler(worst)
    assert lines(watched) == plain
    calls = cProfile.Profile()
    calls.enable()
    watched(range(3))
    calls.disable()
    assert any(
        entry.code.co_name == "worst"
        for entry in calls.getstats()
        if hasattr(entry.code, "co_name")
    )
    assert rows(profiler, worst)[3][0] == 6


@needs_monitoring
def test_other_tools_keep_their_ids() -> None:
    gc.collect()  # profilers that the traceback of a test begun again has kept
    monitoring = sys.monitoring
    for i in (3, 4, 5):
        monitoring.use_tool_id(i, f"other {i}")
    profiler = LineProfiler()
    try:
        with pytest.raises(RuntimeError, match="other tools hold every free id"):
            profiler(add)
        monitoring.free_tool_id(3)
        assert profiler(add)(1) == 6
        assert monitoring.get_tool(3) == "hone lines"
    finally:
        for i in (4, 5):
            monitoring.free_tool_id(i)
        if monitoring.get_tool(3) == "other 3":
            monitoring.free_tool_id(3)


# ---- compiled code


def test_compiled_code_is_attributed_and_the_rest_stays_compiled() -> None:
    """In a process of its own: the compiler is the process's."""
    program = """
        import hone
        from hone import _jit
        from hone.line_profiler import LineProfiler
        _jit.configure(threshold=2)
        @hone.jit
        def hot(n):
            t = 0
            for i in range(n):
                t += i
            return t
        @hone.jit
        def caller(n):
            t = 0
            for i in range(n):
                t += hot(2)
            return t
        for _ in range(200):
            hot(50), caller(5)
        assert [row["state"] for row in _jit.report()] == ["compiled", "compiled"]
        profiler = LineProfiler(hot)
        before = {row["qualname"]: row["exits"] for row in _jit.report()}
        with profiler:
            assert hot(10) == 45
            assert caller(4) == 4
        (lines,) = profiler.get_stats().timings.values()
        assert [hits for _, hits, _ in lines] == [5, 23, 18, 5], lines
        assert caller(4) == 4 and hot(10) == 45
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


# ---- statistics and files


def test_sums_are_in_the_larger_unit() -> None:
    nano = LineStats({("a.py", 1, "f"): [(2, 1, 1500)]}, 1e-9)
    micro = LineStats({("a.py", 1, "f"): [(2, 2, 3)], ("b.py", 1, "g"): [(1, 1, 1)]}, 1e-6)
    both = nano + micro
    assert both.unit == 1e-6
    assert both.timings == {("a.py", 1, "f"): [(2, 3, 4)], ("b.py", 1, "g"): [(1, 1, 1)]}
    nano += micro
    assert nano == both


def test_files_go_there_and_back(tmp_path: Any) -> None:
    profiler = LineProfiler()
    profiler(add)(1)
    file = tmp_path / "x.lprof"
    profiler.dump_stats(file)
    assert load_stats(file) == profiler.get_stats()
    assert load_stats(file, file).timings[(__file__, add.__code__.co_firstlineno, "add")][0][1] == 2


def test_line_profiler_reads_our_files_and_we_its(tmp_path: Any) -> None:
    theirs = pytest.importorskip("line_profiler", reason="line_profiler has no wheel here")
    profiler = LineProfiler()
    profiler(worst)(range(5))
    file = tmp_path / "x.lprof"
    profiler.dump_stats(file)
    read = theirs.load_stats(file)
    assert type(read) is theirs.line_profiler.LineStats
    assert (read.timings, read.unit) == (profiler.get_stats().timings, 1e-9)
    ours, original = io.StringIO(), io.StringIO()
    show_text(read.timings, read.unit, stream=ours, summarize=True, output_unit=1e-6)
    theirs.show_text(read.timings, read.unit, stream=original, summarize=True, output_unit=1e-6)
    assert ours.getvalue() == original.getvalue()
    read.to_file(file)
    assert load_stats(file) == profiler.get_stats()


class Bomb:
    def __reduce__(self) -> Any:
        return print, ("boom",)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a pickle",
        pickle.dumps({"timings": {}}),
        pickle.dumps(Bomb()),
        pickle.dumps(ValueError("x")),
    ],
)
def test_foreign_files_are_refused(content: bytes, tmp_path: Any, capsys: Any) -> None:
    from hone.recording.errors import RecordingError

    file = tmp_path / "x.lprof"
    file.write_bytes(content)
    with pytest.raises(RecordingError, match=r"x\.lprof is"):
        load_stats(file)
    assert capsys.readouterr().out == ""
