# SPDX-License-Identifier: Apache-2.0
"""What `hone tune` says of each function: calls compared, gain, where it was inlined, why not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hone.measure import stats
from hone.report import json_file, rows, terminal
from hone.tune import profile, seal
from hone.tune.outcome import Compared, Outcome, Row
from hone.tune.trials import QUICK_ROUNDS, Trials
from tests.tune.test_bad_input import MEASURED, hone, tune

PROGRAM = """\
import time
class Grid:
    def __init__(self, size):
        self.size = size
    def total(self, n):
        out = 0
        for i in range(n):
            out += double(i % self.size)
        return out
def double(x):
    return x + x
def squares(n):
    for i in range(n):
        yield i * i
def norm(values):
    out = 0.0
    for value in values:
        out += value * value
    return out
grid, data = Grid(7), [i / 3 for i in range(1000)]
s = 0
while time.process_time() < 0.4:
    grid.total(1000); norm(data); s += sum(squares(300)) % 2
print(grid.total(10))
"""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    run, found = tune(tmp_path_factory.mktemp("report"), PROGRAM, budget="20")
    assert run.returncode in MEASURED, run
    return found


def test_hones_own_memory_is_told_from_the_programs(report: dict[str, Any]) -> None:
    own = report["tuned_peak_own_bytes"]
    assert 10 * MIB < own < report["tuned_peak_bytes"]
    assert abs(report["tuned_peak_bytes"] - own - report["original_peak_bytes"]) < 4 * MIB


def test_a_program_that_needs_memory_when_tuned_is_not_changed(tmp_path: Path) -> None:
    # Only the tuned program has the compiler's module.
    text = "import sys\nmore = b'x' * (40 << 20) if 'hone._jit' in sys.modules else b''\n" + PROGRAM
    run, found = tune(tmp_path, text, "--budget", "10")
    assert found["verdict"] in ("needs memory", "too noisy", "no gain"), run
    assert found["tuned_peak_bytes"] - found["tuned_peak_own_bytes"] > 40 * MIB
    assert not (tmp_path / ".hone").exists()
    if found["verdict"] == "needs memory":
        assert b"over a tenth, so nothing is kept" in run.stdout


def row(report: dict[str, Any], name: str) -> dict[str, Any]:
    return next(row for row in report["functions"] if row["name"] == name)


def test_real_calls_are_compared(report: dict[str, Any]) -> None:
    for name in ("Grid.total", "norm"):
        found = row(report, name)
        assert found["state"] == "compiled"
        assert found["equal"] is True
        assert found["compared"]["equal"] >= 4
        assert found["compared"]["different"] == 0


def test_an_inlined_function_is_not_called_cold(report: dict[str, Any]) -> None:
    found = row(report, "double")
    # On a busy machine it may have been compiled, measured and left out again.
    assert found["state"] in ("inlined", "compiled", "left out")
    if found["state"] == "inlined":
        assert "Grid.total" in found["reason"]


def test_why_not(report: dict[str, Any]) -> None:
    found = row(report, "squares")
    assert found["state"] != "compiled"
    assert found["equal"] is None
    assert found["reason"]


def test_gains_have_intervals(report: dict[str, Any]) -> None:
    found = row(report, "Grid.total")
    if found["state"] == "left out":
        assert "slower" in found["reason"]
    if found["gain"] is None:  # a machine so busy that five rounds take longer than the budget
        assert "--budget" in found["gain_note"]
        return
    low, high = found["gain_interval"]
    assert 0 < low <= found["gain"] <= high


def function(name: str) -> profile.Function:
    return profile.Function("/f.py", 1, name, 10, 1.0, 1.0, False, 0.5)


MIB = 1 << 20


def trials(
    seconds: dict[str, float], budget: float, rows: list[Row], mib: dict[str, int] | None = None
) -> tuple[Trials, list[list[Any] | None], Outcome]:
    """Runs take 10 s and 100 MiB, less or more by what each compiled function does; hone takes 60 MiB."""
    asked: list[list[Any] | None] = []

    def run(functions: list[Any] | None) -> seal.SealedRun:
        asked.append(functions)
        names = [key[1] for key in functions or []]
        taken = 60 if functions else 0
        peak = 100 + taken + sum((mib or {}).get(name, 0) for name in names)
        wall = 10 - sum(seconds[name] for name in names)
        return seal.SealedRun(wall=wall, peak=peak * MIB, taken=taken * MIB)

    outcome = Outcome("f.py", rows=rows)
    return Trials(outcome, budget, run), asked, outcome


def test_a_function_that_loses_is_left_out_and_the_whole_is_measured_again() -> None:
    found = [Row(function("good"), "compiled"), Row(function("bad"), "compiled")]
    doing, asked, outcome = trials({"good": 5.0, "bad": -2.0}, 10_000, found)
    kept = doing.decide([row.function.key for row in found])
    assert [key[1] for key in kept] == ["good"]
    assert found[1].state == "left out"
    assert found[1].gain is not None
    assert found[1].gain.value == pytest.approx(5 / 7)
    assert found[0].gain is not None
    assert found[0].gain.value == outcome.speedup.value == pytest.approx(2.0)  # type: ignore[union-attr]
    assert asked[-1] == kept


@pytest.mark.parametrize(("more", "kept"), [(11, ["a", "b"]), (13, ["a"])])
def test_what_needs_more_than_a_tenth_more_memory_is_left_out(more: int, kept: list[str]) -> None:
    found = [Row(function("a"), "compiled"), Row(function("b"), "compiled")]
    doing, _, outcome = trials({"a": 5.0, "b": 2.0}, 10_000, found, {"b": more})
    assert [key[1] for key in doing.decide([row.function.key for row in found])] == kept
    assert not doing.too_much_memory()
    assert outcome.original_peak == 100 * MIB
    assert outcome.tuned_taken == 60 * MIB
    if kept == ["a"]:
        assert (found[1].state, outcome.tuned_peak) == ("left out", 160 * MIB)
        assert "memory" in str(found[1].reason)


def test_memory_that_no_one_function_is_to_blame_for() -> None:
    found = [Row(function("a"), "compiled"), Row(function("b"), "compiled")]
    doing, _, outcome = trials({"a": 5.0, "b": 2.0}, 10_000, found, {"a": 8, "b": 8})
    assert len(doing.decide([row.function.key for row in found])) == 2
    assert doing.too_much_memory()
    assert outcome.more_memory() == 16 * MIB


def test_what_the_budget_has_no_time_for_is_said() -> None:
    found = [Row(function("a"), "compiled"), Row(function("b"), "compiled")]
    doing, asked, outcome = trials({"a": 5.0, "b": 1.0}, 0, found)
    assert len(doing.decide([row.function.key for row in found])) == 2
    assert len(asked) == 2 * QUICK_ROUNDS
    assert outcome.speedup is not None
    assert [row.gain for row in found] == [None, None]
    assert "--budget" in rows.gain(found[0])


def test_a_difference_names_the_function_and_the_call() -> None:
    from hone.tune import evidence

    compared = Compared(3, 1, 0, {}, "call 7: other result (bool instead of int)")
    found = Row(function("f"), "compiled", compared=compared)
    outcome = Outcome("f.py", rows=[found])
    assert evidence.differing(outcome) == [
        "f: of 4 calls compared 1 differ, first call 7: other result (bool instead of int)"
    ]
    assert rows.equal(found) == "NOT EQUAL: 1 of 4 calls"
    assert '"equal": false' in json_file.render(outcome)


def test_columns_that_nobody_fills_are_left_out() -> None:
    outcome = Outcome("f.py", sentence="Done.", rows=[Row(function("f"))])
    head = terminal.plain(outcome).splitlines()[2]
    assert head.split() == ["function", "share", "calls"]
    outcome.rows[0].gain = stats.Ratio(2.0, 1.5, 2.5)
    assert "2.00× (1.50-2.50)" in terminal.plain(outcome)


EXPLAINED = """\
import sys
class C:
    def m(self, n):
        out = 0
        for i in range(n):
            out += i
        return out
def outer(n):
    def inner(x):
        return x * 2
    return [inner(i) for i in range(n)]
def gen():
    yield 1
def never():
    return 1
def once(n):
    total = 0.0
    for i in range(n):
        total += i * 0.5
    return total
print(sys.argv[1:])
c = C()
for _ in range(200): c.m(10)
for _ in range(100): outer(3)
once(1000)
list(gen())
open('effect', 'w').close()
"""

CASES = [
    ("C.m", 0, b"is compiled"),
    ("outer.inner", 0, b"inner"),
    ("outer.<locals>.inner", 0, b"inner"),
    ("gen", 0, b"is interpreted: generators and coroutines"),
    ("never", 0, b"was not called in this run"),
    ("once", 0, b"is compiled"),
    ("onec", 2, b"did you mean once?"),
    ("zzz", 2, b"it has C"),
]


@pytest.mark.parametrize(("name", "code", "sentence"), CASES, ids=[case[0] for case in CASES])
def test_explain(name: str, code: int, sentence: bytes, tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(EXPLAINED)
    run = hone("explain", f"program.py:{name}", "an argument", folder=tmp_path)
    assert run.returncode == code, run
    assert sentence in run.stdout + run.stderr
    assert not (tmp_path / "effect").exists()


def test_explain_shows_lines(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(EXPLAINED)
    run = hone("explain", "program.py:C.m", folder=tmp_path)
    lines = [line.split(b"|") for line in run.stdout.splitlines() if b"|" in line]
    assert [text.strip() for _, text in lines[1:]][-1] == b"return out"
    numbers = [int(counts.split()[0]) for counts, _ in lines[1:]]
    assert numbers == sorted(set(numbers))


@pytest.mark.parametrize(
    "place", ["../home/program.py", "program.py", "-m program", "-m pack.deep"]
)
def test_explain_finds_the_program_as_python_does(place: str, tmp_path: Path) -> None:
    folder = tmp_path / "home"
    (folder / "pack").mkdir(parents=True)
    (folder / "pack" / "__init__.py").touch()
    for name in ("program.py", "pack/deep.py"):
        (folder / name).write_text(EXPLAINED)
    run = hone("explain", *f"{place}:C.m".split(), "an argument", folder=folder)
    assert run.returncode == 0, run
    assert b"C.m (" in run.stdout
    assert b"is compiled" in run.stdout
    assert b"| " in run.stdout
    assert b"out += i" in run.stdout


def test_a_package_goes_before_a_module_of_its_name(tmp_path: Path) -> None:
    (tmp_path / "twice").mkdir()
    (tmp_path / "twice.py").write_text("def f(): pass\n")
    (tmp_path / "twice" / "__init__.py").touch()
    (tmp_path / "twice" / "__main__.py").write_text("def g(): pass\n")
    run = hone("explain", "-m", "twice:f", folder=tmp_path)
    assert (run.returncode, run.stderr.split()[1]) == (2, b"twice/__main__.py"), run


def test_explain_without_a_function(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(EXPLAINED)
    run = hone("explain", "program.py", folder=tmp_path)
    assert (run.returncode, run.stderr) == (
        2,
        b"hone: give SCRIPT:FUNCTION, such as script.py:main, or -m MODULE:FUNCTION\n",
    )
