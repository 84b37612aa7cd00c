# SPDX-License-Identifier: Apache-2.0
"""Never slower: compiled and interpreted blocks of calls are compared by a clock of the test's own,
and the loser is dropped. No test here looks at real time."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.engine.test_loops import run

# The clock goes on by what a call costs on the side it ran on, and a little that is no one's.
PROGRAM = """
from hone import _jit
time = 0
costs = {COSTS}
def clock():
    return time
_jit._set_clock(clock)
def work(x, turn):
    return x + turn
def nest(x, n):
    return x if n == 0 else nest(x + 1, n - 1)
row = lambda name: next(r for r in _jit.report() if r["qualname"] == name)
def drive(function, name, argument):
    global time
    for turn in range(60_000):
        assert function(turn, argument) == turn + argument
        time += cost_of(turn)
        if row(name)["ratio"] is not None:
            break
"""

DRIVE = """
def cost_of(turn):
    return costs[_jit._runs_compiled(FUNCTION)] + (turn * 7919) % 5
drive(FUNCTION, FUNCTION.__qualname__, ARGUMENT)
for turn in range(100):
    assert FUNCTION(turn, ARGUMENT) == turn + ARGUMENT
print("fine")
"""


def contest(compiled: int, interpreted: int, function: str, tmp_path: Path) -> dict[str, Any]:
    program = tmp_path / "program.py"
    source = PROGRAM.replace("{COSTS}", repr({True: compiled, False: interpreted})) + DRIVE
    program.write_text(source.replace("FUNCTION", function).replace("ARGUMENT", "4"))
    out = run({"threshold": 5, "loops": "never"}, program, tmp_path / "report")
    assert out.startswith("fine\n"), out
    rows = json.loads((tmp_path / "report").read_text())
    found: dict[str, Any] = next(row for row in rows if row["qualname"] == function)
    return found


@pytest.mark.parametrize("function", ["work", "nest"])
def test_compiled_code_that_is_faster_stays(function: str, tmp_path: Path) -> None:
    row = contest(1_000, 2_000, function, tmp_path)
    assert row["state"] == "compiled"
    assert row["ratio"] == pytest.approx(2, rel=0.05)


@pytest.mark.parametrize("function", ["work", "nest"])
def test_compiled_code_that_is_slower_is_dropped(function: str, tmp_path: Path) -> None:
    row = contest(2_000, 1_660, function, tmp_path)
    assert row["state"] == "interpreted"
    assert row["reason"] == "compiled code was not faster (0.83x)"
    assert row["ratio"] == pytest.approx(0.83, rel=0.02)


def test_where_nothing_is_gained_compiled_code_stays(tmp_path: Path) -> None:
    row = contest(2_000, 2_000, "work", tmp_path)
    assert row["state"] == "compiled"
    assert row["ratio"] == pytest.approx(1, rel=0.02)


def test_a_long_call_is_a_block_of_its_own(tmp_path: Path) -> None:
    row = contest(1_000_000, 3_000_000, "work", tmp_path)
    assert row["state"] == "compiled"
    assert row["calls"] < 300


def test_what_is_compiled_by_force_is_not_compared(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text("def f(x):\n    return x\nfor i in range(5000):\n    f(i)\nprint('fine')\n")
    out = run({"everything": True, "loops": "never"}, program, tmp_path / "report")
    assert out.startswith("fine\n"), out
    rows = json.loads((tmp_path / "report").read_text())
    assert [(r["state"], r["ratio"]) for r in rows if r["qualname"] == "f"] == [("compiled", None)]
