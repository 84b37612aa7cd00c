# SPDX-License-Identifier: Apache-2.0
"""`hone time`, `python -m hone.timeit` and hone.timeit without statistics are timeit, to the byte."""

from __future__ import annotations

import dis
import re
import subprocess
import sys
import timeit
from pathlib import Path

import pytest

import hone.timeit
from hone.measure.statement import Clocked, Statement

STANDARD = [sys.executable, "-m", "timeit"]
MODULE = [sys.executable, "-m", "hone.timeit"]
COMMAND = [str(Path(sys.executable).with_name("hone")), "time"]

WORDS = {
    "nothing": ["-n", "1", "-r", "1"],
    "a statement": ["-n", "3", "-r", "2", "pass"],
    "raw times": ["-vv", "-n", "1", "-r", "2", "-u", "nsec", "pass"],
    "clustered": ["-vn1", "-r1", "--unit=sec", "pass"],
    "abbreviated": ["--num=1", "--rep", "1", "pass"],
    "process time": ["-p", "-n", "1", "-r", "1", "pass"],
    "no repeat": ["-r", "-3", "-n", "1", "pass"],
    "lines": ["-n", "1", "-r", "1", "-s", "x = 1", "-s", "y = 2", "if x:", "  print(x + y)"],
    "where it runs": [
        *("-n", "1", "-r", "1", "-s", "import sys"),
        "print(__name__, sys.argv, sys.path, sorted(globals()), sys._getframe().f_back.f_code.co_name)",
    ],
    "raises": ["-n", "1", "-r", "1", "def f():", "  1 / 0", "f()"],
    "raises in set-up": ["-s", "[][1]", "pass"],
    "exits": ["-n", "1", "import sys; sys.exit(4)"],
    "not Python": ["x =="],
    "not a statement": ["return 1"],
    "bad option": ["--bad"],
    "bad unit": ["-u", "parsec", "pass"],
    "bad number": ["-n", "many", "pass"],
    "no value": ["-n"],
    "options behind the statement": ["-n", "1", "-r", "1", "2", "-n"],
    "a word of hone's in the statement": ["-n", "1", "-r", "1", "stats = 1", "stats --stats"],
}


def outcome(command: list[str], words: list[str], folder: Path) -> tuple[int, str, str]:
    done = subprocess.run(
        [*command, *words],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    out = re.sub(r"\d+(\.\d+)?(e[-+]?\d+)? (nsec|usec|msec|sec)", "TIME", done.stdout)
    # Whether the two times of a run are far apart is chance.
    err = re.sub(r"(\d*:\d+|): UserWarning: The test.*\n", "", done.stderr)
    return done.returncode, out, err.lstrip("\n")


@pytest.mark.parametrize("name", WORDS)
@pytest.mark.parametrize("command", [MODULE, COMMAND], ids=["module", "command"])
def test_the_same_words_say_the_same(name: str, command: list[str], tmp_path: Path) -> None:
    expected = outcome(STANDARD, WORDS[name], tmp_path)
    assert outcome(command, WORDS[name], tmp_path) == expected


@pytest.mark.parametrize("words", [["-h"], ["--help"], ["-n1", "-r1", "--", "-1"], ["--", "pass"]])
def test_the_module_has_timeits_help_and_dashes(words: list[str], tmp_path: Path) -> None:
    assert outcome(MODULE, words, tmp_path)[0] == outcome(STANDARD, words, tmp_path)[0] == 0
    if words[0] != "--":
        assert outcome(MODULE, words, tmp_path) == outcome(STANDARD, words, tmp_path)


def test_a_statement_that_begins_with_a_dash(tmp_path: Path) -> None:
    words = ["-n1", "-r1", "--", "-1"]
    assert outcome(COMMAND, words, tmp_path) == outcome(STANDARD, words, tmp_path)


@pytest.mark.smoke
def test_every_public_name_is_there() -> None:
    for name in vars(timeit):
        if not name.startswith("__"):
            assert hasattr(hone.timeit, name), name
    assert set(timeit.__all__) < set(hone.timeit.__all__)
    assert hone.timeit.Timer is not timeit.Timer  # it is ours: what is set here counts


def test_a_template_that_somebody_sets_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    template = timeit.template.replace("return _t1 - _t0", "return _t1 - _t0, 'mine'")
    monkeypatch.setattr(hone.timeit, "template", template)
    assert hone.timeit.Timer("pass").timeit(1)[1] == "mine"  # type: ignore[index]


def loop_of(code: object) -> list[tuple[str, str]]:
    """The instructions from the loop's head to its jump back."""
    rows = [(each.opname, each.argrepr) for each in dis.get_instructions(code)]  # type: ignore[arg-type]
    begin = next(at for at, row in enumerate(rows) if row[0] == "FOR_ITER")
    end = next(at for at in range(begin, len(rows)) if rows[at][0].startswith("JUMP_BACKWARD"))
    return [
        (name, re.sub(r"to L?\d+|0x\w+|line \d+", "", text)) for name, text in rows[begin : end + 1]
    ]


@pytest.mark.parametrize("text", ["pass", "x = 1; y = x + _i.real if _i else 0", "[i for i in ()]"])
@pytest.mark.smoke
def test_the_loop_with_statistics_is_timeits_instruction_for_instruction(text: str) -> None:
    clocked = Clocked(Statement(text), timeit.default_timer, {})
    ours = clocked._loop.gi_code
    assert loop_of(ours) == loop_of(timeit.Timer(text).inner.__code__)  # type: ignore[attr-defined]
