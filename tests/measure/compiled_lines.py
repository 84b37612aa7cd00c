# SPDX-License-Identifier: Apache-2.0
"""Lines of functions that run compiled: hits are the interpreter's, whatever guards fail and wherever
compiled code is entered; times add up."""

from __future__ import annotations

import gc
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings

import hone
from hone import _jit
from hone.line_profiler import LineProfiler
from hone.recording import reader
from hone.tune import plan
from tests.command import hone as run
from tests.command import write
from tests.machine import in_one_run
from tests.measure import programs
from tests.measure.test_line_hits import counted, differences, expected

MANY = settings(
    max_examples=5,
    deadline=None,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.function_scoped_fixture,
    ],
)
WAYS = [
    {"exits": "never", "loops": "never"},
    {"exits": "always", "loops": "never"},
    {"exits": 31, "loops": "never"},
    {"exits": "never", "loops": "always"},
    {"exits": 32, "loops": 33},
]


@pytest.fixture(params=WAYS, ids=lambda way: f"{way['exits']}-{way['loops']}")
def way(request: pytest.FixtureRequest) -> Iterator[None]:
    _jit.configure(threshold=0, everything=True, **request.param)
    yield
    _jit.configure(threshold=60, exits="never", loops="hot")
    gc.collect()  # decorated functions are watched as long as they live


def compiled(source: str) -> tuple[dict[str, Any], LineProfiler]:
    """Its functions, and who will watch them as they run compiled."""
    names = programs.load(source)
    for name in programs.FUNCTIONS:
        hone.jit(names[name])
    profiler = LineProfiler()
    profiler.compiled = True
    return names, profiler


@given(programs.PROGRAMS)
@example(programs.CLOSED)
@example(programs.RAISED_AGAIN)
@MANY
@pytest.mark.usefixtures("way")
def test_chosen_functions(source: str) -> None:
    seen, truth = expected(source)
    names, profiler = compiled(source)
    for name in programs.FUNCTIONS:
        profiler.add_function(names[name])
    with profiler:
        assert programs.run(names) == seen
    found = counted(profiler)
    assert found == truth, differences(source, found, truth)


@given(programs.PROGRAMS)
@example(programs.RAISED_AGAIN)
@MANY
@pytest.mark.usefixtures("way")
def test_decorated_functions(source: str) -> None:
    seen, truth = expected(source)
    names, profiler = compiled(source)
    for name in programs.FUNCTIONS:
        names[name] = profiler(names[name])
    assert programs.run(names) == seen
    assert profiler.enable_count == 0
    found = counted(profiler)
    for name in programs.FUNCTIONS:  # compiled code keeps them alive, and they the profiler
        vars(names[name]).clear()
    assert found == truth, differences(source, found, truth)


WORK = """
import time
def inner(x):
    return x * 2.0 + 1.0
def work(n):
    total = 0.0
    for i in range(n):
        total += inner(i)
        if i % 3 == 0:
            total -= 1.0
    return total
def main():
    for _ in range(70):
        work(2000)
    before = time.perf_counter()
    work(300_000)
    print(time.perf_counter() - before)
main()
"""


@pytest.fixture
def planned(tmp_path: Path) -> Path:
    """A folder with program.py and a plan for it, as hone tune writes it."""
    program = write(tmp_path, WORK)
    functions = [(str(program), "inner", 3), (str(program), "work", 5)]
    plan.write(str(tmp_path / ".hone" / "program-plan.json"), functions, 2.0)
    return tmp_path


def lines_of(path: Path) -> dict[str, dict[int, tuple[int, float]]]:
    recording = reader.load(path)
    found: dict[str, dict[int, tuple[int, float]]] = defaultdict(dict)
    for row in recording.lines:
        found[recording.functions[row.function].name][row.line] = (row.hits, row.seconds)
    return found


@pytest.mark.smoke
def test_a_tuned_program(planned: Path) -> None:
    done = run(
        "lines", "--tuned", "-p", "program.py", "--record", "seen.hone", "program.py", cwd=planned
    )
    assert done.returncode == 0, done.stderr
    assert "work [compiled]" in done.stderr
    assert "inner [compiled]" in done.stderr
    found = lines_of(planned / "seen.hone")
    turns = 70 * 2000 + 300_000
    hits = {line: count for line, (count, _) in found["work"].items()}
    assert (hits[7], hits[8], hits[10], hits[11]) == (turns + 71, turns, 70 * 667 + 100_000, 71)
    assert found["inner"][4][0] == turns
    recording = reader.load(planned / "seen.hone")
    tiers = {recording.functions[row.function].name: row.tier for row in recording.compiled}
    assert tiers["work"] == tiers["inner"] == "compiled"


def test_a_tuned_program_that_says_profile(planned: Path) -> None:
    text = (planned / "program.py").read_text()
    (planned / "program.py").write_text(text.replace("def work", "@profile\ndef work"))
    functions = [(str(planned / "program.py"), "work", 5)]
    plan.write(str(planned / ".hone" / "program-plan.json"), functions, 2.0)
    done = run("lines", "--tuned", "--record", "seen.hone", "program.py", cwd=planned)
    assert done.returncode == 0, done.stderr
    assert "work [compiled]" in done.stderr
    assert lines_of(planned / "seen.hone")["work"][9][0] == 70 * 2000 + 300_000


@in_one_run
def test_lines_sum_up_to_the_wall_time() -> None:
    def work(n: int) -> float:
        total = 0.0
        for i in range(n):
            x = i * 0.5
            if i % 3 == 0:
                total += x
            else:
                total -= x
        return total

    hone.jit(work)
    profiler = LineProfiler()
    profiler.compiled = profiler.raw = True
    profiler.add_function(work)

    def seen() -> float:
        return (
            sum(time for rows in profiler.get_stats().timings.values() for _, _, time in rows)
            * 1e-9
        )

    with profiler:
        for _ in range(100):  # it is compiled by then
            work(100)
        before, start = seen(), perf_counter()
        work(300_000)
        wall = perf_counter() - start
        assert seen() - before == pytest.approx(wall, rel=0.01)
    row = next(row for row in _jit.report() if row["qualname"] == work.__qualname__)
    assert (row["state"], row["exits"]) == ("compiled", 0)


def test_bytecode_by_default(planned: Path) -> None:
    (planned / "program.py").write_text(
        "import hone\n" + WORK.replace("def work", "@hone.jit\ndef work")
    )
    done = run("lines", "-p", "program.py", "program.py", cwd=planned)
    assert done.returncode == 0, done.stderr
    assert "[compiled]" not in done.stderr
