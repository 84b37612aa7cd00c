# SPDX-License-Identifier: Apache-2.0
"""Kept runs: saving, comparing, failing. Clocks are made up, so that what is slower is certain."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hone.measure.stats import Ratio
from hone.pytest_plugin import checks, judged
from tests.pytest_plugin.conftest import Run

pytest_plugins = ["pytester"]

# A round takes COST ticks, and now and then one more.
TIMED = """
import itertools, os, pytest
from hone import _core

_core.machine_pace = lambda: 500  # a core that nothing slows down
cost = int(os.environ.get("COST", "100"))

def ticks():
    now = 0
    for number in itertools.count():
        yield now
        now += cost + number % 3

@pytest.mark.benchmark(timer=ticks().__next__)
def test_it(benchmark):
    benchmark.pedantic(int, rounds=30)
"""


def kept(pytester: pytest.Pytester) -> list[Path]:
    return sorted((pytester.path / ".benchmarks").rglob("*.json"))


def test_runs_are_numbered(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(TIMED)
    for name in ("first", "second"):
        run(f"--benchmark-save={name}").assert_outcomes(passed=1)
    assert [file.name for file in kept(pytester)] == ["0001_first.json", "0002_second.json"]
    assert "data" not in json.loads(kept(pytester)[0].read_text())["benchmarks"][0]["stats"]
    run("--benchmark-save=third", "--benchmark-save-data")
    found = json.loads(kept(pytester)[2].read_text())["benchmarks"][0]
    assert len(found["stats"]["data"]) == 30


@pytest.mark.parametrize(
    ("cost", "words", "fails"),
    [
        ("100", ["--benchmark-compare-fail=mean:5%", "--hone-compare-fail=median:5%"], False),
        ("120", ["--benchmark-compare-fail=mean:30", "--hone-compare-fail=25%"], False),
        ("120", ["--benchmark-compare-fail", "min:90%", "median:10%", "--"], True),
        ("120", ["--hone-compare-fail=median:5%"], True),
    ],
)
def test_limits(
    pytester: pytest.Pytester,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    cost: str,
    words: list[str],
    fails: bool,
) -> None:
    pytester.makepyfile(TIMED)
    run("--benchmark-save=base")
    monkeypatch.setenv("COST", cost)
    done = run("--benchmark-compare", *words)
    done.assert_outcomes(passed=1)
    assert done.ret == (pytest.ExitCode.TESTS_FAILED if fails else pytest.ExitCode.OK)
    assert ("Performance has regressed" in done.stderr.str()) == fails
    assert "Traceback" not in done.stderr.str()
    done.stderr.fnmatch_lines(["Comparing against benchmarks from: *0001_base.json"])
    done.stdout.fnmatch_lines_random(["test_it (NOW) *", "test_it (0001_base) *"])
    text = (
        "no difference to 0001_base beyond 10%*"
        if cost == "100"
        else "1.[12]* times slower than 0001_base"
    )
    done.stdout.fnmatch_lines([f"  {text}*(* %: *-*)"])


@pytest.mark.parametrize(
    ("word", "before", "now", "fails"),
    [
        ("mean:5%", 100.0, 104.9, False),
        ("mean:5%", 100.0, 105.1, True),
        ("min:10", 100.0, 109.0, False),
        ("max:1e1", 100.0, 111.0, True),
        ("stddev:5%", 0.0, 0.1, True),
        ("iqr:5%", 0.0, 0.0, True),  # pytest-benchmark's: there is no share of nothing
        ("median:0.5", 2.0, 1.0, False),
    ],
)
def test_checks(word: str, before: float, now: float, fails: bool) -> None:
    check = checks.parse(word)
    assert (check.fails({check.field: now}, {check.field: before}) is not None) == fails


@pytest.mark.parametrize("word", ["--benchmark-compare", "--benchmark-compare=0007"])
def test_nothing_to_compare(pytester: pytest.Pytester, run: Run, word: str) -> None:
    pytester.makepyfile(TIMED)
    done = run(word)
    done.assert_outcomes(passed=1)
    done.stderr.fnmatch_lines(["*PytestBenchmarkWarning: Can't compare. No benchmark files*"])


def test_damaged_runs_are_left_out(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(TIMED)
    run("--benchmark-save=base")
    (good,) = kept(pytester)
    texts = (
        "",
        "{",
        "[]",
        '{"benchmarks": 3}',
        '{"benchmarks": [{"stats": {"mean": 0}}]}',
        "\udcff",
    )
    for number, text in enumerate(texts, 2):
        good.with_name(f"{number:04}_bad.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    done = run("--benchmark-compare")
    done.assert_outcomes(passed=1)
    assert done.ret == 0
    assert done.stderr.str().count("can't be read as a kept run") == len(texts)
    done.stdout.fnmatch_lines(["test_it (0001_base) *"])


def test_another_machine_is_told(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(TIMED)
    run("--benchmark-save=base")
    (file,) = kept(pytester)
    file.write_text(file.read_text().replace('"machine": "', '"machine": "not '))
    done = run("--benchmark-compare")
    done.stderr.fnmatch_lines(["*another machine or interpreter: machine x86_64, was not x86_64"])


def test_a_folder_that_can_not_be_written_fails_the_run(
    pytester: pytest.Pytester, run: Run
) -> None:
    pytester.makepyfile(TIMED)
    (pytester.path / "taken").write_text("")
    done = run("--benchmark-storage=taken", "--benchmark-save=x")
    done.assert_outcomes(passed=1)
    assert done.ret == pytest.ExitCode.TESTS_FAILED
    assert "the results are not written" in done.stderr.str()
    assert "Traceback" not in done.stderr.str()


def values(middle: float, count: int = 30, **more: float) -> judged.Judged:
    batches = [middle * (1 + 0.01 * (at % 5 - 2)) for at in range(count)]
    return judged.Judged(batches, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("now", "text"),
    [
        (values(1.002), "no difference to x beyond 10%: 0.998 times its speed (95 %: 0.9"),
        (values(1.08), "no difference to x beyond 10%: 0.926 times its speed (95 %: 0.9"),
        (values(1.2), "1.200 times slower than x (95 %: 1.1"),
        (values(0.5), "2.000 times faster than x (95 %: 1.9"),
        # The core was 1.9 times slower throughout, as is known from the kept run's pace.
        (values(1.8, pace=1.9, best=1.8), "no difference to x beyond 10%: 0.556 times its speed"),
        (values(3.0, pace=1.9, best=1.8), "3.000 times slower than x (95 %: 1.5"),
    ],
)
def test_words(now: judged.Judged, text: str) -> None:
    found = judged.faster(values(1.0), now)
    assert found is not None
    assert judged.verdict(found, "x").startswith(text)


def test_too_few_rounds_are_no_verdict() -> None:
    assert judged.faster(values(1.0, 2), values(3.0, 2)) is None
    assert judged.faster(values(1.0, 0), values(1.0)) is None


@pytest.mark.parametrize(
    ("ratio", "share", "fails"),
    [
        ((0.8, 0.79, 0.81), 0.05, True),
        ((0.8, 0.7, 0.96), 0.05, False),  # all of the interval, not its middle
        ((0.94, 0.93, 0.95), 0.05, True),
        ((1.5, 1.4, 1.6), 0.0, False),
    ],
)
def test_sure_limits(ratio: tuple[float, float, float], share: float, fails: bool) -> None:
    assert (checks.surely_slower(Ratio(*ratio), share) is not None) == fails


@pytest.mark.parametrize(
    "row",
    [
        {},
        {"stats": {"data": [1.0]}},  # pytest-benchmark's: nothing says what disturbed it
        {"hone": 5},
        {"hone": {"batches": ["x"], "pace": 1, "best_pace": 1}},
        {"hone": {"batches": [1.0], "pace": 0, "best_pace": 1}},
        {"hone": {"batches": [-1.0], "pace": 1, "best_pace": 1}},
        {"hone": {"batches": [float("nan")], "pace": 1, "best_pace": 1}},
    ],
)
def test_rows_that_say_too_little(row: dict[str, Any]) -> None:
    assert judged.kept(row) is None


def test_what_is_kept_comes_back() -> None:
    found = values(2.0, pace=3.0, best=2.0)
    assert judged.kept({"hone": json.loads(json.dumps(found.as_dict()))}) == found


def test_a_session_is_judged_together() -> None:
    """One that was disturbed throughout doesn't look so by itself."""
    calm, slowed = Marks([500] * 21), Marks([950] * 21)
    rounds = [[1.0] * 20, [1.9] * 20]
    first, second = judged.judge(rounds, [calm, slowed])  # type: ignore[list-item]
    assert (first.pace, first.best, first.slowed(500)) == (500, 500, 1.0)
    assert (second.pace, second.best, second.slowed(500)) == (950, 500, 1.9)
    ratio = judged.faster(first, second)
    assert ratio is not None and not ratio.loss


class Marks:
    """A Watch that marked before and after each of the rounds."""

    def __init__(self, paces: list[int]) -> None:
        self.paces = paces
        self.ends = list(range(len(paces)))

    def answer(self) -> dict[str, Any]:
        return {"paces": self.paces, "switches": [0] * len(self.paces)}


def test_slower_is_what_is_slower_than_each_kept_run(
    pytester: pytest.Pytester, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytester.makepyfile(TIMED)
    for cost in ("100", "120"):
        monkeypatch.setenv("COST", cost)
        run("--benchmark-save=base")
    monkeypatch.setenv("COST", "130")
    limit = "--hone-compare-fail=20%"
    assert run("--benchmark-compare=0001", limit).ret == pytest.ExitCode.TESTS_FAILED
    assert run("--benchmark-compare=0*", limit).ret == pytest.ExitCode.OK
