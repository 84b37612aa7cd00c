# SPDX-License-Identifier: Apache-2.0
"""`hone time` with statistics and with commands: what it says, the files it writes, bad input."""

from __future__ import annotations

import json
import os
import re
import signal
import statistics
import subprocess
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyperf
import pytest

import hone.timeit
from hone.measure import commands, here, rounds, timing
from hone.measure.statement import Statement
from hone.report import times
from tests.machine import in_one_run, until

HONE = str(Path(sys.executable).with_name("hone"))


def run(*words: str, folder: Path | None = None, **more: Any) -> subprocess.CompletedProcess[str]:
    options: dict[str, Any] = {"stdin": subprocess.DEVNULL, "timeout": 600} | more
    return subprocess.run(
        [HONE, "time", *words], cwd=folder, capture_output=True, text=True, check=False, **options
    )


# Statements


@in_one_run
def test_a_statement_and_its_rival(tmp_path: Path) -> None:
    done = run("--budget", "2", "--vs", "sum(range(900))", "sum(range(300))", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert re.search(r"^  median \S+ [un]sec per loop \(95 %: \S+-\S+\)$", done.stdout, re.M)
    assert re.search(r"times slower than sum\(range\(300\)\) \(95 %: ", done.stdout)
    assert "noise:" in done.stdout
    assert done.stderr == ""


@pytest.mark.smoke
def test_the_setup_runs_once_a_process(tmp_path: Path) -> None:
    setup = "open('setups', 'a').write('x')"
    done = run("--stats", "--processes", "4", "-n", "5", "-r", "7", "-s", setup, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "setups").read_text() == "xxxx"
    assert "28 samples of 5 loops in 4 processes" in done.stdout


def test_collection_is_off_unless_the_setup_turns_it_on(tmp_path: Path) -> None:
    for setup, expected in (("import gc", "False"), ("import gc; gc.enable()", "True")):
        done = run(
            *("--stats", "--processes", "1", "-n", "1", "-r", "2", "-s", setup),
            "print(gc.isenabled())",
            folder=tmp_path,
        )
        assert done.stdout.splitlines()[:2] == [expected, expected]


def test_local_modules_can_be_imported(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("def f():\n    return 1\n")
    (tmp_path / "random.py").write_text("raise SystemExit('not me')\n")
    words = ("--stats", "--processes", "3", "-r", "3", "-n", "2", "-s", "from mine import f", "f()")
    done = run(*words, folder=tmp_path)
    assert done.returncode == 0, done.stderr


def test_a_hash_seed_of_its_own_for_each_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTHONHASHSEED", raising=False)
    words = ("--stats", "--processes", "3", "-n", "1", "-r", "1", "print('seed', hash('x'))")
    done = run(*words, folder=tmp_path)
    assert len({line for line in done.stdout.splitlines() if line.startswith("seed")}) == 3


@in_one_run
def test_a_warm_up_is_found_and_left_out() -> None:
    setup = "left = [400]"
    text = "left[0] -= 1\nfor _ in range(3000 if left[0] > 0 else 300): pass"
    plan = rounds.Plan(4, processes=8, rounds=150, loops=10)
    found = timing.of_rounds(rounds.measure([Statement(text, setup)], plan))
    assert any(text.startswith("warm-up in ") for text in timing.warm_up_words(found.times[0]))
    left_out = [sum(loops for loops, _ in run.warm_up) for run in found.times[0].runs]
    assert 350 <= statistics.median(left_out) <= 700  # 400, more where the machine is busy


def test_a_statement_that_raises() -> None:
    done = run("--stats", "x = 1", "x / 0")
    assert done.returncode == 1
    assert done.stderr.startswith(
        'Traceback (most recent call last):\n  File "<timeit-src>", line '
    )
    assert "    x / 0\n" in done.stderr
    assert done.stderr.splitlines()[-2] == "ZeroDivisionError: division by zero"
    assert done.stderr.count("hone:") == 1


@pytest.mark.parametrize("words", [("--vs", "y + 1", "x + 1"), ("--vs", "x + 1", "y + 1")])
def test_which_of_two_statements_raised(words: tuple[str, ...]) -> None:
    for _ in range(4):  # which is compiled last is drawn
        done = run("--budget", "1", "-q", "-s", "x = 1", *words)
        assert done.returncode == 1
        assert "    y + 1\n" in done.stderr and "x + 1" not in done.stderr
        assert done.stderr.splitlines()[-1] == (
            "hone: the statement 'y + 1' raised an exception; its traceback is above"
        )


def test_a_traceback_within_a_process_shows_the_statement() -> None:
    plan = rounds.Plan(0.1)
    for texts in (("y + 1", "x + 1"), ("x + 1", "y + 1")):
        statements = [Statement(text, "x = 1") for text in texts]
        with pytest.raises(NameError) as raised:
            here.measure(statements, plan, {})
        shown = "".join(traceback.format_exception(raised.value))
        assert "    y + 1\n" in shown and "x + 1" not in shown.partition("<timeit-src>")[2]


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (["--stats", "x =="], 2, "'x ==' is not Python: invalid syntax; nothing was run"),
        (["--stats", "return"], 2, "'return' is not Python: 'return' outside function"),
        (["--stats", "-s", "x ==", "y"], 2, "'x ==' is not Python"),
        (["--vs", "y ==", "y"], 2, "'y ==' is not Python"),
        (["--stats", "a\0b"], 2, None),
        (["--stats", "import os; os._exit(7)"], 3, "ended by itself, with exit code 7"),
        (["--stats", "import os; os.kill(os.getpid(), 11)"], 3, "was killed by SIGSEGV"),
        (["--stats", "--number", "x", "y"], 2, "argument -n/--number: invalid int value: 'x'"),
        (["--stats", "-n", "-1", "y"], 2, "--number takes 0 or more, not -1"),
        (["--stats", "--budget", "nan", "y"], 2, "--budget takes 0 or more, not nan"),
        (["--budget", "inf", "y"], 2, "--budget takes 0 or more, not inf"),
        (["--budget", "inf", "--", "true"], 2, "--budget takes 0 or more, not inf"),
        (["--stats", "--wat", "y"], 2, "unrecognized arguments: --wat"),
        (["--stats", "-u", "parsec", "y"], 2, "argument -u/--unit: invalid choice: 'parsec'"),
        (["--json", "/nowhere/x.json", "1"], 2, "/nowhere/x.json can't be written: No such file"),
        (["--export-json", "/", "--", "true"], 2, "/ can't be written: Is a directory"),
        (["--", "no-such-program"], 2, "there is no program 'no-such-program'"),
        (["--", "x = 1"], 2, "a statement stands without `--`"),
        (["--", "./nowhere"], 2, "there is no program './nowhere'"),
        (["--", "/etc/passwd"], 2, "/etc/passwd can't be started: Permission denied"),
        (["--", "false"], 3, "false ended with exit code 1 in run 1; --ignore-failure"),
        (["--", "sh", "-c", "kill -11 $$"], 3, "sh -c kill -11 $$ was killed by SIGSEGV in run 1"),
        (["--input", "/nowhere", "--", "true"], 2, "the input /nowhere can't be read"),
        (["--vs", "'", "--", "true"], 2, "can't be split into words"),
        (["--vs", "", "--", "true"], 2, "a command is empty"),
        (["--shell", "no-such-shell", "--", "true"], 2, "there is no program 'no-such-shell'"),
        (["--prepare", "exit 3", "--", "true"], 3, "--prepare ended with exit code 3: exit 3"),
        (["--wat", "--", "true"], 2, "unrecognized arguments: --wat"),
        (["--runs", "-1", "--", "true"], 2, "--runs takes 0 or more, not -1"),
        (["-P", "n", "1", "x", "--", "true"], 2, "--parameter-scan takes numbers"),
        (["-P", "n", "2", "1", "--", "true"], 2, "--parameter-scan counts upwards"),
        (["-p", "a", "-p", "b", "--", "true"], 2, "give --prepare once"),
    ],
)
def test_bad_input_is_one_sentence(
    words: list[str], code: int, text: str | None, tmp_path: Path
) -> None:
    if text is None:
        found = timing_error(words)
        assert "source code" in found
        return
    done = run(*words, folder=tmp_path)
    assert (done.returncode, done.stdout) == (code, "")
    last = done.stderr.splitlines()[-1]
    assert last.startswith("hone: ") and text in last
    assert done.stderr.count("\n") == 1


def timing_error(words: list[str]) -> str:
    """An argument with a null byte can't reach a program; the function behind it still has to answer."""
    from hone.cli.time_statements import _check, parser
    from hone.tune.target import TargetError

    chosen = parser().parse_args(words[:1])
    with pytest.raises(TargetError) as found:
        _check(chosen, [Statement(words[1])])
    return str(found.value)


@pytest.mark.parametrize("command", [[HONE, "time"], [sys.executable, "-m", "hone.timeit"]])
def test_nobody_reads_to_the_end(command: list[str]) -> None:
    words = ["--stats", "--processes", "3", "-n", "1", "-r", "1", "pass"]
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run([*command, *words], stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")


def test_what_a_statement_leaves_running_is_not_waited_for(tmp_path: Path) -> None:
    text = (
        "import os, time\nif os.fork() == 0: os.close(1); os.close(2); time.sleep(200); os._exit(0)"
    )
    words = ["--stats", "--processes", "1", "-n", "1", "-r", "1", text]
    assert run(*words, folder=tmp_path, timeout=150).returncode == 0


def test_development_mode_has_nothing_to_say() -> None:
    words = [
        "--stats",
        "--processes",
        "1",
        "-n",
        "1",
        "-r",
        "1",
        "import sys; print(sys.stdin.read())",
    ]
    command = [sys.executable, "-X", "dev", "-W", "error", "-m", "hone.timeit", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def interrupted(folder: Path, begun: Callable[[], bool], *words: str) -> tuple[int, str, str]:
    """`hone time` with Ctrl-C, as a terminal sends it to all processes, when it has BEGUN."""
    child = subprocess.Popen(
        [HONE, "time", *words],
        cwd=folder,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with child:
        until(begun)
        os.killpg(child.pid, signal.SIGINT)
        out, err = child.communicate(timeout=600)
    return child.returncode, out, err


def test_interrupted_before_there_is_anything(tmp_path: Path) -> None:
    text = "open('begun', 'w').close(); import time; time.sleep(300)"
    ended = interrupted(tmp_path, (tmp_path / "begun").exists, "--stats", text)
    assert ended == (130, "", "hone: interrupted\n")


def test_interrupted_with_something_to_say(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    runs.touch()
    words = ("--runs", "100000", "--", "sh", "-c", "echo >> runs; exec sleep 0.05")
    code, out, _ = interrupted(tmp_path, lambda: runs.stat().st_size > 20, *words)
    assert code == 130
    assert "interrupted: this is what there was until then" in out
    assert "median" in out


# Files


@pytest.mark.parametrize("what", ["statements", "commands"])
def test_pyperf_reads_the_json(what: str, tmp_path: Path) -> None:
    words = ["--budget", "1", "--vs", "sum(range(200))", "sum(range(100))"]
    if what == "commands":
        words = ["--runs", "4", "--vs", "sleep 0.02", "--", "sleep", "0.01"]
    for name in ("one.json", "two.json"):
        done = run("--json", name, *words, folder=tmp_path)
        assert done.returncode == 0, done.stderr
    command = [sys.executable, "-m", "pyperf"]
    for verb in ("stats", "check", "hist", "show"):
        quiet = ["-q"] if verb == "show" else []
        read = subprocess.run(
            [*command, verb, *quiet, "one.json"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert read.returncode in (0, 1) and not read.stderr, (verb, read.stderr)
        # `check` names only what it finds unstable.
        named = ("sum(range(200))" if what == "statements" else "sleep 0.02") in read.stdout
        assert named or verb == "check", (verb, read.stdout)
    both = subprocess.run(
        [*command, "compare_to", "one.json", "two.json", "-v"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert both.returncode == 0, both.stderr
    assert "Mean +- std dev" in both.stdout


def test_pyperf_finds_the_same_values(tmp_path: Path) -> None:
    words = ("--json", "a.json", "--processes", "3", "-r", "4", "-n", "9", "-u", "nsec", "1")
    done = run(*words, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    (benchmark,) = pyperf.BenchmarkSuite.load(str(tmp_path / "a.json"))
    assert benchmark.get_name() == "1"
    assert (benchmark.get_nrun(), benchmark.get_nvalue()) == (3, 12)
    assert benchmark.get_loops() == 9
    assert f"  mean {times.plain(benchmark.mean(), 'nsec')} ± " in done.stdout


def test_the_file_that_hyperfine_would_write(tmp_path: Path) -> None:
    words = ["--export-json", "h.json", "-i", "--runs", "5", "-L", "code", "0,3"]
    done = run(*words, "--shell", "sh", "--", "exit {code}", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    first, second = json.loads((tmp_path / "h.json").read_text())["results"]
    fields = "command mean stddev median user system min max times memory_usage_byte exit_codes"
    assert set(first) == {*fields.split(), "parameters"}
    assert (first["command"], second["command"]) == ("exit 0", "exit 3")
    assert (first["exit_codes"], second["exit_codes"]) == ([0] * 5, [3] * 5)
    assert second["parameters"] == {"code": "3"}
    assert len(first["times"]) == len(first["memory_usage_byte"]) == 5
    assert first["min"] <= first["median"] <= first["max"]
    assert "exit 3: 5 of 5 runs failed" in done.stdout


# Commands


@pytest.mark.smoke
def test_two_commands_in_turns(tmp_path: Path) -> None:
    vs = "sh -c 'echo b >> log; sleep 0.1'"
    done = run("--runs", "12", "--vs", vs, "--", "sh", "-c", "echo a >> log", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "times slower than sh -c echo a >> log (95 %: " in done.stdout
    order = (tmp_path / "log").read_text().split()
    assert sorted(order) == ["a"] * 12 + ["b"] * 12
    assert all({*order[at : at + 2]} == {"a", "b"} for at in range(0, 24, 2))


def test_what_runs_around_the_runs(tmp_path: Path) -> None:
    words = ["-s", "echo s >> log", "-p", "echo p >> log", "-C", "echo C >> log"]
    words += ["-c", "echo c >> log", "-w", "1", "-r", "2", "--shell", "default"]
    done = run(*words, "--", "echo r >> log", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "log").read_text().split() == list("sprCprCprCc")


def test_setups_keep_commands_apart(tmp_path: Path) -> None:
    words = ["-s", "echo {n} > which", "-P", "n", "1", "2", "-r", "2", "-S", "sh"]
    done = run(*words, "--", "test $(cat which) = {n}", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "one command after the other (--setup)" in done.stdout


def test_parameters_count_in_decimals(tmp_path: Path) -> None:
    words = ["-P", "n", "0.1", "0.3", "-D", "0.1", "-r", "1", "-n", "with {n}", "-n", "second"]
    done = run(*words, "--", "echo", "{n}", folder=tmp_path)
    heads = [line for line in done.stdout.splitlines() if line and line[0] not in " n"]
    assert heads[:3] == ["with 0.1", "second", "echo 0.3"]


def test_the_clean_up_runs_when_a_run_fails(tmp_path: Path) -> None:
    done = run("-c", "touch cleaned", "--", "false", folder=tmp_path)
    assert done.returncode == 3
    assert (tmp_path / "cleaned").exists()


def test_output_is_shown_when_asked_for(tmp_path: Path) -> None:
    (tmp_path / "in").write_text("from the file\n")
    words = ["--show-output", "--input", "in", "--runs", "1", "--", "cat"]
    assert run(*words, folder=tmp_path).stdout.splitlines()[0] == "from the file"


@in_one_run
def test_the_shells_own_time_is_taken_off() -> None:
    plan = commands.Plan(runs=10, shell=("/bin/sh", "-c"))
    report = commands.measure([commands.Command(("",), "nothing")], plan)
    (note,) = report.notes
    assert "the shell's own" in note
    assert min(report.times[0].values) < float(note.split()[3]) / 1e3


def test_words_of_a_command_stay_as_they_are(tmp_path: Path) -> None:
    words = ["--show-output", "--runs", "1", "--", "printf", "%s|", "a b", "--vs", "--"]
    assert run(*words, folder=tmp_path).stdout.startswith("a b|--vs|--|")


# The functions


@in_one_run
def test_measure_and_compare() -> None:
    slow, fast = "for _ in range(3000): pass", "for _ in range(100): pass"
    assert hone.timeit.compare(slow, fast, budget=4.0).gain
    timed = hone.timeit.measure(fast, budget=1.0)
    assert timed.median is not None
    assert timed.median.low <= timed.median.value <= timed.median.high


@pytest.mark.smoke
@in_one_run
def test_functions_and_names_are_measured_here() -> None:
    seen = []
    ratio = hone.timeit.compare(
        lambda: seen.append(1), "for _ in range(300): seen.append(2)", globals=locals(), budget=3.0
    )
    assert ratio.loss
    assert {1, 2} == set(seen)


def test_what_a_statement_raises_comes_through() -> None:
    with pytest.raises(ZeroDivisionError):
        hone.timeit.measure("x / 0", globals={"x": 1})
    with pytest.raises(SyntaxError):
        hone.timeit.measure("x ==")
    with pytest.raises(ValueError, match="stmt is neither a string nor callable"):
        hone.timeit.measure(3)  # type: ignore[arg-type]


def test_slow_statements_still_get_an_interval() -> None:
    plan = rounds.Plan(0.1)
    found = here.measure([Statement("import time; time.sleep(0.02)")], plan)
    report = timing.of_rounds(found)
    assert report.times[0].median is not None
