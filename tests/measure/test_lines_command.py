# SPDX-License-Identifier: Apache-2.0
"""`hone lines` and its doors: kernprof's flags, what is written and when, bad input."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from hone.line_profiler import LineProfiler, load_stats
from tests.command import write
from tests.machine import until

SCRIPT = """\
import os, sys
@profile
def work(n):
    total = 0
    for i in range(n):
        total += i
    return total
print(work(10), sys.argv[1:], __name__)
"""


def call(*words: str, cwd: Path, env: dict[str, str] | None = None, text: str = "") -> Any:
    return subprocess.run(
        [sys.executable, "-m", *words],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        input=text,
        env=os.environ | (env or {}),
        timeout=600,
    )


def hits(file: Path) -> dict[str, dict[int, int]]:
    found = load_stats(file).timings
    return {key[2]: {line: count for line, count, _ in rows} for key, rows in found.items()}


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "s.py"
    path.write_text(SCRIPT)
    return path


WORK = {"work": {4: 1, 5: 11, 6: 10, 7: 1}}


@pytest.mark.smoke
def test_a_script(script: Path) -> None:
    done = call("hone", "lines", "s.py", "a", "-v", cwd=script.parent)
    lines = done.stdout.splitlines()
    assert lines[0] == "45 ['a', '-v'] __main__"
    assert lines[1:3] == ["Wrote profile results to 's.py.lprof'", "Inspect results with:"]
    assert lines[3].endswith(" -m hone.line_profiler -rmt s.py.lprof")
    assert "times slower (measured; they are taken off the times)" in done.stderr
    assert done.returncode == 0
    assert hits(script.parent / "s.py.lprof") == WORK


def test_the_result_is_shown(script: Path) -> None:
    for words in (("hone", "lines", "-v"), ("hone.kernprof", "-lvb"), ("hone", "lines", "--view")):
        done = call(*words, "-o", "x.lprof", "s.py", cwd=script.parent)
        assert "Timer unit: 1e-06 s\n\nTotal time: " in done.stdout
        assert "Function: work at line 2\n\nLine #      Hits  " in done.stdout
    shown = call("hone", "lines", "-u", "1e-3", "x.lprof", cwd=script.parent).stdout
    assert shown.startswith("Timer unit: 0.001 s\n")
    (script.parent / "x.lprof").rename(script.parent / "under another name")
    again = call("hone", "lines", "-u", "1e-3", "under another name", cwd=script.parent)
    assert (again.returncode, again.stdout) == (0, shown)
    (script.parent / "under another name").rename(script.parent / "x.lprof")
    shown = call("hone.line_profiler", "-mz", "x.lprof", "x.lprof", cwd=script.parent).stdout
    assert "     6        20 " in shown
    assert " seconds - " in shown.splitlines()[-1]


@pytest.mark.parametrize(
    ("end", "code"),
    [
        ("sys.exit(7)", 7),
        ("raise KeyError('x')", 1),
        ("os._exit(3)", 3),
        ("os.execv(sys.executable, [sys.executable, '-c', 'print(5)'])", 0),
        ("os.abort()", -signal.SIGABRT),
        ("os.waitpid(os.fork(), 0); sys.exit(2)", 2),
        *(
            (f"import time; os.kill(os.getpid(), {number:d}); time.sleep(30)", -number)
            for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGALRM, signal.SIGUSR1)
        ),
        (
            "import signal\nif (child := os.fork()) == 0:\n    os.kill(os.getpid(), signal.SIGTERM)\n"
            "assert os.waitpid(child, 0)[1] == 15; os.kill(os.getpid(), 15)",
            -signal.SIGTERM,
        ),
        (
            "if os.fork() == 0:\n    work(20); os.execv('/bin/true', ['true'])\n"
            "assert os.wait()[1] == 0; sys.exit(4)",
            4,
        ),
    ],
)
def test_however_it_ends_the_lines_are_written(script: Path, end: str, code: int) -> None:
    script.write_text(f"{SCRIPT}{end}\n")
    done = call("hone", "lines", "s.py", cwd=script.parent)
    assert done.returncode == code
    assert done.stdout.count("Wrote profile results") == 1
    assert hits(script.parent / "s.py.lprof") == WORK
    if end.startswith("raise"):
        assert f'File "{script}", line 9, in <module>' in done.stderr
        assert "hone/" not in done.stderr  # no frame of ours


@pytest.mark.parametrize("option", ["-o", "--record"])
def test_a_full_disk_is_said(script: Path, option: str) -> None:
    done = call("hone", "lines", option, "/dev/full", "s.py", cwd=script.parent)
    assert (done.returncode, "Wrote profile" in done.stdout) == (1, option == "--record")
    assert "hone: /dev/full can't be written: No space left on device; the profile" in done.stderr
    script.write_text("import sys; sys.exit(5)")
    assert call("hone", "lines", option, "/dev/full", "s.py", cwd=script.parent).returncode == 5


def test_a_program_that_has_no_descriptors_left(script: Path) -> None:
    script.write_text(
        f"{SCRIPT}import resource\nresource.setrlimit(resource.RLIMIT_NOFILE, (60, 60))\n"
        "kept = []\nwhile True:\n    kept.append(open('/dev/null'))\n"
    )
    done = call("hone", "lines", "--record", "seen.hone", "s.py", cwd=script.parent)
    assert done.returncode == 1 and "Too many open files: '/dev/null'" in done.stderr
    assert hits(script.parent / "s.py.lprof") == WORK
    assert (script.parent / "seen.hone").stat().st_size > 0


def test_main_is_the_program(tmp_path: Path) -> None:
    (tmp_path / "s.py").write_text(
        "import pickle, sys\nclass A: pass\npickle.loads(pickle.dumps(A()))\n"
        "print(sys.path[0], __file__, sys.modules['__main__'].A is A)\n"
    )
    done = call("hone", "lines", "-qq", "s.py", cwd=tmp_path)
    assert (done.stdout, done.returncode) == ("", 0)
    done = call("hone", "lines", "-q", "s.py", cwd=tmp_path)
    assert done.stdout == f"{tmp_path} {tmp_path}/s.py True\n"


def test_modules_code_and_standard_input(tmp_path: Path) -> None:
    (tmp_path / "mod.py").write_text(SCRIPT)
    done = call("hone", "lines", "-m", "mod", "x", cwd=tmp_path)
    assert done.stdout.startswith("45 ['x'] __main__\n")
    assert hits(tmp_path / "mod.lprof") == WORK
    for words, text in ((("-c", SCRIPT, "y"), ""), (("-", "y"), SCRIPT)):
        done = call("hone", "lines", "-v", *words, cwd=tmp_path, text=text)
        assert done.stdout.startswith("45 ['y'] __main__\n")
        assert "total += i" in done.stdout  # while its text is there


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-i", "abc", "s.py"], "abc is no value for -i"),
        (["--output-interval", "abc", "s.py"], "abc is no value for --output-interval"),
        (["-i", "1.5", "s.py"], "1.5 is no value for -i"),
        (["-i=abc", "s.py"], "abc is no value for -i"),
    ],
)
def test_an_interval_is_a_number(script: Path, words: list[str], said: str) -> None:
    done = call("hone.kernprof", "-l", *words, cwd=script.parent)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr


@pytest.mark.parametrize("words", [["-i", "s.py"], ["-i", "-1", "s.py"], ["-i", "-m", "s"]])
def test_an_interval_may_be_left_out(script: Path, words: list[str]) -> None:
    done = call("hone.kernprof", "-l", "-o", "x", *words, cwd=script.parent)
    assert (done.returncode, hits(script.parent / "x")) == (0, WORK), done.stderr


@pytest.mark.parametrize(
    ("chosen", "unmet"),
    [
        ("nosuchmod", "nosuchmod"),
        ("nosuch.py,s.py", "nosuch.py"),
        ("os.nosuch,smtplib", "os.nosuch,smtplib"),
        ("s.py", ""),
        ("s.py,os.fsencode", ""),
        ("os", ""),
    ],
)
def test_what_p_names_in_vain_is_said(script: Path, chosen: str, unmet: str) -> None:
    done = call("hone", "lines", "-p", chosen, "s.py", cwd=script.parent)
    assert done.returncode == 0
    said = f"hone: -p {unmet}: the program has loaded nothing of that name\n"
    assert (said in done.stderr) == bool(unmet), done.stderr
    assert bool(unmet) or " -p " not in done.stderr


@pytest.mark.parametrize(
    ("options", "program", "said"),
    [
        ((), "def f(): pass\n", True),
        ((), "@profile\ndef f(): pass\n", False),
        (("-p", "program.py"), "def f(): pass\n", False),
        (("-p", "program.py"), "x = 1\n", True),
        (("-q",), "def f(): pass\n", False),
    ],
)
def test_that_nothing_was_chosen_is_said(
    tmp_path: Path, options: tuple[str, ...], program: str, said: bool
) -> None:
    done = call("hone", "lines", *options, write(tmp_path, program).name, cwd=tmp_path)
    assert done.returncode == 0
    assert ("no function was chosen" in done.stderr) == said, done.stderr


PACKAGE = {
    "pack/__init__.py": "def top():\n    return 1\n",
    "pack/sub.py": "def f():\n    return [g(i) for i in range(3)]\ndef g(x):\n    return x\n"
    "class C:\n    def m(self):\n        return f()\n",
    "s.py": "import pack\nfrom pack.sub import C\n"
    "def own():\n    def inner():\n        return 2\n    return inner() + pack.top()\n"
    "own(); C().m()\n",
}


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        (["-p", "s.py"], {"own", "own.<locals>.inner"}),
        (["-p", "pack"], {"top", "f", "g", "C.m"}),
        (["-p", "pack.__init__"], {"top"}),
        (["-p", "pack.sub.C,pack.sub.g"], {"C.m", "g"}),
        (["-p", "pack/sub.py"], {"f", "g", "C.m"}),
        (["-p", "pack", "-p", "", "-p", "pack.top"], {"top"}),
        (["-p", "s.py", "--prof-imports"], {"own", "own.<locals>.inner", "top", "f", "g", "C.m"}),
        (["-p", "s.py", "--prof-imports=no"], {"own", "own.<locals>.inner"}),
        (["--prof-mod", "json.dumps"], set()),
    ],
)
def test_chosen_by_name(tmp_path: Path, chosen: list[str], expected: set[str]) -> None:
    for name, text in PACKAGE.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    done = call("hone", "lines", *chosen, "s.py", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert {name for name, lines in hits(tmp_path / "s.py.lprof").items() if lines} == expected


def test_setup_defaults_and_switches(script: Path) -> None:
    (script.parent / "setup.py").write_text("import builtins\nbuiltins.ready = 5\n")
    script.write_text("print(ready)\n" + SCRIPT)
    (script.parent / "pyproject.toml").write_text(
        "[tool.line_profiler.kernprof]\noutfile = 'given.lprof'\nverbose = 1\n"
    )
    done = call("hone", "lines", "-s", "setup.py", "s.py", cwd=script.parent)
    assert done.stdout.startswith("5\n45 ")
    assert "Total time" in done.stdout
    assert (script.parent / "given.lprof").exists()
    done = call("hone", "lines", "--no-config", "-s", "setup.py", "s.py", cwd=script.parent)
    assert "Total time" not in done.stdout
    done = call("hone", "lines", "--config", "nope.toml", "s.py", cwd=script.parent)
    assert done.returncode == 2
    assert "nope.toml: No such file or directory" in done.stderr


@contextmanager
def running(script: Path, end: str) -> Iterator[subprocess.Popen[str]]:
    """The script under `hone lines -i 1`, when `work` has run; before, hone has tried whether the file can be
    written, and taken it away again."""
    script.write_text(f"{SCRIPT}sys.stdout.flush()\n{end}\n")
    process = subprocess.Popen(
        [sys.executable, "-m", "hone", "lines", "-q", "-i", "1", script.name],
        cwd=script.parent,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            assert process.stdout is not None and process.stdout.readline()
            yield process
        finally:
            process.kill()


def test_files_while_it_runs(script: Path) -> None:
    file = script.parent / "s.py.lprof"
    with running(script, "import time; time.sleep(600)"):
        until(lambda: file.exists() and hits(file) == WORK)
    assert hits(file) == WORK


def test_what_is_written_meanwhile_is_whole(script: Path) -> None:
    file = script.parent / "s.py.lprof"
    seen = set()

    def other_files() -> bool:
        """Each is another one, in the place of the one before."""
        if file.exists():
            seen.add(file.stat().st_ino)
            hits(file)
        return len(seen) > 1

    with running(script, "sys.stdin.readline()") as process:
        until(other_files)
        process.communicate("\n", timeout=600)
        assert process.returncode == 0
    assert hits(file) == WORK
    assert {each.name for each in script.parent.iterdir()} == {"s.py", "s.py.lprof"}


def test_the_switch(tmp_path: Path) -> None:
    (tmp_path / "s.py").write_text(
        "from hone.line_profiler import profile\n@profile\ndef f():\n    return 1\nf()\n"
    )
    plain = subprocess.run([sys.executable, "s.py"], cwd=tmp_path, check=True, capture_output=True)
    assert plain.stdout == b""
    assert {each.name for each in tmp_path.iterdir()} == {"s.py"}
    for words, env in (([], {"LINE_PROFILE": "1"}), (["--line-profile"], {})):
        done = subprocess.run(
            [sys.executable, "s.py", *words],
            cwd=tmp_path,
            check=True,
            capture_output=True,
            text=True,
            env=os.environ | env,
        )
        assert "Wrote profile results to profile_output.lprof" in done.stdout
        assert hits(tmp_path / "profile_output.lprof") == {"f": {4: 1}}
        assert "Line Contents" in (tmp_path / "profile_output.txt").read_text()
    assert len(list(tmp_path.glob("profile_output_*T*.txt"))) >= 1


def test_scripts_that_import_line_profiler_get_ours(tmp_path: Path) -> None:
    (tmp_path / "s.py").write_text(
        "from line_profiler import profile\n@profile\ndef f():\n    return 1\nf()\n"
    )
    assert call("hone", "lines", "s.py", cwd=tmp_path).returncode == 0
    assert hits(tmp_path / "s.py.lprof") == {"f": {4: 1}}


def test_kernprof_without_lines(script: Path) -> None:
    done = call("hone.kernprof", "-b", "s.py", cwd=script.parent)
    assert "Wrote profile results to 's.py.prof'" in done.stdout
    import pstats

    assert any(key[2] == "work" for key in pstats.Stats(str(script.parent / "s.py.prof")).stats)  # type: ignore[attr-defined]


def test_the_whole_program_is_profiled_without_builtin(tmp_path: Path) -> None:
    """Also what runs after a decorated function has returned."""
    import pstats

    (tmp_path / "s.py").write_text(
        "from line_profiler import profile\n@profile\ndef chosen(): pass\ndef later(): pass\n"
        "chosen()\nlater()\n"
    )
    call("hone.kernprof", "s.py", cwd=tmp_path)
    names = {key[2] for key in pstats.Stats(str(tmp_path / "s.py.prof")).stats}  # type: ignore[attr-defined]
    assert {"chosen", "later"} <= names


def test_a_recording(script: Path) -> None:
    assert call("hone", "lines", "--record", "r.hone", "s.py", cwd=script.parent).returncode == 0
    shown = call(
        "hone", "report", "r.hone", "--format", "lprof", "-o", "r.lprof", cwd=script.parent
    )
    assert shown.returncode == 0, shown.stderr
    assert hits(script.parent / "r.lprof") == WORK


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["nope.py"], "Could not find script 'nope.py'"),
        (["-m", "nope_at_all"], "Could not find module `nope_at_all`"),
        (["-m"], "argument expected for the -m option"),
        ([], "give a script"),
        (["-o", "/nope/x.lprof", "s.py"], "/nope/x.lprof can't be written: No such file"),
        (["--wat", "s.py"], "there is no option --wat"),
        (["-u", "0", "s.py"], "0 is no value for -u"),
        (["--rich=perhaps", "s.py"], "--rich is yes or no, not perhaps"),
        (["-o"], "-o needs a value"),
        (["nope.lprof"], "nope.lprof can't be read: No such file"),
        (["s.lprof"], "s.lprof is"),
    ],
)
def test_bad_input(script: Path, words: list[str], text: str) -> None:
    (script.parent / "s.lprof").write_bytes(b"\x80\x05garbage")
    done = call("hone", "lines", *words, cwd=script.parent)
    assert done.returncode in (1, 2)
    assert text in done.stderr
    assert "45" not in done.stdout  # nothing was run
    assert "Traceback" not in done.stderr


def test_modules_of_line_profiler_within_a_program(script: Path) -> None:
    script.write_text(
        "import line_profiler.line_profiler, line_profiler as package\n"
        "from line_profiler.explicit_profiler import profile\n"
        "from line_profiler.line_profiler import LineProfiler, show_func\n"
        "assert LineProfiler is package.LineProfiler is package.line_profiler.LineProfiler\n"
        "@profile\ndef f():\n    return 1\nf()\n"
    )
    done = call("hone", "lines", "-q", "s.py", cwd=script.parent)
    assert done.returncode == 0, done.stderr
    assert hits(script.parent / "s.py.lprof") == {"f": {7: 1}}


ANNOTATED = """\
import typing
y: int = 3
class C:
    x: int
    def f(self) -> int:
        return 1
class Own:
    def __annotate__(self, of):
        return of
def g(a: int) -> str: return a
C().f(), g(1), Own().__annotate__(1)
for each in (C, g):
    typing.get_type_hints(each)
"""


def test_functions_that_the_compiler_adds_are_not_chosen(tmp_path: Path) -> None:
    program = write(tmp_path, ANNOTATED)
    done = call("hone", "lines", "-q", "-p", "program.py", "program.py", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert set(hits(tmp_path / "program.py.lprof")) == {"C.f", "g", "Own.__annotate__"}
    made = ModuleType("made")
    exec(compile(program.read_text(), str(program), "exec"), vars(made))
    for whole in (made, made.C):
        profiler = LineProfiler()
        profiler.add_imported_function_or_module(whole, wrap=True)
        made.C.__annotations__, made.C().f()
        names = {key[2] for key in profiler.get_stats().timings}
        profiler.disable_by_count()
        assert names - {"g", "Own.__annotate__"} == {"C.f"}


def test_the_magic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.utils.capture import capture_output

    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    InteractiveShell.clear_instance()
    shell: Any = InteractiveShell.instance()
    try:
        shell.run_line_magic("load_ext", "hone")
        shell.run_cell("def f(n):\n    return n + 1\n")
        with capture_output() as shown:
            profiler = shell.run_line_magic(
                "hone_lines", f"-r -f f -D {tmp_path}/x.lprof -T {tmp_path}/x.txt f(3)"
            )
        assert profiler.get_stats() == load_stats(tmp_path / "x.lprof")
        assert hits(tmp_path / "x.lprof") == {"f": {2: 1}}
        assert "pickled to file" in shown.stdout
        assert "Timer unit: 1e-09 s" in (tmp_path / "x.txt").read_text()
        for line, text in (
            ("-f nope f(1)", "'nope' is no function"),
            ("-u x f(1)", "must be a float"),
            ("f(1)", "UsageError: %hone_lines: say which functions to watch, with -f FUNCTION"),
            ("-k f(1)", "UsageError: option -k not recognized"),
        ):
            with capture_output() as shown:
                assert not shell.run_cell(f"%hone_lines {line}").success
            assert text in shown.stdout + shown.stderr
        cell = "def g(n):\n    return n\n\nfor i in range(3):\n    g(i)\ndone = g(7)\n"
        profiler = shell.run_cell_magic("hone_lines", f"-r -T {tmp_path}/x.txt", cell)
        assert shell.user_ns["done"] == 7
        found = {
            key[2]: [row[:2] for row in rows] for key, rows in profiler.get_stats().timings.items()
        }
        assert found["g"] == [(2, 4)]
        assert (6, 1) in found["<module>"]
        assert "done = g(7)" in (tmp_path / "x.txt").read_text()
        profiler = shell.run_cell_magic("hone_lines", "-r -f f", "f(1)\nf(2)\n")
        timings = profiler.get_stats().timings
        assert [rows[0][:2] for rows in timings.values()] == [(2, 2)]
    finally:
        shell.history_manager.end_session()
        InteractiveShell.clear_instance()
