# SPDX-License-Identifier: Apache-2.0
"""`%load_ext hone` in IPython: the magic sees the session's names and says what went wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator
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
    ("line", "text"),
    [
        (
            "--wat 3 x",
            "UsageError: %hone_time has --vs STATEMENT and --budget SECONDS, not --wat 3",
        ),
        ("--budget many x", "not --budget many"),
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


@pytest.mark.parametrize(
    ("line", "cell", "text"),
    [
        ("-s wat x", None, "UsageError: %hone_profile: wat is no key to sort by"),
        ("x", "1", "UsageError: %%hone_profile has -s KEY before the cell, not x"),
        ("x ==", None, "SyntaxError"),
    ],
)
def test_a_bad_profile(shell: Any, line: str, cell: str | None, text: str) -> None:
    with capture_output() as shown:
        code = f"%hone_profile {line}" if cell is None else f"%%hone_profile {line}\n{cell}"
        shell.run_cell(code)
    assert text in shown.stdout + shown.stderr
