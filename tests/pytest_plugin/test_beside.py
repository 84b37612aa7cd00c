# SPDX-License-Identifier: Apache-2.0
"""Beside pytest-benchmark: who has the fixture, and each reads the other's files."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.pytest_plugin.conftest import Run

pytest.importorskip("pytest_benchmark", reason="pytest-benchmark is not installed")
pytest_plugins = ["pytester"]
TEST = """
import pytest

@pytest.mark.parametrize("n", [3])
@pytest.mark.benchmark(group="g")
def test_it(benchmark, n):
    benchmark.extra_info["made_by"] = type(benchmark).__module__
    benchmark(range, n)
"""
OURS, THEIRS = "hone.pytest_plugin.fixture", "pytest_benchmark.fixture"


def file_of(pytester: pytest.Pytester, *words: str) -> dict[str, Any]:
    done = pytester.runpytest_subprocess("--benchmark-max-time=0.01", "--benchmark-json=o.json", *words)  # fmt: skip
    assert done.ret == 0, done.errlines
    found: dict[str, Any] = json.loads(Path(pytester.path, "o.json").read_text())
    return found


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PYTEST_XDIST_WORKER", "PYTEST_PLUGINS"):
        monkeypatch.delenv(name, raising=False)
    # What would be loaded by itself is what is tested here, but hypothesis's plugin takes a second.
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p no:hypothesispytest")


@pytest.mark.parametrize(
    ("words", "maker"),
    [
        ((), THEIRS),
        (("-p", "hone.pytest_plugin"), OURS),
        (("-p", "no:benchmark"), OURS),
        (("-p", "no:hone"), THEIRS),
    ],
)
def test_who_has_the_fixture(pytester: pytest.Pytester, words: tuple[str, ...], maker: str) -> None:
    pytester.makepyfile(TEST)
    (found,) = file_of(pytester, *words)["benchmarks"]
    assert found["extra_info"] == {"made_by": maker}


def test_standing_back_is_said_where_it_matters(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(TEST)
    done = pytester.runpytest_subprocess("--benchmark-disable")
    done.stdout.fnmatch_lines(["hone: the fixture `benchmark` is pytest-benchmark's; *"])
    pytester.makepyfile("def test_plain(): pass")
    done = pytester.runpytest_subprocess()
    done.stdout.no_fnmatch_line("*pytest-benchmark's*")


def test_both_by_name_is_refused(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(TEST)
    done = pytester.runpytest_subprocess(
        "-p", "pytest_benchmark.plugin", "-p", "hone.pytest_plugin"
    )
    assert done.ret != 0
    assert "both have the fixture" in done.stderr.str()


def shape(value: Any) -> Any:
    """Names and kinds, without what differs between two runs."""
    if isinstance(value, dict):
        return {name: shape(each) for name, each in value.items()}
    return "number" if isinstance(value, int | float) else type(value).__name__


@pytest.mark.smoke
def test_files_have_the_same_fields_in_the_same_order(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(TEST)
    theirs, ours = file_of(pytester), file_of(pytester, "-p", "hone.pytest_plugin")
    assert ours["benchmarks"][0].pop("hone").keys() == {
        "median",
        "warm_up",
        "pace",
        "best_pace",
        "batches",
    }
    for document in (theirs, ours):  # their cpu depends on what they find out about it
        document["machine_info"].pop("cpu")
    assert json.dumps(shape(ours)) == json.dumps(shape(theirs))
    assert ours["machine_info"] == theirs["machine_info"]
    assert ours["commit_info"] == theirs["commit_info"]


@pytest.mark.parametrize("commits", [False, True])
def test_commits_are_described_alike(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, commits: bool
) -> None:
    from pytest_benchmark.utils import get_commit_info

    from hone.pytest_plugin.machine import commit

    monkeypatch.chdir(tmp_path)
    assert commit() == get_commit_info()
    git = ["git", "-c", "user.name=A", "-c", "user.email=a@b.invalid"]
    (tmp_path / "a.py").write_text("")
    words = [["init", "-q", "-b", "trunk"], ["remote", "add", "origin", "https://x.invalid/y/thing.git"]]  # fmt: skip
    words += [["add", "."], ["commit", "-q", "-m", "x"]] if commits else []
    for each in words:
        subprocess.run([*git, *each], check=True)
    if not commits:
        assert commit()["id"] == get_commit_info()["id"] == "unknown"
        return
    assert commit() == get_commit_info()
    assert commit()["project"] == "thing"
    (tmp_path / "a.py").write_text("1")
    assert commit() == get_commit_info()
    assert commit()["dirty"] is True


def test_its_compare_reads_ours(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(TEST)
    run("--benchmark-save=ours").assert_outcomes(passed=1)
    script = Path(sys.executable).with_name("pytest-benchmark")
    done = subprocess.run(
        [script, "compare", "0001"], cwd=pytester.path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "test_it[3]" in done.stdout
    assert "benchmark 'g': 1 tests" in done.stdout


def test_hone_diff_reads_both(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(TEST)
    for name in "abc":
        run(f"--benchmark-json={name}.json").assert_outcomes(passed=1)
    names = [f"{name}.json" for name in "abc"]
    command = [sys.executable, "-m", "hone", "diff", *names, "--", *names]
    done = subprocess.run(command, cwd=pytester.path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "1 benchmark" in done.stdout


def test_each_compares_with_the_other(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(TEST)
    quick = "--benchmark-max-time=0.01"
    theirs = (quick, "-p", "pytest_benchmark.plugin")
    pytester.runpytest_subprocess(*theirs, "--benchmark-save=theirs", "--benchmark-save-data")
    done = run("--benchmark-compare=0001", "--benchmark-save=ours")
    done.stdout.fnmatch_lines_random(["test_it[[]3[]] (0001_theirs) *", "test_it[[]3[]] (NOW) *"])
    done.stdout.fnmatch_lines(["*no verdict on 0001_theirs: *"])
    done = pytester.runpytest_subprocess(*theirs, "--benchmark-compare=0002")
    done.stdout.fnmatch_lines_random(["test_it[[]3[]] (0002_ours) *", "test_it[[]3[]] (NOW) *"])


def test_figures_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    import random

    from pytest_benchmark.stats import Stats

    from hone.pytest_plugin.figures import FIELDS, Figures

    source = random.Random(5)
    assert Stats.fields == FIELDS
    for count in range(1, 60):
        theirs, ours = Stats(), Figures()
        for _ in range(count):
            value = source.choice((source.expovariate(1), 0.25, 3.0))
            theirs.update(value)
            ours.update(value)
        exact, found = theirs.as_dict(), ours.as_dict()
        for name in ("mean", "stddev", "ops"):  # the last bit depends on how it is summed
            assert found.pop(name) == pytest.approx(exact.pop(name), rel=1e-12)
        assert found == exact
