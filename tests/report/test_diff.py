# SPDX-License-Identifier: Apache-2.0
"""hone diff: what is beyond noise, on any two kinds of files, with an exit code for CI."""

from __future__ import annotations

import json
import marshal
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyperf
import pytest

from hone.cli import diff
from hone.diff import sides, verdict
from hone.diff.verdict import Rules
from hone.recording import Recording, load, rows, save
from hone.recording.foreign import read
from tests.recording.made import known, known_calls

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    monkeypatch.chdir(tmp_path)

    def call(*words: str) -> tuple[int, str, str]:
        code = diff.main(list(words))
        out, err = capsys.readouterr()
        return code, out, err

    return call


def calls(folder: Path, name: str, **seconds: float) -> str:
    """A pstats file."""
    stats = {("a.py", at, f): (5, 5, own, own, {}) for at, (f, own) in enumerate(seconds.items())}
    (folder / name).write_bytes(marshal.dumps(stats))
    return name


def noisy(folder: Path, name: str, draw: random.Random, **times: float) -> str:
    return calls(folder, name, **{f: t * draw.gauss(1, 0.01) for f, t in times.items()})


def many(folder: Path, prefix: str, seed: int, count: int, **times: float) -> list[str]:
    draw = random.Random(seed)
    return [noisy(folder, f"{prefix}{at}", draw, **times) for at in range(count)]


def test_alike_is_alike(run: Run, tmp_path: Path) -> None:
    a = many(tmp_path, "a", 1, 6, f=1.0, g=2.0, h=0.5)
    b = many(tmp_path, "b", 2, 6, f=1.0, g=2.0, h=0.5)
    code, out, _ = run(*a, "--", *b)
    assert code == 0
    assert out.startswith("no function changed beyond noise\nall together: ")
    assert "within the noise" in out


@pytest.mark.smoke
def test_what_is_slower_is_listed_and_nothing_else(run: Run, tmp_path: Path) -> None:
    a = many(tmp_path, "a", 1, 8, f=1.0, g=2.0, h=0.5)
    b = many(tmp_path, "b", 2, 8, f=1.1, g=2.0, h=0.5)
    code, out, _ = run(*a, "--", *b)
    assert code == 1
    lines = out.splitlines()
    assert lines[0] == "1 slower beyond noise"
    (row,) = [line for line in lines if "a.py" in line]
    cells = row.split()
    assert float(cells[0]) == pytest.approx(1.0, abs=0.03)
    assert float(cells[2]) == pytest.approx(1.1, abs=0.03)
    assert "+" in cells[4] and "s to +" in row  # the interval's lower end is above 0
    assert "8 and 8 recordings differ among themselves, at 95.0%" in out


def test_what_is_faster_is_no_failure(run: Run, tmp_path: Path) -> None:
    a = many(tmp_path, "a", 1, 8, f=1.0, g=2.0)
    b = many(tmp_path, "b", 2, 8, f=0.8, g=2.0)
    code, out, _ = run(*a, "--", *b)
    assert code == 0 and out.startswith("1 faster beyond noise")


def test_few_recordings_state_the_level_that_they_reach(run: Run, tmp_path: Path) -> None:
    a = many(tmp_path, "a", 1, 3, f=1.0, g=2.0)
    b = many(tmp_path, "b", 2, 3, f=1.5, g=2.0)
    code, out, _ = run(*a, "--", *b)
    assert code == 1
    assert "at 90.0% for all rows together" in out
    assert "note: 95.0% would take 4 recordings on either side" in out


def test_what_has_doubled_on_a_busy_machine_is_found(run: Run, tmp_path: Path) -> None:
    """Ten runs as they were measured: wholly apart, but some differ by half among themselves."""
    before = [11.5, 14.4, 15.8, 10.7, 6.4]
    after = [25.7, 29.4, 21.5, 17.5, 23.7]
    a, b = (
        [calls(tmp_path, f"{side}{i}", f=0.6e-3 * one, g=0.4e-3 * one) for i, one in enumerate(all)]
        for side, all in (("a", before), ("b", after))
    )
    code, out, _ = run(*a, "--", *b)
    assert code == 1 and out.startswith("2 slower beyond noise")


def test_fail_above(run: Run, tmp_path: Path) -> None:
    a, b = calls(tmp_path, "a", f=1.0, g=2.0), calls(tmp_path, "b", f=1.3, g=2.0)
    assert run(a, b)[0] == 1
    assert run(a, b, "--fail-above", "20%")[0] == 1
    assert run(a, b, "--fail-above", "0.4")[0] == 0


def test_one_recording_each_has_a_threshold(run: Run, tmp_path: Path) -> None:
    a, b = calls(tmp_path, "a", f=1.0, g=2.0), calls(tmp_path, "b", f=1.08, g=2.5)
    code, out, _ = run(a, b)
    assert code == 1 and out.startswith("1 slower")
    assert "changes of more than 10% of a function's time" in out
    assert "so few recordings don't tell how much one run differs from the next" in out
    assert run(a, b, "--threshold", "5%")[1].startswith("2 slower")


def test_small_functions_are_left_out(run: Run, tmp_path: Path) -> None:
    a, b = calls(tmp_path, "a", f=1.0, tiny=0.001), calls(tmp_path, "b", f=1.0, tiny=0.004)
    assert run(a, b)[0] == 0
    assert run(a, b, "--least", "0.01%")[0] == 1


def collapsed(counts: dict[str, int]) -> Recording:
    return read("".join(f"main;{f} {n}\n" for f, n in counts.items() if n).encode(), "it")


def test_samples_by_chance_are_no_change() -> None:
    """Of a hundred comparisons of runs that are alike, at 99 %, nearly none finds something."""
    draw = random.Random(4)
    names = [f"f{at}" for at in range(20)]
    parts = [1 / (at + 2) for at in range(20)]
    alarms = 0
    for _ in range(100):
        sides_ = []
        for _ in range(2):
            taken = draw.choices(names, parts, k=3000)
            sides_.append(
                [sides.functions(collapsed({n: taken.count(n) for n in names}), "time", "own")]
            )
        alarms += bool(verdict.functions(*sides_, Rules(threshold=0.0)).changes)
    assert alarms <= 5


def test_samples_beyond_chance_are_a_change(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("main;f 1000\nmain;g 1000\n")
    (tmp_path / "b").write_text("main;f 1400\nmain;g 1010\n")
    code, out, _ = run("a", "b")
    assert code == 1 and out.startswith("1 slower")
    (tmp_path / "a").write_text("main;f 10\nmain;g 1000\n")
    (tmp_path / "b").write_text("main;f 17\nmain;g 1010\n")
    assert run("a", "b")[0] == 0


def test_recordings_in_all_their_kinds(run: Run, tmp_path: Path) -> None:
    slower = known()
    deep = len(slower.stacks) - 1
    slower.samples.extend(rows.Sample(1, deep, at, 10_000_000) for at in range(200))
    save(known(), tmp_path / "a")
    save(slower, tmp_path / "b")
    code, out, _ = run("a", "b")
    assert code == 1 and 'odd;name "x"' in out
    more = known_calls()
    more.totals[1] = rows.Total(1, 18, 6, 0.09, 0.14)
    more.lines[0] = rows.LineTime(1, 6, 18, 0.2)
    save(known_calls(), tmp_path / "c")
    save(more, tmp_path / "d")
    code, out, _ = run("c", "d")
    assert code == 1
    assert "9 → 18" in out and "called 9 → 18 times in every recording: Model.work" in out
    memory = known()
    memory.allocations[0] = memory.allocations[0]._replace(bytes=9000)
    save(memory, tmp_path / "e")
    code, out, _ = run("a", "e", "--metric", "bytes")
    assert code == 1 and "2.93 KiB" in out and "8.79 KiB" in out


def test_memory(run: Run, tmp_path: Path) -> None:
    save(known(), tmp_path / "a")
    memory = known()
    memory.allocations[0] = memory.allocations[0]._replace(bytes=9000)
    memory.meta.interval_bytes = 1.0
    save(memory, tmp_path / "b")
    code, out, _ = run("a", "b", "--metric", "bytes")
    assert code == 1 and out.startswith("1 with more memory beyond noise\n")
    code, out, _ = run("b", "a", "--metric", "bytes")
    assert code == 0 and " with less memory" in out.splitlines()[0]
    # If it is of one sample or two, that is no change.
    for name in ("a", "b"):
        made = load(tmp_path / name)
        made.meta.interval_bytes = 4096.0
        save(made, tmp_path / name)
    code, out, _ = run("a", "b", "--metric", "bytes")
    assert code == 0 and out.startswith("no function changed beyond noise\n")
    assert "the error of samples by their number" in out


def test_time_with_what_is_called(run: Run, tmp_path: Path) -> None:
    save(known(), tmp_path / "a")
    out = run("a", "a", "--by", "cumulative", "--json", "-")[1]
    assert json.loads(out)["within_noise"] == 4


def test_lprof_files(run: Run, tmp_path: Path) -> None:
    from hone.report.formats import Options, render

    for name, seconds in (("a", 0.05), ("b", 0.5)):
        made = known_calls()
        made.lines[0] = rows.LineTime(1, 6, 9, seconds)
        (tmp_path / name).write_bytes(b"".join(render("lprof", made, Options())))  # type: ignore[arg-type]
    code, out, _ = run("a", "b")
    assert code == 1 and "Model.work" in out and "80.0 ms" in out and "530 ms" in out


def test_files_of_different_kinds_are_compared_by_shares(run: Run, tmp_path: Path) -> None:
    save(known(), tmp_path / "a")
    (tmp_path / "b").write_text("main (/src/a.py:1) 200\nother (/src/a.py:9) 1400\n")
    code, out, _ = run("a", "b")
    assert code == 1
    assert "note: the files have different units: parts of the whole are compared" in out
    assert "87.50%" in out and "new" in out


def test_a_program_in_another_folder_is_the_same_program() -> None:
    def measured(folder: str, own: float) -> list[sides.Measured]:
        made = Recording()
        made.functions += [
            rows.Function(f"{folder}/a.py", 1, "f"),
            rows.Function(f"{folder}/b.py", 1, "f"),
        ]
        made.totals += [rows.Total(0, 1, 1, own, own), rows.Total(1, 1, 1, 1.0, 1.0)]
        return [sides.functions(made, "time", "own")]

    a, b = measured("/old", 1.0), measured("/new", 2.0)
    sides.same_keys(a, b)
    found = verdict.functions(a, b, Rules())
    assert [(change.key, change.ratio) for change in found.changes] == [(("/old/a.py", "f"), 2.0)]


def bench(folder: Path, name: str, **means: float) -> str:
    draw = random.Random(name)
    made = [
        pyperf.Benchmark(
            [
                pyperf.Run(
                    [mean * draw.gauss(1, 0.01) for _ in range(3)],
                    metadata={"name": title},
                    collect_metadata=False,
                )
                for _ in range(12)
            ]
        )
        for title, mean in means.items()
    ]
    pyperf.BenchmarkSuite(made).dump(str(folder / name), replace=True)
    return name


def test_pyperf(run: Run, tmp_path: Path) -> None:
    a = bench(tmp_path, "a.json", sort=1.0, loop=2.0, old=1.0)
    b = bench(tmp_path, "b.json", sort=1.05, loop=2.0)
    code, out, _ = run(a, b)
    assert code == 1 and out.startswith("1 slower beyond noise")
    assert "old is only before" in out and "95.0% for all benchmarks together" in out
    save(known(), tmp_path / "c")
    code, _, err = run(a, "c")
    assert code == 2 and err == "hone: benchmarks can't be compared with profiles\n"


def test_an_answer_that_cannot_be_written_is_no_slowdown(tmp_path: Path) -> None:
    a = bench(tmp_path, "a.json", sort=1.0)
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "hone", "diff", a, a],
            cwd=tmp_path,
            stdout=full,
            stderr=subprocess.PIPE,
        )
    assert done.returncode == 2 and b"can't be written" in done.stderr, done.stderr


def test_json(run: Run, tmp_path: Path) -> None:
    a, b = calls(tmp_path, "a", f=1.0, g=2.0), calls(tmp_path, "b", f=2.0, g=2.0, new=1.0)
    code, out, err = run(a, b, "--json", "out.json")
    document = json.loads((tmp_path / "out.json").read_text())
    assert code == 1 and "2 slower" in out and not err
    assert document["schema"] == "hone-diff/1" and document["verdict"] == "slower"
    assert [row["name"] for row in document["changes"]] == ["f", "new"] or [
        row["name"] for row in document["changes"]
    ] == ["new", "f"]
    ratios = {row["name"]: row["ratio"] for row in document["changes"]}
    assert ratios == {"f": 2.0, "new": None}


def test_a_page_with_both(run: Run, tmp_path: Path) -> None:
    save(known(), tmp_path / "a")
    code, _, err = run("a", "a", "--html", "out.html")
    assert code == 0 and err == "hone: wrote out.html\n"
    page = (tmp_path / "out.html").read_text()
    assert '"before":{"name":"before"' in page
    assert "no function changed beyond noise" in page


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ([], "give two files, or several and -- between them"),
        (["a"], "give two files"),
        (["a", "--"], "give two files"),
        (["a", "a", "a"], "put -- between the files of one side and those of the other"),
        (["a", "none"], "none can't be read: No such file or directory"),
        (["a", "a", "--threshold", "x"], "x is no part such as 5% or 0.05"),
        (["a", "a", "--level", "200%"], "200% is no part"),
        (["a", "a", "--metric", "live"], "has no memory (live) in it"),
        (["a", "a", "--html", "/nowhere/x"], "/nowhere/x can't be written: No such file"),
        (["a", "a", "--json", "/dev/full"], "/dev/full can't be written: No space left"),
        (["a", "cut"], "cut is damaged: it is cut off"),
        (["a", "empty"], "empty has no functions in it"),
        (["--bogus", "a", "a"], "unrecognized arguments: --bogus"),
    ],
)
def test_what_is_wrong_is_said(run: Run, tmp_path: Path, words: list[str], text: str) -> None:
    calls(tmp_path, "a", f=1.0)
    (tmp_path / "cut").write_bytes((tmp_path / "a").read_bytes()[:-5])
    (tmp_path / "empty").write_bytes(marshal.dumps({}))
    code, _, err = run(*words)
    assert code == 2 and text in err and err.startswith("hone: ") and err.count("\n") == 1, err


def test_the_help_names_the_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        diff.main(["--help"])
    assert ended.value.code == 0
    shown: Any = " ".join(capsys.readouterr().out.split())
    assert (
        "0 if nothing is slower, 1 if something is, 2 if the files could not be compared" in shown
    )
