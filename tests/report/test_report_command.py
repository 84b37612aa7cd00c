# SPDX-License-Identifier: Apache-2.0
"""hone report at the command line: where its output goes, and what it says of bad files and options."""

from __future__ import annotations

import os
import pstats
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from hone.cli import report
from hone.recording import Recording, chunks, rows, save
from hone.report.formats import FORMATS
from tests.recording.made import known, known_calls


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    save(known(), "it.hone")
    save(known_calls(), "calls.hone")
    memory = known()
    memory.samples = Recording().samples
    save(memory, "memory.hone")
    counted = known_calls()
    counted.lines = Recording().lines
    save(counted, "counted.hone")
    Path("folded").write_text("a;b 3\n")
    return tmp_path


def hone(*words: str | Path, **options: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "hone", "report", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)  # type: ignore[call-overload, no-any-return]


@pytest.mark.smoke
def test_text_goes_to_the_standard_output(folder: Path) -> None:
    found = hone("it.hone", env={**os.environ, "NO_COLOR": "1"})
    assert found.returncode == 0 and found.stderr == ""
    assert found.stdout.startswith("a.py --fast\n") and "\033" not in found.stdout
    assert "\033[1m" in hone("it.hone", env={**os.environ, "FORCE_COLOR": "1"}).stdout


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_written(folder: Path, name: str) -> None:
    file = "calls.hone" if name == "lprof" else "it.hone"
    assert report.main([file, "--format", name, "-o", "out"]) == 0
    assert (folder / "out").stat().st_size > 50


def test_a_pipe_gets_the_file_itself(folder: Path) -> None:
    with open("out", "wb") as out:
        command = [sys.executable, "-m", "hone", "report", "it.hone", "-f", "pstats"]
        subprocess.run(command, stdout=out, check=True)
    assert pstats.Stats("out").total_tt == pytest.approx(0.16)  # type: ignore[attr-defined]


def test_a_file_of_another_tool(folder: Path) -> None:
    assert report.main(["it.hone", "-f", "pstats", "-o", "it.pstats"]) == 0
    found = hone("it.pstats", "--format", "table", "--sort", "ncalls", "--limit", "1")
    assert found.stdout.splitlines()[1].split()[0] == "10"


def test_a_recording_that_is_cut_off_is_shown_with_a_note(folder: Path) -> None:
    whole = (folder / "it.hone").read_bytes()
    (folder / "cut.hone").write_bytes(whole[:-200])
    found = hone("cut.hone", "-f", "collapsed")
    assert found.returncode == 0 and "MainThread" in found.stdout
    assert "hone: cut.hone is not complete (it ends in the middle of a chunk)" in found.stderr
    assert "cut.hone is not complete" in hone("cut.hone").stdout


BAD = {
    "empty": b"",
    "foreign": b"\x7fELF\x02\x01\x01",
    "text": b"hello world\n",
    "json": b'{"metadata": {}, "other": 1}',
    "newer": struct.pack("<8sHHI", chunks.MAGIC, 7, 0, 0),
    "head": chunks.head(),
    "half": chunks.head()[:11],
    "pickle": b"\x80\x04c__builtin__\neval\n(X\x01\x00\x00\x001tR.",
}


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["none"], "none can't be read: No such file or directory"),
        (["."], ". can't be read: Is a directory"),
        (["empty"], "empty is empty"),
        (["foreign"], "foreign is neither a recording of hone nor one of: pstats"),
        (["text"], "text is neither a recording"),
        (["json"], "json is JSON, but not pyperf's"),
        (["newer"], "newer was written by a newer hone, in format 7; this one reads up to 1"),
        (["head"], "head holds nothing that can be read"),
        (["half"], "half ends before anything was recorded"),
        (["pickle"], "pickle is no .lprof file: it asks for __builtin__.eval"),
        (["it.hone", "-f", "lprof"], "it.hone has no times of lines in it"),
        (["it.hone", "-f", "xml"], "argument -f/--format: invalid choice: 'xml'"),
        (["it.hone", "-s", "size"], "invalid choice: 'size'"),
        (["it.hone", "-l", "0"], "0 is not a number above 0"),
        (["it.hone", "-o", "/nowhere/x"], "/nowhere/x can't be written: No such file or directory"),
        (["it.hone", "-o", "/dev/full"], "/dev/full can't be written: No space left on device"),
        (["it.hone", "-o", "it.hone"], "it.hone is what is to be read"),
        (
            ["calls.hone", "--metric", "live", "-f", "tree"],
            "calls.hone has no live in it, but time",
        ),
        (["calls.hone", "--metric", "cpu"], "calls.hone has no cpu in it, but time"),
        (["memory.hone", "--metric", "gil"], "has no gil in it, but bytes, number, peak, live, "),
        (["folded", "--metric", "peak"], "folded has no peak in it, but time"),
        (
            ["counted.hone", "-f", "source"],
            "no lines in it: hone lines and hone sample record them",
        ),
        (["folded", "-f", "source"], "folded has no lines in it"),
        ([], "the following arguments are required: FILE"),
    ],
)
def test_what_is_wrong_is_said(
    folder: Path, words: list[str], text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, data in BAD.items():
        (folder / name).write_bytes(data)
    assert report.main(words) == 2
    error = capsys.readouterr().err
    assert text in error and error.startswith("hone: ") and error.count("\n") == 1


@pytest.mark.parametrize("metric", ["time", "cpu", "gil", "bytes", "peak"])
def test_measures_that_are_there(folder: Path, metric: str) -> None:
    assert "has no" not in hone("it.hone", "--metric", metric).stderr


@pytest.mark.parametrize("piped", [True, False])
@pytest.mark.parametrize("name", ["it.hone", "it.pstats"])
def test_the_standard_input_is_read(folder: Path, name: str, piped: bool) -> None:
    assert report.main(["it.hone", "-f", "pstats", "-o", "it.pstats"]) == 0
    expected = hone(name, "-f", "collapsed")
    if piped:
        words = f"cat {name} | '{sys.executable}' -m hone report - -f collapsed"
        found = subprocess.run(["sh", "-c", words], capture_output=True, text=True, check=False)
    else:
        with open(name) as file:
            found = hone("-", "-f", "collapsed", stdin=file)
    assert (found.returncode, found.stdout) == (0, expected.stdout)
    assert expected.stdout


def test_a_bad_standard_input_is_named(folder: Path) -> None:
    found = hone("-", "-o", "out", input="hello\n")
    assert found.returncode == 2
    assert found.stderr.startswith("hone: standard input is neither a recording of hone nor")
    os.mkfifo("pipe")
    words = f"cat it.hone > pipe & '{sys.executable}' -m hone report pipe"
    found = subprocess.run(["sh", "-c", words], capture_output=True, text=True, check=False)
    assert found.stdout.startswith("a.py --fast\n")


def test_what_can_not_be_made_leaves_no_file(folder: Path) -> None:
    assert report.main(["it.hone", "-f", "lprof", "-o", "out"]) == 2
    assert not (folder / "out").exists()


def test_an_unreadable_file_of_somebody_else_is_kept(folder: Path) -> None:
    (folder / "out").write_text("precious")
    (folder / "out").chmod(0o400)
    if os.access("out", os.W_OK):
        os.chmod("out", 0o600)  # root may write anything: then it is overwritten, as cp does
        assert report.main(["it.hone", "-o", "out"]) == 0
        return
    assert report.main(["it.hone", "-o", "out"]) == 2
    assert (folder / "out").read_text() == "precious"


def test_who_stops_reading_is_no_error(folder: Path) -> None:
    words = f"'{sys.executable}' -m hone report it.hone -f json | head -1"
    found = subprocess.run(["sh", "-c", words], capture_output=True, text=True, check=False)
    assert found.stdout == "{\n" and found.stderr == ""


def test_a_long_recording_is_written_as_it_is_read(folder: Path) -> None:
    made = Recording()
    made.functions.append(rows.Function("a.py", 1, "f"))
    made.stacks.add(rows.NONE, 0, 2)
    made.threads.append(rows.Thread(1))
    made.samples.extend(rows.Sample(0, 0, at * 10, 10) for at in range(100_000))
    made.events.extend(rows.Event(0, "io", at * 10, at * 10 + 5, "read") for at in range(100_000))
    save(made, "long.hone")
    assert report.main(["long.hone", "-f", "html", "-o", "out"]) == 0
    assert (folder / "out").stat().st_size < 3_000_000  # of so many events the longest are shown
    assert report.main(["long.hone", "-f", "chrome", "-o", "out"]) == 0


def test_the_help_lists_the_formats(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        report.main(["--help"])
    shown = capsys.readouterr().out
    for name, form in FORMATS.items():
        assert f"  {name:<11}{form.text}" in shown
