# SPDX-License-Identifier: Apache-2.0
"""`%load_ext hone` in IPython: the magic sees the session's names and says what went wrong."""

from __future__ import annotations

import pstats
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from tests.machine import in_one_run


@pytest.fixture
def shell(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    InteractiveShell.clear_instance()
    found = InteractiveShell.instance()
    found.run_line_magic("load_ext", "hone")
    yield found
    found.history_manager.end_session()
    InteractiveShell.clear_instance()


def test_a_line_uses_the_sessions_names(shell: Any) -> None:
    shell.run_cell("data = list(range(100))")
    shown = shell.run_line_magic("hone_time", "--budget 0.3 sum(data)")
    assert repr(shown).startswith("sum(data)\n  median ")
    assert shown.report.times[0].median.value > 0


@in_one_run
def test_two_statements_are_compared(shell: Any) -> None:
    shell.run_cell("data = list(range(3000))")
    shown = shell.run_line_magic("hone_time", '--budget=1 --vs "sum(data)" sum(data[:5])')
    assert shown.report.ratios[1].loss
    assert "times slower than sum(data[:5])" in repr(shown)


def test_a_cell_has_its_setup_on_the_first_line(shell: Any) -> None:
    shown = shell.run_cell_magic(
        "hone_time", "--budget 0.3 seen = []", "for i in range(3):\n    seen.append(i)\n"
    )
    assert shown.report.times[0].facts["timeit_setup"] == "seen = []"
    assert "seen" not in shell.user_ns


@pytest.mark.parametrize(
    ("line", "samples", "turns", "loops"),
    [
        ("-n 10 -r 2", 2, 2, 10),
        ("-n3 -r20", 20, 10, 3),
        ("-c -n 5 -r 4", 4, 4, 5),
        ("-r1 -n1", 1, 1, 1),
    ],
)
def test_as_many_samples_and_loops_as_timeit_is_told(
    shell: Any, line: str, samples: int, turns: int, loops: int
) -> None:
    shell.run_cell("runs = []")
    shown = shell.run_line_magic("hone_time", f"{line} runs.append('a  b')")
    timed = shown.report.times[0]
    assert (len(timed.values), len(timed.runs)) == (samples, turns)
    assert {run.loops for run in timed.runs} == {loops}
    assert shell.user_ns["runs"] == ["a  b"] * (samples * loops)
    assert f"{samples} sample" in repr(shown)


def test_processor_time_is_asked_for(shell: Any) -> None:
    shell.run_cell("import time")
    shown = shell.run_line_magic("hone_time", "-c -n 1 -r 3 time.sleep(0.02)")
    assert max(shown.report.times[0].values) < 0.015


def test_where_the_result_of_a_timing_goes(shell: Any) -> None:
    assert shell.run_line_magic("hone_time", "-q -n1 -r1 1") is None
    assert shell.run_line_magic("hone_time", "-qo -n1 -r1 1").report
    assert shell.run_line_magic("hone_time", "-v kept -n1 -r1 1") is None
    assert shell.user_ns["kept"].report
    assert shell.run_line_magic("hone_time", "-n1 -r1 -- -True").report.times[0].name == "-True"
    assert shell.run_line_magic("hone_time", "-n1 -r1 -1").report.times[0].name == "-1"


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("--wat 3 x", "UsageError: %hone_time: there is no option --wat; there are --vs STATEMENT"),
        ("-k x", "UsageError: %hone_time: there is no option -k; there are --vs STATEMENT"),
        ("-qs 1 2", "UsageError: %hone_time: there is no option -s"),
        ("--n 1 2", "UsageError: %hone_time: there is no option --n"),
        ("--budget many x", "--budget takes a number of seconds, not many"),
        ("-n 0 x", "UsageError: %hone_time: -n takes a number of loops, not 0"),
        ("-r", "UsageError: %hone_time: -r takes a number of samples"),
        ("x ==", "SyntaxError"),
        ("nowhere", "NameError: name 'nowhere' is not defined"),
    ],
)
def test_bad_input(shell: Any, line: str, text: str) -> None:
    with capture_output() as shown:
        result = shell.run_cell(f"%hone_time {line}")
    assert not result.success
    assert text in re.sub(r"\x1b\[[\d;]*m", "", shown.stdout + shown.stderr)


def test_a_profile_of_a_line_and_of_a_cell(shell: Any) -> None:
    shell.run_cell("def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)")
    shown = shell.run_line_magic("hone_profile", "-s ncalls fib(6)")
    assert re.search(r"25/1 .*\(fib\)", repr(shown))
    assert "Ordered by: call count" in repr(shown)
    shown = shell.run_cell_magic("hone_profile", "", "made = fib(3)\nraise SystemExit\n")
    assert re.search(r"5/1 .*\(fib\)", repr(shown))
    assert shell.user_ns["made"] == 2
    shell.run_cell_magic("hone_profile", "made = fib(5)", "made += 1")
    assert shell.user_ns["made"] == 6


def test_a_profile_as_prun_has_it(shell: Any, tmp_path: Path) -> None:
    shell.run_cell("def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)")
    files = f"-D '{tmp_path}/of two words' -T{tmp_path}/text"
    with capture_output() as shown:
        stats = shell.run_line_magic("hone_profile", f"-qr {files} -l 1 -s nfl -s time fib(6)")
    assert stats.total_calls >= 25
    assert shown.stdout == f"wrote {tmp_path}/of two words\nwrote {tmp_path}/text\n"
    assert pstats.Stats(f"{tmp_path}/of two words").total_calls == stats.total_calls
    written = (tmp_path / "text").read_text()
    assert "Ordered by: name/file/line, internal time" in written
    assert "due to restriction <1>" in written
    assert shell.run_line_magic("hone_profile", "-q fib(2)") is None
    shown = shell.run_line_magic("hone_profile", "-l fib fib(3)")
    assert "due to restriction <'fib'>" in repr(shown)
    with capture_output() as shown:
        shell.run_line_magic("hone_profile", "-r fib(3)").print_stats()
    assert shown.stdout.count("function calls") == 2


@pytest.mark.parametrize(
    ("line", "cell", "text"),
    [
        ("-s wat x", None, "UsageError: %hone_profile: wat is no key to sort by"),
        ("-x", "1", "UsageError: %%hone_profile: there is no option -x; there are -s KEY"),
        (
            "-D /nowhere/x 1",
            None,
            "UsageError: %hone_profile: /nowhere/x can't be written: No such",
        ),
        ("-s cum x", None, "UsageError: %hone_profile: cum is no key to sort by"),
        ("x ==", None, "SyntaxError"),
    ],
)
def test_a_bad_profile(shell: Any, line: str, cell: str | None, text: str) -> None:
    with capture_output() as shown:
        code = f"%hone_profile {line}" if cell is None else f"%%hone_profile {line}\n{cell}"
        shell.run_cell(code)
    assert text in shown.stdout + shown.stderr
