# SPDX-License-Identifier: Apache-2.0
"""`hone sample`: what it writes, what it says, what it refuses."""

from __future__ import annotations

import json
import pstats
import re
from contextlib import suppress
from pathlib import Path

import pytest

from hone.sampling.spool import Spool, SpoolError
from tests.command import hone, write
from tests.machine import in_one_run
from tests.sampling.run import OFTEN, SPIN

WORK = SPIN + "def work(): spin(0.4)\nwork()\n"


def test_the_table(tmp_path: Path) -> None:
    done = hone("sample", write(tmp_path, WORK), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    head, *rows = done.stdout.splitlines()
    assert re.match(r".*program\.py: \d+ samples in \d+\.\d\d s \(\d+ a second\) of all time", head)
    assert "the budget was 1.00%" in head
    assert rows[1].split() == ["own", "±", "95", "%", "seconds", "total", "±", "95", "%", "function", "where"]  # fmt: skip
    assert any(row.split()[-2:] == ["work", "program.py:7"] for row in rows[2:])
    assert done.stderr == ""


def test_a_program_that_is_over_at_once(tmp_path: Path) -> None:
    path, seen = write(tmp_path, ""), tmp_path / "seen.hone"
    for options in ((), ("--record", seen), ("--collapsed", "-o", tmp_path / "out")):
        done = hone("sample", "--mode", "gil", *options, path)
        assert done.returncode == 0 or "has no stacks in it" in done.stderr, done.stderr
        assert "Traceback" not in done.stderr


def test_the_mode_of_hone_profile(tmp_path: Path) -> None:
    done = hone("profile", "--sample", *OFTEN, write(tmp_path, WORK))
    assert done.returncode == 0, done.stderr
    assert "of all time" in done.stdout


def test_other_forms(tmp_path: Path) -> None:
    path, out = write(tmp_path, WORK), tmp_path / "out"
    assert hone("sample", *OFTEN, "--collapsed", "-o", out, path).returncode == 0
    assert re.search(r"work.*;spin.* \d+$", out.read_text(), re.M)
    assert hone("sample", *OFTEN, "--pstats", "-o", out, path).returncode == 0
    assert "work" in {name for _, _, name in pstats.Stats(str(out)).stats}  # type: ignore[attr-defined]
    assert hone("sample", *OFTEN, "--speedscope", "-o", out, path).returncode == 0
    assert "$schema" in json.loads(out.read_text())


def test_quietly(tmp_path: Path) -> None:
    path, out = write(tmp_path, WORK), tmp_path / "out"
    done = hone("sample", "-q", *OFTEN, "-o", out, "--record", tmp_path / "r.hone", path)
    assert (done.returncode, done.stderr) == (0, "")
    assert out.stat().st_size and (tmp_path / "r.hone").stat().st_size


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["nothing.py"], "there is no file nothing.py"),
        (["-r", "0", "program.py"], "0 is not a number of samples a second"),
        (["-r", "fast", "program.py"], "fast is not a number of samples a second"),
        (["--budget", "200%", "program.py"], "200% is not a share above 0 and up to 100%"),
        (["--budget", "nan", "program.py"], "nan is not a share above 0"),
        (["-d", "-1", "program.py"], "-1 is not a number of seconds"),
        (["--mode", "none", "program.py"], "invalid choice"),
        (["-o", "/nowhere/file", "program.py"], "/nowhere/file can't be written: No such file"),
        (["--record", "/", "program.py"], "/ can't be written: Is a directory"),
        (["--rate", "5", "program.py"], "there is no option --rate"),
        ([], "give a script"),
    ],
)
def test_what_can_not_be_is_said_before_anything_runs(
    tmp_path: Path, words: list[str], text: str
) -> None:
    write(tmp_path, "open('ran', 'w')")
    done = hone("sample", *words, cwd=tmp_path)
    assert done.returncode == 2
    assert text in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "ran").exists()


def test_a_program_that_does_not_compile(tmp_path: Path) -> None:
    done = hone("sample", write(tmp_path, "def f(:\n"))
    assert done.returncode == 1
    assert "SyntaxError" in done.stderr


@in_one_run
def test_the_budget_is_kept_and_stated(tmp_path: Path) -> None:
    program = SPIN + "spin(3)\n"
    done = hone("sample", "--budget", "2%", "-r", "100000", write(tmp_path, program))
    cost = float(re.search(r"sampling cost (\d+\.\d+)%", done.stdout)[1])  # type: ignore[index]
    assert 0.2 < cost < 2.4


def test_a_duration_ends_the_sampling_and_not_the_program(tmp_path: Path) -> None:
    program = SPIN + "spin(2.5)\nprint('whole')\n"
    done = hone("sample", *OFTEN, "-d", "0.5", write(tmp_path, program))
    assert done.stdout.startswith("whole\n")
    assert float(re.search(r"samples in (\d+\.\d+) s", done.stdout)[1]) < 2  # type: ignore[index]


@pytest.mark.parametrize("begun", [b"", b"short", b"\0" * 200])
def test_a_spool_that_is_not_begun_says_nothing(tmp_path: Path, begun: bytes) -> None:
    path = tmp_path / "spool"
    path.write_bytes(begun)
    spool = Spool(str(path))
    assert spool.feed() == []
    assert spool.head is None


def test_a_file_that_is_no_spool(tmp_path: Path) -> None:
    path = tmp_path / "spool"
    path.write_bytes(b"something else" * 20)
    with pytest.raises(SpoolError, match="is no spool"):
        Spool(str(path)).feed()


def test_a_damaged_spool_is_an_error_and_nothing_else(tmp_path: Path) -> None:
    import random
    import struct

    source = random.Random(1)
    path = tmp_path / "spool"
    for _ in range(300):
        body = source.randbytes(source.randrange(0, 400) // 16 * 16)
        head = struct.pack("<8sIIQQIIII16x", b"honesmpl", 1, 0, 64 + len(body), 0, 1, 1, 0, 0)
        path.write_bytes(head + body)
        with suppress(SpoolError):
            Spool(str(path)).feed()
