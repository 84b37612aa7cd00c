# SPDX-License-Identifier: Apache-2.0
"""Loop entries: programs whose loops are entered at every chance, or at chances drawn by lot, print
what the plain interpreter prints."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
PROGRAMS = sorted((HERE / "programs").glob("*.py"))
NEVER_CALLED = 1_000_000_000
SETTINGS: dict[str, dict[str, Any]] = {
    "always": {"threshold": NEVER_CALLED, "loops": "always"},
    "lot-1": {"threshold": NEVER_CALLED, "loops": 1},
    "lot-2": {"threshold": NEVER_CALLED, "loops": 2},
    "exits": {"threshold": NEVER_CALLED, "loops": "always", "exits": 7},
    "all-exits": {"threshold": NEVER_CALLED, "loops": "always", "exits": "always"},
    "with-calls": {"threshold": 1, "loops": 3},
}


def run(settings: dict[str, Any] | None, program: Path | str, report: Path | None = None) -> str:
    environment = dict(os.environ, PYTHONHASHSEED="0")
    if report is not None:
        environment["HONE_TEST_REPORT"] = str(report)
    words = [
        sys.executable,
        "-X",
        "faulthandler",
        str(HERE / "run_program.py"),
        json.dumps(settings),
    ]
    done = subprocess.run(
        [*words, str(program)], capture_output=True, text=True, env=environment, timeout=600
    )
    return f"{done.stdout}\n--- stderr\n{done.stderr}\n--- {done.returncode}"


@pytest.fixture(scope="session")
def plain() -> dict[Path, str]:
    return {}


@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_a_program_prints_what_it_prints_without_hone(
    program: Path, settings: str, plain: dict[Path, str], tmp_path: Path
) -> None:
    if program not in plain:
        plain[program] = run(None, program)
    assert run(SETTINGS[settings], program, tmp_path / "report") == plain[program]
    report = json.loads((tmp_path / "report").read_text())
    assert sum(row["loop_entries"] for row in report) > 0


def entered(source: str, tmp_path: Path, settings: dict[str, Any] | None = None) -> dict[str, Any]:
    """The report of a program that says `fine`, by qualified name."""
    program = tmp_path / "program.py"
    program.write_text(source)
    out = run({"loops": "hot"} if settings is None else settings, program, tmp_path / "report")
    assert out.startswith("fine\n"), out
    return {row["qualname"]: row for row in json.loads((tmp_path / "report").read_text())}


UNTIL_ENTERED = """
import time
from hone import _jit
def entered(name):
    return any(r["loop_entries"] for r in _jit.report() if r["qualname"] == name)
deadline = time.monotonic() + 100
"""


def test_a_loop_that_runs_long_is_entered(tmp_path: Path) -> None:
    source = """
def main():
    total = 0
    while not entered("main") and time.monotonic() < deadline:
        for i in range(100_000):
            total += i & 3
    return total
assert main() % 150_000 == 0
print("fine")
"""
    report = entered(UNTIL_ENTERED + source, tmp_path)
    assert report["main"]["state"] == "compiled"
    assert report["main"]["loop_entries"] > 0
    assert report["main"]["calls"] == 1


def test_a_modules_own_loop_is_entered(tmp_path: Path) -> None:
    source = """
total = turns = 0
while not entered("<module>") and time.monotonic() < deadline:
    for i in range(100_000):
        total += i & 3
    turns += 1
assert total == turns * 150_000
print("fine")
"""
    report = entered(UNTIL_ENTERED + source, tmp_path)
    assert report["<module>"]["state"] == "compiled"


def test_a_child_of_fork_enters_loops_too(tmp_path: Path) -> None:
    source = """
import os
def main():
    total = 0
    while not entered("main") and time.monotonic() < deadline:
        for i in range(100_000):
            total += i & 3
    return 0 if entered("main") and total % 150_000 == 0 else 1
child = os.fork()
if child == 0:
    os._exit(main())
print("fine" if os.waitpid(child, 0)[1] == 0 else "not entered")
"""
    entered(UNTIL_ENTERED + source, tmp_path)


def test_forks_while_the_ticker_ticks(tmp_path: Path) -> None:
    source = """
import os
def main():
    failed = 0
    for k in range(150):
        child = os.fork()
        if child == 0:
            x = 0
            for i in range(2000):
                x += i
            os._exit(0 if x == 1999000 else 1)
        failed += os.waitpid(child, 0)[1] != 0
        for i in range(3000):
            failed += i & 0
    return failed
print("fine" if main() == 0 else "failed")
"""
    entered(source, tmp_path)


def test_a_fork_meets_no_thread_of_ours(tmp_path: Path) -> None:
    """CPython 3.12 and later count the threads after a fork, and warn of more than one.

    3.11 doesn't: there our thread comes back as soon as it can.
    """
    source = """
import os, sys, warnings
warnings.simplefilter("error")
counted = []
os.register_at_fork(after_in_parent=lambda: counted.append(len(os.listdir("/proc/self/task"))))
def main():
    total = turns = 0
    while not entered("main") and time.monotonic() < deadline:
        child = os.fork()
        if child == 0:
            os._exit(0)
        os.waitpid(child, 0)
        for i in range(200_000):
            total += i & 3
        turns += 1
    return total == turns * 300_000
right = main()
alone = set(counted) == {1} or sys.version_info < (3, 12)
print("fine" if right and alone else counted)
"""
    entered(UNTIL_ENTERED + source, tmp_path)


def test_long_loops_need_few_calls(tmp_path: Path) -> None:
    source = """
def work(n):
    total = 0
    for i in range(n):
        total += i * i % 7
    return total
def short(n):
    return n + 1
for turn in range(40):
    assert work(100_000) == 199999
    short(turn)
print("fine")
"""
    report = entered(source, tmp_path, {})
    assert (report["work"]["state"], report["short"]["state"]) == ("compiled", "cold")
    waiting = entered(source, tmp_path, {"threshold": NEVER_CALLED, "loops": "never"})
    assert waiting["work"]["state"] == "cold"


def test_threads_run_loops_at_once(tmp_path: Path) -> None:
    source = """
import sys, threading
sys.setswitchinterval(1e-4)
results = []
def work(n):
    total, data = 0, list(range(50))
    for i in range(n):
        for x in data:
            total += x ^ (i & 7)
    results.append(total)
threads = [threading.Thread(target=work, args=(4000,)) for _ in range(4)]
for thread in threads: thread.start()
work(4000)
for thread in threads: thread.join()
assert len(results) == 5 and len(set(results)) == 1, results
print("fine")
"""
    entered(source, tmp_path)
    entered(source, tmp_path, SETTINGS["always"])
    entered(source, tmp_path, SETTINGS["lot-1"])


def test_signals_reach_a_module_that_loops(tmp_path: Path) -> None:
    source = """
import signal
hits = 0
def on_alarm(*_):
    global hits
    hits += 1
signal.signal(signal.SIGALRM, on_alarm)
signal.setitimer(signal.ITIMER_REAL, 0.002, 0.002)
turns = 0
while hits < 50:
    turns += 1
signal.setitimer(signal.ITIMER_REAL, 0)
assert hits >= 50 and turns > 0
print("fine")
"""
    entered(source, tmp_path)
    entered(source, tmp_path, SETTINGS["always"])


def test_a_program_may_take_every_tool_id(tmp_path: Path) -> None:
    if sys.version_info < (3, 12):
        pytest.skip("sys.monitoring came with 3.12")
    source = """
import sys
for tool in range(6):
    sys.monitoring.use_tool_id(tool, "the program's")
def main():
    total = 0
    for i in range(3_000_000):
        total += i & 3
    return total
assert main() == 4_500_000
print("fine")
"""
    report = entered(source, tmp_path)
    assert report["main"]["loop_entries"] == 0
