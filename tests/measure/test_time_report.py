# SPDX-License-Identifier: Apache-2.0
"""The words and pictures of `hone time`."""

from __future__ import annotations

import io
import json

import pytest

from hone.measure import stats
from hone.measure.timing import Report, Run, Timed, Usage
from hone.report import histogram, hyperfine_file, pyperf_file, times


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (3.2e-10, "0.320 nsec"),
        (4.1234e-8, "41.23 nsec"),
        (1.5e-5, "15.00 usec"),
        (0.012345, "12.35 msec"),
        (1.0, "1.000 sec"),
        (12345.6, "12346 sec"),
    ],
)
def test_durations(seconds: float, text: str) -> None:
    unit = times.unit_for(seconds)
    assert f"{times.plain(seconds, unit)} {unit}" == text


@pytest.mark.parametrize(
    ("ratio", "text"),
    [
        ((1.5, 1.4, 1.6), "1.500 times faster than f() (95 %: 1.400-1.600)"),
        ((0.5, 0.4, 0.8), "2.000 times slower than f() (95 %: 1.250-2.500)"),
        (
            (1.01, 0.98, 1.04),
            "no difference to f() found: 1.010 times its speed (95 %: 0.980-1.040)",
        ),
    ],
)
def test_verdicts(ratio: tuple[float, float, float], text: str) -> None:
    assert times.verdict(stats.Ratio(*ratio), "f()") == text


def test_a_histogram_counts_every_value(monkeypatch: pytest.MonkeyPatch) -> None:
    values = [1.0] * 5 + [1.05] * 10 + [1.1] * 5 + [50.0]
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(io.BytesIO(), encoding="ascii"))
    lines = histogram.render(values, "sec", times.plain)
    assert len(lines) == histogram.ROWS + 1
    assert sum(int(line.split()[-1]) for line in lines[:-1]) == 20
    assert lines[-1].endswith("and 1 slower, up to 50.00")
    assert all(line.isascii() for line in lines)
    assert max(line.count("#") for line in lines) == histogram.WIDTH


def test_equal_values_have_no_histogram() -> None:
    assert histogram.render([2.0] * 30, "sec", times.plain) == []


def report() -> Report:
    statement = Timed("f()", [Run(10, [2e-6, 3e-6], [(1, 9e-6)], 9e-6) for _ in range(3)])
    usage = Usage([0.1], [0.2], [4096], [0])
    command = Timed("f()", [Run(1, [0.5])], "run", usage, {"n": "1"})
    return Report([statement, command], [None, None], 1.0, [])


def test_the_median_is_of_what_nothing_disturbed() -> None:
    quiet = Run(1, [1.0, 9.0, 2.0], used=[0, 2])
    assert (quiet.middle, Run(1, [1.0, 9.0, 2.0]).middle) == (1.5, 2.0)
    loud = Run(1, [9.0], quiet=False)
    median = Timed("x", [quiet] * 7 + [loud] * 6).median
    assert median is not None and (median.low, median.value, median.high) == (1.5, 1.5, 1.5)
    median = Timed("x", [quiet] * 6 + [loud] * 7).median  # too few to go by
    assert median is not None and median.value == 9.0


def test_files_name_each_once() -> None:
    document = json.loads(pyperf_file.render(report()))
    names = [each["metadata"]["name"] for each in document["benchmarks"]]
    assert names == ["f()", "f() (2)"]
    assert document["benchmarks"][0]["runs"][0]["warmups"] == [[1, 9e-6]]
    assert document["benchmarks"][1]["metadata"]["n"] == "1"


def test_one_run_has_no_deviation() -> None:
    _, command = json.loads(hyperfine_file.render(report()))["results"]
    assert command["stddev"] is None
    assert command["median"] == 0.5


def test_one_run_is_reported_without_an_interval() -> None:
    text = times.render(report())
    assert (
        "  median 500.0 msec\n  mean 500.0, min … max 500.0 … 500.0 msec\n  1 run; user 100.0"
        in text
    )
    assert "noise: nothing disturbed it that could be seen" in text
