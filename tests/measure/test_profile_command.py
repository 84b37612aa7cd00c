# SPDX-License-Identifier: Apache-2.0
"""`hone profile`: the words, texts, files and exit codes of `python -m cProfile`, and what is right
where cProfile is not."""

from __future__ import annotations

import os
import pstats
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

PLAIN = """\
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)
def three():
    yield from range(3)
def work():
    items = []
    for i in range(10):
        items.append(i)
    return sorted(items, key=lambda i: -i), sum(three()), [str(i) for i in three()]
fib(8); work()
try:
    int("x")
except ValueError as error:
    print(error)
"""


def run(*words: object, folder: Path, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *map(str, words)],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
        **options,
    )


def hone(*words: object, folder: Path, **options: Any) -> subprocess.CompletedProcess[str]:
    return run("-m", "hone", "profile", *words, folder=folder, **options)


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "plain.py"
    path.write_text(PLAIN)
    return path


def without_times(text: str) -> list[str]:
    """The lines, times as zeros; rows in the order of names, as times order them."""
    text = re.sub(r"\d+\.\d{3}", "0.000", text)
    return sorted(re.sub(r" at 0x[0-9a-f]+", " at 0x0", text).splitlines())


@pytest.mark.smoke
@pytest.mark.parametrize("words", [[], ["-s", "ncalls"], ["--sort=name"], ["-s", "tottime"]])
def test_the_text_is_cprofiles(words: list[str], script: Path) -> None:
    ours = hone(*words, script.name, "argument", folder=script.parent)
    theirs = run("-m", "cProfile", *words, script.name, "argument", folder=script.parent)
    assert without_times(ours.stdout) == without_times(theirs.stdout)
    assert (ours.returncode, theirs.returncode) == (0, 0)


def counts(path: Path) -> dict[Any, Any]:
    return {
        key: (cc, nc, {caller: row[:2] for caller, row in callers.items()})
        for key, (cc, nc, _, _, callers) in pstats.Stats(str(path)).stats.items()  # type: ignore[attr-defined]
        if "object at 0x" not in key[2]
    }


def called(path: Path) -> int:
    """How often f was called, which stands in line 2."""
    return int(counts(path).get(("plain.py", 2, "f"), (0, 0))[1])


def test_the_file_is_cprofiles(script: Path) -> None:
    folder = script.parent
    assert (
        hone("-o", "ours", script.name, folder=folder).stdout
        == run("-m", "cProfile", "-o", "theirs", script.name, folder=folder).stdout
    )
    assert counts(folder / "ours") == counts(folder / "theirs")


def test_a_recording_is_written_too(script: Path) -> None:
    from hone.recording import load

    script.write_text(
        "class C:\n    def f(self): pass\na, b = lambda: 1, lambda: 2\nC().f(); a(); b(); b()\n"
    )
    done = hone("--record", "r.hone", "-o", "out", script.name, folder=script.parent)
    assert done.stdout == ""
    found = load(str(script.parent / "r.hone"))
    calls = {found.functions[total.function].name: total.calls for total in found.totals}
    assert (calls["C.f"], calls["<built-in method builtins.exec>"]) == (1, 1)
    apart = [found.functions[total.function].name for total in found.totals].count("<lambda>")
    assert apart == 2
    edges = {(found.functions[c.caller].name, found.functions[c.callee].name) for c in found.calls}
    assert ("<module>", "C.f") in edges
    assert found.meta.slowdown
    assert found.meta.slowdown.low <= found.meta.slowdown.ratio <= found.meta.slowdown.high


def test_functions_of_one_line_are_added_up(script: Path) -> None:
    script.write_text("a, b = lambda: 1, lambda: 2\nfor _ in range(10): a(); b()\n")
    hone("-o", "out", script.name, folder=script.parent)
    found = counts(script.parent / "out")
    assert found["plain.py", 1, "<lambda>"][:2] == (20, 20)


@pytest.mark.parametrize("words", [[], ["-s", "demo", "x.py"], ["-o"], ["-x", "x.py"], ["--s"]])
def test_what_the_module_complains_about(words: list[str], tmp_path: Path) -> None:
    ours = run("-m", "hone.profile", *words, folder=tmp_path)
    theirs = run("-m", "cProfile", *words, folder=tmp_path)
    assert ours.returncode == theirs.returncode == 2
    assert ours.stdout == theirs.stdout
    assert ours.stderr == theirs.stderr


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ([], "give a script, or -m MODULE"),
        (["-q"], "give a script, or -m MODULE"),
        (["-s", "demo", "x.py"], "option -s: invalid choice: 'demo' (choose from 'calls'"),
        (["-o"], "-o option requires 1 argument"),
        (["-x", "x.py"], "no such option: -x"),
        (["--s"], "--sort option requires 1 argument"),
    ],
)
def test_what_the_command_complains_about(words: list[str], text: str, tmp_path: Path) -> None:
    done = hone(*words, folder=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("hone: ") and done.stderr.count("\n") == 1
    assert text in done.stderr
    assert done.stderr.endswith(" (hone profile --help says more)\n")


def test_help_and_what_is_missing(tmp_path: Path) -> None:
    assert "--outfile=FILE" in hone("--help", folder=tmp_path).stdout
    nothing = hone("-m", folder=tmp_path)
    assert (nothing.returncode, nothing.stderr[:19]) == (2, "hone: give a script")
    for words, text in {
        ("nosuch.py",): "there is no file nosuch.py; nothing was run",
        ("-m", "nosuch.module"): "there is no module nosuch.module; nothing was run",
        (".",): ". is a folder without __main__.py; nothing was run",
    }.items():
        done = hone(*words, folder=tmp_path)
        assert (done.returncode, done.stdout, done.stderr) == (1, "", f"hone: {text}\n")


def test_an_unwritable_file_is_said_before_anything_runs(script: Path) -> None:
    script.write_text("open('ran', 'w')\n")
    done = hone("-o", "no/such/folder", script.name, folder=script.parent)
    assert done.returncode == 1
    assert "can't be written: No such file or directory; nothing was run" in done.stderr
    assert not (script.parent / "ran").exists()
    (script.parent / "old").write_text("old")
    script.write_text("import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    hone("-o", "old", script.name, folder=script.parent)
    hone("-o", "new", script.name, folder=script.parent)
    assert (script.parent / "old").read_text() == "old"
    assert not (script.parent / "new").exists()


def test_a_full_disk_does_not_lose_the_profile(script: Path) -> None:
    done = hone("-o", "/dev/full", script.name, folder=script.parent)
    said = "hone: /dev/full can't be written: No space left on device; the profile is in "
    found = re.search(f"{said}(\\S+)", done.stderr)
    assert found, done.stderr
    assert ("plain.py", 1, "fib") in counts(Path(found[1]))
    os.unlink(found[1])
    assert done.returncode == 1
    done = hone("--record", "/dev/full", script.name, folder=script.parent)
    assert done.returncode == 1
    found = re.search(f"{said}(\\S+)", done.stderr)
    assert found, done.stderr
    os.unlink(found[1])


def test_a_full_disk_is_no_matter_if_the_program_failed(script: Path) -> None:
    script.write_text("import atexit, sys; atexit.register(print, 'late'); sys.exit(9)")
    done = hone("-o", "/dev/full", script.name, folder=script.parent)
    assert (done.returncode, done.stdout) == (9, "late\n")
    script.write_text("import atexit; atexit.register(print, 'late')")
    done = hone("-o", "/dev/full", script.name, folder=script.parent)
    assert (done.returncode, done.stdout) == (1, "late\n")


UNREADABLE = {
    "syntax": b"def (:\n",
    "bytes": b'x = "\xff"\n',
    "bytes in a comment": b"x = 1\n# \xe9\n",
    "unknown encoding": b"# coding: nosuch\nx = 1\n",
    "encoding": b'# coding: ascii\nx = "\xe9"\n',
    "two encodings": b"\xef\xbb\xbf# coding: latin-1\nx = 1\n",
    "utf-16": "x = 1\n".encode("utf-16"),
    "zero": b"x = 1\n\0\n",
    "return": b"print(1)\nreturn 3\n",
}


@pytest.mark.parametrize("command", ["profile", "lines", "sample", "memory", "run"])
@pytest.mark.parametrize("what", UNREADABLE)
def test_syntax_errors_are_the_interpreters(command: str, what: str, script: Path) -> None:
    script.write_bytes(UNREADABLE[what])
    plain = run(script, folder=script.parent)
    words = ["-q"] if command in ("profile", "lines") else []
    ours = run("-m", "hone", command, *words, script, folder=script.parent)
    assert (ours.returncode, ours.stderr) == (plain.returncode, plain.stderr)


def test_latin_1_is_read(script: Path) -> None:
    script.write_bytes(b"# coding: latin-1\nprint(ascii('\xe9'))  # \xe9\n")
    for command in ("profile", "lines"):
        done = run("-m", "hone", command, "-o", "out", script, folder=script.parent)
        assert done.stdout.startswith("'\\xe9'\n"), done.stderr


@pytest.mark.parametrize(
    "end", ["import sys; sys.exit(7)", "raise SystemExit('bye')", "def f(): 1 / 0\nf()"]
)
def test_the_exit_status_and_traceback_are_the_programs(end: str, script: Path) -> None:
    script.write_text(end + "\n")
    ours, plain = hone("-q", script, folder=script.parent), run(script, folder=script.parent)
    assert (ours.returncode, ours.stderr) == (plain.returncode, plain.stderr)
    assert "function calls" in ours.stdout


def test_the_program_is_main(script: Path) -> None:
    script.write_text(
        "import pickle, sys, multiprocessing, os\n"
        "class Thing: pass\n"
        "def square(x): return x * x\n"
        "if __name__ == '__main__':\n"
        "    assert type(pickle.loads(pickle.dumps(Thing()))) is Thing\n"
        "    assert sys.modules['__main__'].Thing is Thing and __spec__ is None\n"
        "    with multiprocessing.get_context('spawn').Pool(1) as pool:\n"
        "        print(pool.map(square, [3]))\n"
        "    print(sys.argv, sys.path[0] == os.path.dirname(__file__))\n"
    )
    done = hone("-o", "out", script.name, "a", folder=script.parent)
    assert done.stdout == "[9]\n['plain.py', 'a'] True\n", done.stderr


def test_modules(script: Path) -> None:
    done = hone("-m", "plain", "a", folder=script.parent)
    assert " plain.py:1(fib)" in done.stdout
    assert done.returncode == 0
    assert hone("-o", "out", "-m", "timeit", "-n", "1", folder=script.parent).returncode == 0


def test_cost_is_said_on_stderr_and_may_be_left_in(script: Path) -> None:
    script.write_text("def f(): pass\nfor _ in range(20000): f()\n")
    done = hone(script, folder=script.parent)
    said = re.fullmatch(
        r"hone: profiled, the program ran (\d+\.\d\d) times as long; \S+ s of probes are not in "
        r"the times(?:, nor \S+ s without a processor)?\n",
        done.stderr,
    )
    assert said, done.stderr
    assert float(said[1]) > 1
    assert hone("--quiet", script, folder=script.parent).stderr == ""
    raw = hone("--raw", script, folder=script.parent)
    assert "probes" not in raw.stderr


def test_a_package_without_main_is_told_as_the_interpreter_does(tmp_path: Path) -> None:
    (tmp_path / "package" / "inner").mkdir(parents=True)
    done = hone("-m", "package.inner", folder=tmp_path)
    assert done.returncode == 1 and "cannot be directly executed" in done.stderr


@pytest.mark.skipif(sys.version_info < (3, 12), reason="3.11 has one profile function a thread")
@pytest.mark.parametrize("others", [(), (3,), (3, 5)])
def test_a_program_may_use_cprofile(others: tuple[int, ...], script: Path) -> None:
    script.write_text(
        "import cProfile, sys\n"
        f"for each in {others}: sys.monitoring.use_tool_id(each, 'other')\n"
        "def f(): pass\n"
        "with cProfile.Profile() as own: f()\n"
        "own.create_stats()\n"
        "print(sum(1 for key in own.stats if key[2] == 'f'), sys.monitoring.get_tool(2))\n"
        "f()\n"
    )
    for words in (["profile"], ["lines", "-q", "-p", "plain.py"]):
        done = run("-m", "hone", *words, "-o", "out", script.name, folder=script.parent)
        assert (done.stdout, done.returncode) == ("1 None\n", 0), done.stderr
    hone("-o", "out", script.name, folder=script.parent)
    assert counts(script.parent / "out")["plain.py", 3, "f"][0] == 2


def test_threads_that_go_on_are_waited_for(script: Path) -> None:
    script.write_text(
        "import threading, time\ndef f(): pass\ndef late():\n    time.sleep(0.3); f(); f()\n"
        "threading.Thread(target=late).start()\n"
        "threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n"
    )
    done = hone("-o", "out", script.name, folder=script.parent)
    assert (done.returncode, called(script.parent / "out")) == (0, 2), done.stderr


def test_nobody_reads_what_it_prints(script: Path) -> None:
    script.write_text("len('')")
    process = subprocess.Popen(
        [sys.executable, "-m", "hone", "profile", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    process.stdout.close()
    _, errors = process.communicate(timeout=600)
    assert (process.returncode, errors) == (32, b"")


def test_two_threads_do_not_mix(script: Path) -> None:
    script.write_text(
        "import threading\ndef f(): pass\ndef loop():\n    for _ in range(20000): f()\n"
        "ts = [threading.Thread(target=loop) for _ in range(2)]\n"
        "[t.start() for t in ts]; [t.join() for t in ts]\n"
    )
    hone("-o", "out", script.name, folder=script.parent)
    stats = pstats.Stats(str(script.parent / "out")).stats  # type: ignore[attr-defined]
    cc, nc, _, ct, callers = stats["plain.py", 2, "f"]
    assert (cc, nc, list(callers)) == (40000, 40000, [("plain.py", 3, "loop")])
    assert ct <= stats["plain.py", 3, "loop"][3]


def test_calls_of_compiled_functions_are_counted(script: Path) -> None:
    script.write_text(
        "import hone\n@hone.jit\ndef leaf(x): return x + 1\n@hone.jit\ndef hot(n):\n    t = 0\n"
        "    for i in range(n): t += leaf(i)\n    return t\nfor _ in range(200): hot(10)\n"
    )
    done = hone("-o", "out", script.name, folder=script.parent)
    found = counts(script.parent / "out")
    assert found["plain.py", 2, "leaf"][1] == 2000
    assert found["plain.py", 2, "leaf"][2] == {("plain.py", 4, "hot"): (2000, 2000)}
    assert found["plain.py", 4, "hot"][1] == 200
    assert "2 functions ran compiled" in done.stderr


@pytest.mark.parametrize(
    ("words", "mode"),
    [
        ("--lines s.py", "--lines"),
        ("-o x --lines s.py", "--lines"),
        ("-r 100 --sample s.py", "--sample"),
        ("-r100 --sample s.py", "--sample"),
        ("--sampling-rate 100 --budget 1% --sample -m mod", "--sample"),
        ("--sampling-rate=100 --sample s.py", "--sample"),
        ("-d 2 -f json --mode cpu --sample s.py", "--sample"),
        ("-l 5 --sample s.py", "--sample"),
        ("-l --lines s.py", "--lines"),  # a switch there
        ("-lv --lines s.py", "--lines"),
        ("-lp mod --lines s.py", "--lines"),
        ("-lpmod --lines s.py", "--lines"),
        ("-i 5 --lines s.py", "--lines"),  # a value or none
        ("-i --lines s.py", "--lines"),
        ("-i 5 s.py --lines", None),
        ("--builtin yes --lines s.py", "--lines"),
        ("--sample --lines s.py", "--sample"),
        ("-o --lines s.py", None),  # the file's name
        ("-o --sample s.py", None),
        ("--record --sample s.py", None),
        ("-o --sample --sample s.py", "--sample"),
        ("s.py --lines", None),
        ("s.py -r 100 --sample", None),
        ("-m mod --sample", None),
        ("-r 100", None),
    ],
)
def test_the_words_of_other_modes_are_found(words: str, mode: str | None) -> None:
    from hone.cli import profile

    assert profile.find_mode(words.split()) == mode


def test_each_mode_is_found_behind_a_value() -> None:
    from hone.cli import profile

    for mode in profile.MODES:
        assert profile.find_mode(["-o", "x", mode, "s.py"]) == mode
        assert profile.find_mode(["-o", mode, "s.py"]) is None


def test_a_mode_may_stand_behind_its_options(script: Path) -> None:
    done = hone("-r", "100", "--sample", "--format", "json", script, folder=script.parent)
    assert done.returncode == 0, done.stderr
    assert '"samples' in done.stdout or '"hone' in done.stdout


def test_a_long_sleep_is_not_the_profilers(script: Path) -> None:
    script.write_text("import time\ntime.sleep(0.3)\n")
    start = time.monotonic()
    done = hone(script, folder=script.parent)
    assert time.monotonic() - start < 60
    row = re.search(r"(\S+)\s+\S+\s+\S+ \{built-in method time.sleep\}", done.stdout)
    assert row
    assert 0.29 < float(row[1]) < 5
