# SPDX-License-Identifier: Apache-2.0
"""Programs hone can't tune: one clear sentence, the right exit code, nothing but one plain run's effects."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

# 6: too noisy to decide whether it is faster, which depends on what else the machine does.
MEASURED = (0, 6)

WORK = """\
def work(n):
    total = 0
    for i in range(n):
        total = (total * 31 + i) % 1000003
    return total
import time as _time
while _time.process_time() < 0.2:  # long enough to be measured, whatever the machine's speed
    work(100000)
"""


def hone(
    *words: str, folder: Path, data: bytes | None = None
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "hone", *words],
        cwd=folder,
        input=data or b"",
        capture_output=True,
        timeout=120,
        check=False,
    )


def tune(
    folder: Path, text: str, *options: str, data: bytes | None = None
) -> tuple[subprocess.CompletedProcess[bytes], dict]:
    (folder / "program.py").write_text(text)
    run = hone(
        "tune",
        "--budget",
        "0",
        "--json",
        "report.json",
        *options,
        "program.py",
        folder=folder,
        data=data,
    )
    report = folder / "report.json"
    return run, json.loads(report.read_text()) if report.exists() else {}


CASES = [
    # name, program, exit code, a part of the sentence
    ("syntax", "def f(:\n", 3, b"line 1"),
    ("raises", "raise ValueError('no')\n", 3, b"exit code 1"),
    ("exits", "import sys; sys.exit(7)\n", 3, b"exit code 7"),
    ("killed", "import os; os.kill(os.getpid(), 9)\n", 3, b"killed by SIGKILL"),
    ("short", "print('hi')\n", 5, b"too short to measure"),
    ("no_hot_spot", "import time; time.sleep(0.3)\n", 0, b"Don't bother"),
]


@pytest.mark.parametrize(
    ("name", "text", "code", "sentence"), CASES, ids=[case[0] for case in CASES]
)
def test_ends_in_a_sentence(
    name: str, text: str, code: int, sentence: bytes, tmp_path: Path
) -> None:
    run, _ = tune(tmp_path, text)
    assert run.returncode == code, run
    assert sentence in run.stdout + run.stderr
    assert b"hone/" not in run.stderr  # no traceback of hone's own
    assert not (tmp_path / ".hone").exists()


def test_missing_file(tmp_path: Path) -> None:
    run = hone("tune", "nowhere.py", folder=tmp_path)
    assert (run.returncode, run.stderr) == (2, b"hone: there is no file nowhere.py\n")


def test_unknown_option_names_the_nearest(tmp_path: Path) -> None:
    run = hone("tune", "--timout", "3", "x.py", folder=tmp_path)
    assert run.returncode == 2
    assert b"did you mean --timeout?" in run.stderr


def test_unknown_command_names_the_nearest(tmp_path: Path) -> None:
    run = hone("tuen", folder=tmp_path)
    assert run.returncode == 2
    assert b"did you mean tune?" in run.stderr


def test_runs_for_ever(tmp_path: Path) -> None:
    run, report = tune(tmp_path, "print('on', flush=True)\nwhile True: pass\n", "--timeout", "1")
    assert (run.returncode, report["verdict"]) == (3, "timed out")
    assert run.stdout.startswith(b"on\n")


def test_stdin_is_given_to_every_run(tmp_path: Path) -> None:
    text = WORK + "import sys\nprint(work(1000), len(sys.stdin.read()))\n"
    run, report = tune(tmp_path, text, data=b"abc" * 50_000)
    assert run.returncode in MEASURED, run
    assert b" 150000\n" in run.stdout
    assert report["unstable"] == []


def test_needs_stdin_and_has_none(tmp_path: Path) -> None:
    run, _ = tune(tmp_path, "input()\n")
    assert run.returncode == 3
    assert b"EOFError" in run.stderr


def test_binary_output(tmp_path: Path) -> None:
    data = bytes(range(256)) * 10
    run, report = tune(
        tmp_path, WORK + f"import sys\nsys.stdout.buffer.write({data!r})\nwork(1000)\n"
    )
    assert run.returncode in MEASURED, run
    assert run.stdout.startswith(data)
    assert report["unstable"] == []


def test_clock_random_and_hash_seed_are_fed_back(tmp_path: Path) -> None:
    text = WORK + (
        "import random, time, uuid\nprint(work(1000), random.random(), time.time(), uuid.uuid4(), hash('a'), set('abcdef'))\n"
    )
    run, report = tune(tmp_path, text)
    assert run.returncode in MEASURED, run
    assert report["unstable"] == []


def test_not_deterministic(tmp_path: Path) -> None:
    text = (
        WORK
        + "print('same')\nprint(object())\nprint(work(1000))\nopen('out', 'w').write(repr(object()))\n"
    )
    run, report = tune(tmp_path, text)
    assert run.returncode in MEASURED, run
    assert report["unstable"] == ["stdout, line 2", f"the file {tmp_path / 'out'}"]
    assert b"not compared: stdout, line 2" in run.stdout


def test_forks_and_starts_threads(tmp_path: Path) -> None:
    text = WORK + (
        "import os, threading\n"
        "ts = [threading.Thread(target=work, args=(200000,)) for _ in range(3)]\n"
        "[t.start() for t in ts]; [t.join() for t in ts]\n"
        "pid = os.fork()\n"
        "if pid == 0:\n    os._exit(work(10) % 2)\n"
        "os.waitpid(pid, 0); print('done')\n"
    )
    run, report = tune(tmp_path, text)
    assert run.returncode in MEASURED, run
    assert report["functions"][0]["name"] == "work"


def test_report_schema(tmp_path: Path) -> None:
    run, report = tune(tmp_path, WORK + "print(work(1000))\n", "--html", "page.html")
    assert run.returncode in MEASURED, run
    assert list(report)[:6] == [
        "schema",
        "verdict",
        "speedup",
        "speedup_interval",
        "equal",
        "functions",
    ]
    page = (tmp_path / "page.html").read_text()
    assert "work" in page
    assert "http" not in page


def test_look_runs_once(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(WORK + "open('log', 'a').write('x')\nwork(1000)\n")
    run = hone("look", "program.py", folder=tmp_path)
    assert run.returncode in MEASURED, run
    assert b"work" in run.stdout
    assert (tmp_path / "log").read_text() == "x"
