# SPDX-License-Identifier: Apache-2.0
"""Answers and files that can't be written: one sentence, the right exit code, and nothing recorded is lost."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hone.recording import load, save
from hone.report.formats import FORMATS
from tests.recording.made import known

NO_ROOM = "No space left on device"
PROGRAM = "import time\nkept = [str(i) for i in range(20_000)]\ntime.sleep(0.1)\n"
RUNS = {"sample": (), "memory": ("-q", "-e", "1")}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "program.py").write_text(PROGRAM)
    (tmp_path / "temporary").mkdir()
    return tmp_path


def hone(*words: str, folder: Path, full: bool = False) -> subprocess.CompletedProcess[str]:
    with open("/dev/full" if full else os.devnull, "w") as out:
        return subprocess.run(
            [sys.executable, "-m", "hone", *words],
            cwd=folder,
            stdout=out,
            stderr=subprocess.PIPE,
            text=True,
            timeout=600,
            check=False,
            env={**os.environ, "TMPDIR": str(folder / "temporary"), "PYTHONUNBUFFERED": ""},
        )


def kept(folder: Path) -> Path:
    (found,) = (folder / "temporary").iterdir()
    assert load(found).functions
    return found


@pytest.mark.parametrize("command", RUNS)
@pytest.mark.parametrize("option", ["-o", "--record"])
def test_a_file_without_room_leaves_the_recording_elsewhere(
    command: str, option: str, folder: Path
) -> None:
    done = hone(command, *RUNS[command], option, "/dev/full", "program.py", folder=folder)
    sentence = f"hone: /dev/full can't be written: {NO_ROOM}; the recording is in {kept(folder)}\n"
    assert sentence in done.stderr and done.returncode == 1
    assert "Traceback" not in done.stderr and "wrote" not in done.stderr


@pytest.mark.parametrize("command", RUNS)
def test_no_room_for_the_answer_leaves_the_recording_elsewhere(command: str, folder: Path) -> None:
    words = (command, *RUNS[command])
    done = hone(*words, "program.py", folder=folder, full=True)
    sentence = f"hone: the answer can't be written: {NO_ROOM}; the recording is in {kept(folder)}\n"
    assert sentence in done.stderr and done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr and "Exception ignored" not in done.stderr


@pytest.mark.parametrize("command", RUNS)
def test_what_is_recorded_is_not_kept_twice(command: str, folder: Path) -> None:
    words = (command, *RUNS[command], "--record", "out.hone", "-f", "json", "program.py")
    done = hone(*words, folder=folder, full=True)
    assert f"hone: the answer can't be written: {NO_ROOM}\n" in done.stderr
    assert done.returncode == 2 and load(folder / "out.hone").functions
    assert not list((folder / "temporary").iterdir())


@pytest.mark.parametrize("command", RUNS)
def test_a_report_that_can_t_be_made_does_not_lose_the_recording(
    command: str, folder: Path
) -> None:
    done = hone(command, *RUNS[command], "-f", "lprof", "program.py", folder=folder)
    assert done.returncode == 2
    assert f"the recording is in {kept(folder)}\n" in done.stderr


@pytest.mark.parametrize("command", RUNS)
def test_the_program_s_own_status_stays(command: str, folder: Path) -> None:
    (folder / "program.py").write_text(f"{PROGRAM}raise SystemExit(5)\n")
    done = hone(command, *RUNS[command], "-o", "/dev/full", "program.py", folder=folder)
    assert done.returncode == 5 and kept(folder)


@pytest.mark.parametrize("command", RUNS)
def test_no_program_changes_what_reports_on_it(command: str, folder: Path) -> None:
    (folder / "program.py").write_text(
        f"{PROGRAM}import builtins, os, resource, sys\n"
        "os.setgid(65534) if os.getuid() == 0 else None\n"
        "os.setuid(65534) if os.getuid() == 0 else None\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3)); sys.setrecursionlimit(60)\n"
        "time.time = os.getpid = builtins.open = builtins.len = None\n"
        "sys.path[:] = []; sys.modules.clear()\n"
    )
    for name in ("json", "platform", "struct", "subprocess", "argparse", "tempfile"):
        (folder / f"{name}.py").write_text("raise SystemExit('imported')\n")
    done = hone(command, *RUNS[command], "--record", "out.hone", "program.py", folder=folder)
    assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr
    assert load(folder / "out.hone").functions


@pytest.mark.parametrize("form", [name for name in FORMATS if name != "lprof"])
def test_no_room_for_a_report(form: str, folder: Path) -> None:
    save(known(), folder / "it.hone")
    done = hone("report", "it.hone", "-f", form, folder=folder, full=True)
    assert done.returncode == 2
    assert f"hone: the answer can't be written: {NO_ROOM}\n" == done.stderr


@pytest.mark.parametrize("words", [("--help",), ("--version",), ("report", "--help"), ("lines", "--help"), ("profile", "--help")])  # fmt: skip
def test_no_room_for_help(words: tuple[str, ...], folder: Path) -> None:
    done = hone(*words, folder=folder, full=True)
    assert (done.returncode, done.stderr) == (
        2,
        f"hone: the answer can't be written: {NO_ROOM}\n",
    )
