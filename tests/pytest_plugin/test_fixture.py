# SPDX-License-Identifier: Apache-2.0
"""What a test can do with the fixture."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.pytest_plugin.conftest import Run

pytest_plugins = ["pytester"]
Results = Callable[..., list[dict[str, Any]]]


@pytest.mark.smoke
def test_a_call_returns_what_the_function_returns(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(
        """
        def test_it(benchmark):
            assert benchmark(sorted, [3, 1, 2], reverse=True) == [3, 2, 1]
            assert benchmark.enabled and not benchmark.disabled
            assert benchmark.stats.stats.rounds >= 5
            assert benchmark.stats["rounds"] == len(benchmark.stats.stats.data)
            assert benchmark.stats.get("no such", 7) == 7
            assert benchmark.stats.iterations >= 1
            assert (benchmark.name, benchmark.fullname) == (
                "test_it",
                "test_a_call_returns_what_the_function_returns.py::test_it",
            )

        def test_decorated(benchmark):
            @benchmark
            def result():
                return 5
            assert result == 5
        """
    )
    done = run()
    done.assert_outcomes(passed=2)
    done.stdout.fnmatch_lines(
        [
            "* benchmark: 2 tests *",
            "Name (time in ?s)*Min*Max*Mean*StdDev*Median*IQR*Outliers*OPS*Rounds*Iterations",
            "Legend:",
            "*medians of steady rounds (hone)*",
            "noise: *",
        ]
    )


def test_pedantic_calls_as_often_as_it_is_told(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(
        """
        import pytest

        def test_counts(benchmark):
            calls = []
            def setup():
                calls.append("setup")
                return (1,), {"b": 2}
            def target(a, b):
                calls.append((a, b))
                return len(calls)
            def teardown(a, b):
                calls.append("teardown")
            last = benchmark.pedantic(target, setup=setup, teardown=teardown, rounds=3, warmup_rounds=2)
            assert calls == ["setup", (1, 2), "teardown"] * 5
            assert last == 14
            assert benchmark.stats.stats.rounds == 3

        def test_iterations(benchmark):
            calls = []
            benchmark.pedantic(calls.append, (0,), rounds=4, iterations=5)
            assert len(calls) == 21  # the loop has no result
            assert benchmark.stats.iterations == 5

        @pytest.mark.parametrize("wrong", [
            {"rounds": 0}, {"iterations": 0}, {"warmup_rounds": -1}, {"rounds": "x"},
            {"iterations": 2, "setup": int},
        ])
        def test_wrong(benchmark, wrong):
            with pytest.raises(ValueError):
                benchmark.pedantic(int, **wrong)

        def test_arguments_twice(benchmark):
            with pytest.raises(TypeError):
                benchmark.pedantic(int, args=(1,), setup=lambda: ((1,), {}))
        """
    )
    run().assert_outcomes(passed=8)


def test_a_fixture_is_used_once(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(
        """
        import pytest

        def test_twice(benchmark):
            benchmark(int)
            with pytest.raises(Exception, match="only be used once.*benchmark\\\\(...\\\\) mode"):
                benchmark.pedantic(int)

        def test_never(benchmark):
            pass
        """
    )
    done = run("-rw", "--benchmark-json=out.json")
    done.assert_outcomes(passed=2, warnings=1)
    done.stdout.fnmatch_lines(["*PytestBenchmarkWarning: Benchmark fixture was not used at all*"])
    # What was measured is shown, but not kept: the test wanted something else.
    done.stdout.fnmatch_lines(["* benchmark: 1 tests *", "test_twice *"])
    assert json.loads((pytester.path / "out.json").read_text())["benchmarks"] == []


def test_what_a_file_says_of_a_test(pytester: pytest.Pytester, results: Results) -> None:
    pytester.makepyfile(
        """
        import pytest, time

        @pytest.mark.parametrize("n", [3])
        @pytest.mark.benchmark(group="g", min_rounds=6, timer=time.process_time, disable_gc=True)
        def test_it(benchmark, n):
            benchmark.extra_info["size"] = n
            benchmark(range, n)
        """
    )
    (found,) = results()
    assert found["group"] == "g"
    assert found["name"] == "test_it[3]"
    assert found["fullname"] == "test_what_a_file_says_of_a_test.py::test_it[3]"
    assert (found["params"], found["param"]) == ({"n": 3}, "3")
    assert found["extra_info"] == {"size": 3}
    assert found["options"]["timer"] == "process_time"
    assert found["options"]["disable_gc"] is True
    assert found["options"]["min_rounds"] == 6
    assert found["stats"]["rounds"] == len(found["stats"]["data"]) >= 6


def test_marks_are_checked(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.benchmark("g")
        def test_positional(benchmark):
            benchmark(int)

        @pytest.mark.benchmark(rounds=3)
        def test_unknown(benchmark):
            benchmark(int)
        """
    )
    done = run()
    done.assert_outcomes(errors=2)
    done.stdout.fnmatch_lines(["*keyword arguments only*", "*has no rounds; it has *min_rounds*"])


def test_garbage_is_not_collected_where_that_is_wanted(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(
        """
        import gc, pytest

        @pytest.mark.benchmark(disable_gc=True)
        def test_off(benchmark):
            seen = set()
            benchmark.pedantic(lambda: seen.add(gc.isenabled()), rounds=3)
            assert seen == {False} and gc.isenabled()

        def test_on(benchmark):
            seen = set()
            benchmark.pedantic(lambda: seen.add(gc.isenabled()), rounds=3, iterations=2)
            assert seen == {True}
        """
    )
    run().assert_outcomes(passed=2)


def test_tracers_rest_meanwhile(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(
        """
        import sys

        def test_it(benchmark):
            def tracer(*event):
                return None
            seen = set()
            sys.settrace(tracer)
            sys.setprofile(tracer)
            try:
                benchmark.pedantic(lambda: seen.add((sys.gettrace(), sys.getprofile())), rounds=2)
                assert (sys.gettrace(), sys.getprofile()) == (tracer, tracer)
            finally:
                sys.settrace(None)
                sys.setprofile(None)
            assert seen == {(None, None)}
        """
    )
    run().assert_outcomes(passed=1)


def test_what_raises_is_in_no_report(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(
        """
        def test_bad(benchmark):
            benchmark(lambda: 1 / 0)

        def test_late(benchmark):
            rounds = iter([1, 2])
            benchmark.pedantic(lambda: next(rounds), rounds=5)
        """
    )
    done = run("--benchmark-json=out.json")
    done.assert_outcomes(failed=2)
    done.stdout.no_fnmatch_line("* benchmark: *")
    assert json.loads((pytester.path / "out.json").read_text())["benchmarks"] == []


def test_weaving(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(
        helper="""
        def double(x):
            return 2 * x

        class Thing:
            def value(self):
                return 4
            @staticmethod
            def fixed():
                return 5

        class Child(Thing):
            pass
        """,
        test_it="""
        import helper, pytest

        def test_name(benchmark):
            plain = helper.double
            benchmark.weave("helper.double")
            assert helper.double is not plain
            assert helper.double(4) == 8
            assert benchmark.stats.stats.rounds > 0

        def test_undone():
            assert helper.double.__code__.co_name == "double"
            assert not hasattr(helper.double, "__wrapped__")
            assert "value" not in vars(helper.Child)

        def test_method(benchmark):
            benchmark.patch(helper.Thing.value, lazy=True)
            assert helper.Thing().value() == 4

        def test_static(benchmark_weave):
            benchmark_weave("helper.Thing.fixed")
            assert helper.Thing().fixed() == 5

        def test_inherited(benchmark):
            benchmark.weave("helper.Child.value")
            assert helper.Child().value() == 4

        @pytest.mark.parametrize("wrong", ["nowhere.at_all", "helper.nothing", "helper", 5, int])
        def test_wrong(benchmark, wrong):
            with pytest.raises((LookupError, TypeError)):
                benchmark.weave(wrong)
            benchmark(int)
        """,
    )
    run("test_it.py").assert_outcomes(passed=10)


def test_a_timer_that_stands_is_an_error(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.benchmark(timer=lambda: 0.0)
        def test_it(benchmark):
            benchmark(int)
        """
    )
    done = run()
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(["*does not advance*"])


def test_a_clock_of_coarse_steps(pytester: pytest.Pytester, results: Results) -> None:
    """Rounds of no time at all have no interval, and no figure divides by them."""
    pytester.makepyfile(
        """
        import pytest, itertools

        ticks = itertools.count()

        @pytest.mark.benchmark(timer=lambda: next(ticks) // 4)
        def test_it(benchmark):
            benchmark.pedantic(int, rounds=8)
        """
    )
    (found,) = results()
    assert found["stats"]["min"] == 0
    assert found["hone"]["median"] is None


@pytest.mark.parametrize("how", ["--benchmark-disable", "-pxdist -n2"])
def test_disabled_is_called_once(pytester: pytest.Pytester, run: Run, how: str) -> None:
    pytester.makepyfile(
        """
        def test_it(benchmark):
            calls = []
            benchmark(calls.append, 1)
            assert calls == [1] and benchmark.stats is None

        def test_pedantic(benchmark):
            calls = []
            benchmark.pedantic(calls.append, setup=lambda: ((1,), {}), rounds=5, iterations=1)
            assert calls == [1]
        """
    )
    done = run(*how.split())
    done.assert_outcomes(passed=2)
    done.stdout.no_fnmatch_line("* benchmark: *")
    text = "Benchmarks are automatically disabled because xdist plugin is active"
    assert done.stderr.str().count(text) == ("-n2" in how)
