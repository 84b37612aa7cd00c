# SPDX-License-Identifier: Apache-2.0
"""What disturbed a measurement is said when it did, and not when it did not."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from hone import _core
from hone.measure import noise
from hone.measure.noise import Machine

COUNT = os.cpu_count() or 1


def after(busy: float = 0.0, stolen: float = 0.0, own: float = 0.0) -> list[str]:
    """Ten seconds of this machine's processors, of which so many were busy."""
    return noise.surroundings(
        Machine(5, 1, 100, 2), Machine(5 + busy, 1 + stolen, 100 + 10 * COUNT, 2 + own)
    )


@pytest.fixture
def silent_frequency(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(noise, "frequency", list)


@pytest.mark.usefixtures("silent_frequency")
def test_others_are_those_that_are_not_us() -> None:
    assert after(busy=9.0, own=9.0) == []
    (text,) = after(busy=15.0, own=9.0)
    assert text == f"other processes kept 0.6 of the {COUNT} processors busy"


@pytest.mark.usefixtures("silent_frequency")
def test_the_hypervisors_share() -> None:
    (text,) = after(stolen=COUNT * 0.5)
    assert text == "the hypervisor gave 5.0% of the processors' time to others"


def test_a_machine_that_shows_nothing() -> None:
    nothing = Machine(0, 0, 0, 0)
    assert noise.surroundings(nothing, nothing) == [
        "what else the machine did is not to be seen (/proc/stat)"
    ]


def test_this_machine_can_be_looked_at() -> None:
    found = Machine.now()
    assert 0 < found.busy < found.total
    assert found.own > 0


@pytest.mark.parametrize(
    ("governor", "no_turbo", "texts"),
    [
        ("performance", "1", []),
        (
            "powersave",
            "1",
            ["the frequency governor is powersave: the clock rate follows the load"],
        ),
        (
            "performance",
            "0",
            ["turbo is on: the clock rate depends on heat and on the other cores"],
        ),
    ],
)
def test_frequency(
    governor: str, no_turbo: str, texts: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cpu0/cpufreq").mkdir(parents=True)
    (tmp_path / "cpu0/cpufreq/scaling_governor").write_text(governor + "\n")
    (tmp_path / "intel_pstate").mkdir()
    (tmp_path / "intel_pstate/no_turbo").write_text(no_turbo + "\n")
    monkeypatch.setattr(noise, "_SYS_CPU", tmp_path)
    assert noise.frequency() == texts


def test_frequency_in_a_virtual_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(noise, "_SYS_CPU", tmp_path)
    for virtual in (True, False):
        monkeypatch.setattr(noise, "is_virtual", lambda answer=virtual: answer)
        assert bool(noise.frequency()) == virtual


def test_interruptions() -> None:
    quiet = {"wall_ns": 1e9, "involuntary_switches": 5}
    assert noise.interruptions([quiet, quiet]) == []
    (text,) = noise.interruptions([quiet, {"wall_ns": 1e9, "involuntary_switches": 95}])
    assert text == "the timed processes lost their processor 50 times a second"


def test_a_shared_core() -> None:
    assert noise.shared_core([]) == []
    assert noise.shared_core([100] * 99 + [300]) == []
    (text,) = noise.shared_core([100] * 80 + [190] * 20)
    assert text.startswith("in 20% of the rounds the core was 1.9 times slower")


def test_the_pace_of_this_machine() -> None:
    paces = [_core.machine_pace() for _ in range(200)]
    assert min(paces) > 0
    assert min(paces) <= sorted(paces)[100] < 100 * min(paces)


def test_processes_that_differ() -> None:
    draw = random.Random(3)

    def processes(between: float) -> list[list[float]]:
        return [
            [1 + offset + draw.gauss(0, 0.01) for _ in range(60)]
            for offset in (draw.gauss(0, between) for _ in range(15))
        ]

    assert noise.spread(processes(0.0), "processes") == []
    (text,) = noise.spread(processes(0.05), "processes")
    assert text.startswith("processes differ from each other by ±")


def test_outliers() -> None:
    draw = random.Random(4)
    values = [1 + draw.gauss(0, 0.01) for _ in range(100)]
    assert noise.outliers([values]) == []
    assert noise.outliers([values[:90] + [2.0] * 10]) == [
        "10% of the samples are far outliers on the slow side"
    ]


def test_calm_rounds_are_those_that_nothing_disturbed() -> None:
    """Two statements: a round lies between marks 0 and 2, 2 and 4, 4 and 6."""
    even = {"paces": [100] * 7, "switches": [3] * 7}
    slow = {"paces": [100, 100, 100, 180, 100, 100, 100], "switches": [0] * 7}
    lost = {"paces": [100] * 7, "switches": [0, 0, 0, 0, 0, 1, 1]}
    assert noise.calm_rounds([even, slow, lost], 2) == [[0, 1, 2], [0, 2], [0, 1]]
    assert noise.calm_rounds([{"paces": [], "switches": []}], 2) == [[]]
