# SPDX-License-Identifier: Apache-2.0
"""Choosing, grouping, showing."""

from __future__ import annotations

import re
from argparse import ArgumentTypeError

import pytest

from hone.pytest_plugin import checks, options
from tests.pytest_plugin.conftest import Run

pytest_plugins = ["pytester"]
TWO_KINDS = """
import pytest

@pytest.mark.parametrize("n", [1, 2])
def test_a(benchmark, n):
    benchmark.pedantic(int, rounds=3)

@pytest.mark.benchmark(group="G")
def test_b(benchmark):
    benchmark.pedantic(int, rounds=3)

def test_plain():
    pass
"""


@pytest.mark.parametrize(
    ("words", "passed", "skipped"),
    [
        ((), 4, 0),
        (("--benchmark-only",), 3, 1),
        (("--benchmark-skip",), 1, 3),
        (("--benchmark-only", "--benchmark-skip"), 3, 1),
        (("--benchmark-disable", "--benchmark-enable", "--benchmark-only"), 3, 1),
    ],
)
def test_choosing(
    pytester: pytest.Pytester, run: Run, words: tuple[str, ...], passed: int, skipped: int
) -> None:
    pytester.makepyfile(TWO_KINDS)
    run(*words).assert_outcomes(passed=passed, skipped=skipped)


@pytest.mark.parametrize(
    ("labels", "groups"),
    [
        ("group", [": 2 tests", " 'G': 1 tests"]),
        ("name", [" 'test_a[[]1[]]': 1", " 'test_a[[]2[]]': 1", " 'test_b': 1"]),
        ("func", [" 'test_a': 2 tests", " 'test_b': 1 tests"]),
        ("fullfunc", [" 'test_grouping.py::test_a': 2 tests", " 'test_grouping.py::test_b': 1"]),
        ("param:n", [": 1 tests", " 'n=1': 1 tests", " 'n=2': 1 tests"]),
        ("group,param:n", [" 'G': 1", " 'n=1': 1", " 'n=2': 1"]),
    ],
)
def test_grouping(pytester: pytest.Pytester, run: Run, labels: str, groups: list[str]) -> None:
    pytester.makepyfile(TWO_KINDS)
    done = run(f"--benchmark-group-by={labels}")
    done.stdout.fnmatch_lines([f"* benchmark{group}*" for group in groups])


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("--benchmark-columns=max,rounds",), "Name (time in ?s) * Max * Rounds"),
        (("--benchmark-time-unit=ms",), "Name (time in ms) *"),
        (("--benchmark-name=short",), "b *"),
        (("--benchmark-name=long",), "test_showing.py::test_b *"),
        (("--benchmark-cprofile=tottime",), "ncalls\ttottime\tpercall\tcumtime\tpercall\t*"),
    ],
)
def test_showing(pytester: pytest.Pytester, run: Run, words: tuple[str, ...], line: str) -> None:
    pytester.makepyfile(TWO_KINDS)
    run(*words).stdout.fnmatch_lines([line])


def test_quiet(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(TWO_KINDS)
    done = run("--benchmark-quiet")
    done.assert_outcomes(passed=4)
    done.stdout.no_fnmatch_line("*Legend*")
    done.stdout.no_fnmatch_line("*medians*")
    done = run("--hone-no-intervals")
    done.stdout.fnmatch_lines(["Legend:"])
    done.stdout.no_fnmatch_line("*medians*")


def test_rows_are_sorted(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(
        """
        import itertools, pytest

        # Clocks that make one slower than the other, whatever the machine does.
        @pytest.mark.benchmark(timer=itertools.count(0, 5).__next__)
        def test_a_slow(benchmark):
            benchmark.pedantic(int, rounds=3)

        @pytest.mark.benchmark(timer=itertools.count().__next__)
        def test_b_fast(benchmark):
            benchmark.pedantic(int, rounds=3)
        """
    )
    fast, slow = "test_b_fast * 1.0000 (1.0) *", "test_a_slow * 5.0000 (5.00) *"
    run().stdout.fnmatch_lines([fast, slow])
    run("--benchmark-sort=name").stdout.fnmatch_lines([slow, fast])


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("--benchmark-min-time=soon", "Invalid decimal value 'soon'"),
        ("--benchmark-group-by=color", "can't group by 'color'"),
        ("--benchmark-storage=elasticsearch+http://x", "no storage elasticsearch"),
        ("--benchmark-json=no/such/folder.json", "can't be written"),
        ("--benchmark-compare-fail=min:5%", "needs --benchmark-compare"),
        ("--hone-compare-fail=5%", "needs --benchmark-compare"),
    ],
)
def test_wrong_words_are_refused(pytester: pytest.Pytester, run: Run, word: str, text: str) -> None:
    pytester.makepyfile(TWO_KINDS)
    done = run(word)
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    assert text in done.stderr.str()
    assert "Traceback" not in done.stderr.str()


@pytest.mark.parametrize(
    ("name", "word", "text"),
    [
        ("max-time", "-1", "-1 is not a number of seconds"),
        ("max-time", "nan", "nan is not a number of seconds"),
        ("min-rounds", "0", "at least 1"),
        ("min-rounds", "x", "invalid literal"),
        ("timer", "clock", "dotted form"),
        ("timer", "time.nothing", "there is no timer time.nothing"),
        ("timer", "no_such.clock", "there is no timer no_such.clock"),
        ("sort", "color", "must be one of"),
        ("columns", "min,color", "no columns: color"),
        ("name", "loud", "is none of short"),
        ("save", "a/b", "can't be a part of a file's name"),
        ("save", "", "can't be a part of a file's name"),
        ("warmup", "tepid", "is none of auto, on, off"),
        ("precision", "2", "not a share between 0 and 1"),
        ("precision", "x", "could not convert"),
        ("cprofile-loops", "0", "a number above 0"),
        ("compare-fail", "speed:5%", "Could not parse value"),
    ],
)
def test_values_are_checked(name: str, word: str, text: str) -> None:
    with pytest.raises(ArgumentTypeError, match=re.escape(text)):
        options.KNOWN[name]["type"](word)


def test_a_sure_limit_is_of_the_median() -> None:
    assert checks.sure("median:5%") == checks.sure("5%") == 0.05
    with pytest.raises(ArgumentTypeError, match="is not median:P%"):
        checks.sure("mean:5%")


def test_only_and_disabled_contradict_each_other(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(TWO_KINDS)
    done = run("--benchmark-only", "--benchmark-disable")
    assert done.ret == pytest.ExitCode.USAGE_ERROR


def test_boxes_are_drawn(pytester: pytest.Pytester, run: Run) -> None:
    from xml.etree import ElementTree

    pytester.makepyfile(TWO_KINDS)
    run("--benchmark-histogram=drawn/plot").assert_outcomes(passed=4)
    drawn = sorted(path.name for path in (pytester.path / "drawn").iterdir())
    assert drawn == ["plot-G.svg", "plot.svg"]
    root = ElementTree.parse(pytester.path / "drawn" / "plot.svg").getroot()
    names = [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"test_a[1]", "test_a[2]"} <= set(names)


def test_hooks_of_a_conftest(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makeconftest(
        """
        def pytest_benchmark_scale_unit(config, unit, benchmarks, best, worst, sort):
            return ("fort", 2.0) if unit == "seconds" else ("", 1.0)

        def pytest_benchmark_generate_machine_info(config):
            return {"node": "mine"}

        def pytest_benchmark_update_machine_info(config, machine_info):
            machine_info["more"] = 1

        def pytest_benchmark_update_commit_info(config, commit_info):
            commit_info["id"] = "c0ffee"

        def pytest_benchmark_group_stats(config, benchmarks, group_by):
            return [("all", benchmarks)]

        def pytest_benchmark_update_json(config, benchmarks, output_json):
            output_json["count"] = len(benchmarks)
        """
    )
    pytester.makepyfile(TWO_KINDS)
    done = run("--benchmark-autosave")
    done.stdout.fnmatch_lines(["* benchmark 'all': 3 tests *", "Name (time in forts) *"])
    (file,) = (pytester.path / ".benchmarks").rglob("0001_c0ffee_*.json")
    text = file.read_text()
    assert '"node": "mine"' in text and '"more": 1' in text and '"count": 3' in text
