# SPDX-License-Identifier: Apache-2.0
"""`hone memory`: what it prints and writes, what it refuses."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import pytest

from hone.recording import reader
from tests.command import hone, write

WORK = """
def hold(n):
    return bytearray(n)
def main():
    return hold(3_000_000), hold(1_000_000), [str(i) for i in range(20_000)]
kept = main()
"""


def test_the_table(tmp_path: Path) -> None:
    done = hone("memory", write(tmp_path, WORK), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    head, counts, samples, empty, columns, first, *_ = done.stdout.splitlines()
    assert re.match(
        r".*program\.py: peak [45]\.\d+ MiB (± [\d.]+% )?after \d\.\d\d s; held at", head
    )
    assert re.match(r"asked for [\d.]+ MiB in [\d,]+ blocks, ", counts)
    assert re.match(r"[\d,]+ samples, one in [\d.]+ KiB at the end", samples)
    assert empty == ""
    assert columns.split()[:4] == ["peak", "held", "asked", "for"]
    assert re.search(r"3\.8\d MiB .*program\.py:3 +hold +return bytearray\(n\)", first)
    assert re.fullmatch(
        r"hone: profiled, the program ran [\d.]+ times as long \([\d.]+ to [\d.]+\)\n", done.stderr
    )


def test_by_function_sorted_and_cut(tmp_path: Path) -> None:
    path = write(tmp_path, WORK)
    done = hone("profile", "--memory", "--functions", "-s", "blocks", "-l", "1", path)
    assert done.returncode == 0, done.stderr
    rows = done.stdout.split("\n\n")[1].splitlines()
    assert re.search(r"main(\.<locals>\.<listcomp>)? +.*program\.py:", rows[1])
    assert re.fullmatch(r"… and \d+ more", rows[2])


def test_every_form(tmp_path: Path) -> None:
    path, record, out = write(tmp_path, WORK), tmp_path / "seen.hone", tmp_path / "out"
    assert hone("memory", "--record", record, path).stdout == ""
    assert len(reader.load(record).footprints) > 0

    done = hone("report", record)
    assert "hold" in done.stdout
    assert "(bytes memory)" in done.stdout
    for metric, name in (("peak", "hold"), ("live", "hold"), ("temporary", "main")):
        done = hone("report", "--metric", metric, "-f", "tree", record)
        assert done.returncode == 0, done.stderr
        assert name in done.stdout
    done = hone("report", "-f", "source", "--metric", "peak", record)
    assert re.search(r"3 .*MiB +100\.0% +return bytearray", done.stdout), done.stdout

    assert hone("memory", "-f", "collapsed", "-o", out, path).returncode == 0
    heaviest = max(out.read_text().splitlines(), key=lambda line: int(line.rpartition(" ")[2]))
    assert re.search(r"main.*;hold.* 400\d{4}$", heaviest), heaviest
    assert hone("memory", "-f", "speedscope", "-o", out, path).returncode == 0
    assert json.loads(out.read_text())["profiles"][0]["unit"] == "bytes"
    assert hone("memory", "-f", "pprof", "-o", out, path).returncode == 0
    data = gzip.decompress(out.read_bytes())
    for kind in (b"alloc_objects", b"alloc_space", b"inuse_objects", b"inuse_space"):
        assert kind in data
    assert hone("memory", "-f", "html", "-o", out, path).returncode == 0
    assert "<html" in out.read_text()
    assert hone("memory", "-f", "json", "-o", out, path).returncode == 0
    assert json.loads(out.read_text())["allocations"]


def test_diff(tmp_path: Path) -> None:
    path = write(tmp_path, WORK)
    for name in ("a", "b"):
        assert hone("memory", "--record", tmp_path / name, path).returncode == 0
    done = hone("diff", tmp_path / "a", tmp_path / "b")
    assert done.returncode in (0, 1), done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["nothing.py"], "there is no file nothing.py"),
        (["--every", "0", "program.py"], "0 is not a number of bytes from 1 on, as 64k"),
        (["--every", "some", "program.py"], "some is not a number of bytes from 1 on, as 64k"),
        (["--every", "nan", "program.py"], "nan is not a number of bytes"),
        (["--seed", "x", "program.py"], "x is not a number above 0"),
        (["-l", "0", "program.py"], "0 is not a number above 0"),
        (["-s", "size", "program.py"], "invalid choice: 'size'"),
        (["--evry", "1", "program.py"], "did you mean --every?"),
        (["-o", "/no/such/out", "program.py"], "/no/such/out can't be written"),
        (["--record", "/no/such/out", "program.py"], "/no/such/out can't be written"),
        ([], "give a script, or -m MODULE"),
    ],
)
def test_what_is_refused(tmp_path: Path, words: list[str], text: str) -> None:
    write(tmp_path, "print('ran')\n")
    done = hone("memory", *words, cwd=tmp_path)
    assert done.returncode == 2
    assert text in done.stderr
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1


def test_a_module(tmp_path: Path) -> None:
    write(tmp_path, WORK, "worker.py")
    done = hone("memory", "-m", "worker", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert re.search(r"worker\.py:3 +hold", done.stdout)


def test_a_syntax_error_is_pythons_to_report(tmp_path: Path) -> None:
    done = hone("memory", write(tmp_path, "x = = 1\n"))
    assert done.returncode == 1
    assert "SyntaxError" in done.stderr


def test_help() -> None:
    done = hone("memory", "--help")
    assert done.returncode == 0
    assert "--every BYTES" in done.stdout
