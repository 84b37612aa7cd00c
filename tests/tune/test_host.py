# SPDX-License-Identifier: Apache-2.0
"""`hone run` is `python`: same output, traceback, exit status, names."""

from __future__ import annotations

import marshal
import subprocess
import sys
from pathlib import Path

import pytest

from hone.interpreter import boot_file

PROGRAMS = {
    "names": "import sys\nprint(__name__, __file__, __spec__ and __spec__.name, __package__, __doc__, sys.argv, sys.path[0], sorted(globals()))\n",
    "main_module": "import sys\nx = 1\nprint(sys.modules['__main__'].x)\n",
    "raises": "def f():\n    1 / 0\nf()\n",
    "chained": "try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    raise KeyError('k') from e\n",
    "exit_code": "import sys\nsys.exit(5)\n",
    "exit_text": "import sys\nsys.exit('bye')\n",
    "interrupted": "raise KeyboardInterrupt\n",
    "stack": "import inspect, traceback\ntraceback.print_stack()\nprint(len(inspect.stack()))\n",
    "depth": "import sys\ndef f(n):\n    try:\n        return f(n + 1)\n    except RecursionError:\n        return n\nprint(f(0), sys.getrecursionlimit())\n",
    "hook": "import sys\nsys.excepthook = lambda t, v, b: print(t, b.tb_frame.f_code.co_name)\nint('x')\n",
    "import_fails": "import broken\n",
    "import_syntax": "import wrong\n",
    "at_exit": "import atexit\natexit.register(print, 'bye')\nprint('hi')\n",
    "thread_left": "import threading\nmain = threading.main_thread()\nthreading.Thread(target=lambda: (main.join(), print('t'))).start()\nprint('m')\n",
    "future": "print(__annotations__ if '__annotations__' in globals() else None)\nx: int = 1\n",
}


def both(folder: Path, *words: str) -> list[tuple[int, bytes, bytes]]:
    """The program in plain Python, and hosted with nothing selected for compiling."""
    options = folder / "options"
    options.write_bytes(marshal.dumps({"select": [], "report": None}))
    hosted = [sys.executable, boot_file(), "compiled", str(options)]
    return [outcome([*command, *words], folder) for command in ([sys.executable], hosted)]


def outcome(command: list[str], folder: Path) -> tuple[int, bytes, bytes]:
    run = subprocess.run(
        command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, timeout=300, check=False
    )
    return run.returncode, run.stdout, run.stderr


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("how", ["script", "module"])
def test_same_as_plain(name: str, how: str, tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(PROGRAMS[name])
    (tmp_path / "broken.py").write_text("def g():\n    raise RuntimeError('broken')\ng()\n")
    (tmp_path / "wrong.py").write_text("x = (\n")
    words = ["program.py"] if how == "script" else ["-m", "program"]
    plain, hosted = both(tmp_path, *words, "a", "-b")
    assert hosted == plain


def test_plan_goes_stale(tmp_path: Path) -> None:
    from hone.tune import plan

    script = tmp_path / "program.py"
    script.write_text("def f(): pass\n")
    path = tmp_path / ".hone" / "program-plan.json"
    plan.write(str(path), [(str(script), "f", 1)], 2.0)
    assert plan.read(str(path)) == [(str(script), "f", 1)]
    script.write_text("def f(): return 1\n")
    with pytest.raises(plan.StalePlan, match=r"program\.py has changed"):
        plan.read(str(path))


STALE = [
    ('"schema": "hone-plan/2"', '"schema": "hone-plan/0"', "is of another version of hone"),
    ('"hone": "', '"hone": "9.', "was made with hone 9."),
    ('"Python": "', '"Python": "9.', "was made with Python 9."),
    ('"functions"', '"functionz"', "can't be read"),
    ("{", "", "can't be read"),
]


@pytest.mark.parametrize(("text", "instead", "sentence"), STALE, ids=[row[2] for row in STALE])
def test_a_plan_that_does_not_fit(text: str, instead: str, sentence: str, tmp_path: Path) -> None:
    """It is ignored with a sentence, and the program runs as it is."""
    from hone.tune import plan

    script = tmp_path / "program.py"
    script.write_text("def f(): pass\nprint('hi')\n")
    path = tmp_path / ".hone" / "program-plan.json"
    plan.write(str(path), [(str(script), "f", 1)], 2.0)
    path.write_text(path.read_text().replace(text, instead, 1))
    code, out, err = outcome([sys.executable, "-m", "hone", "run", "program.py"], tmp_path)
    assert (code, out) == (0, b"hi\n")
    assert sentence.encode() in err
    assert err.count(b"\n") == 1


def test_without_a_plan_it_runs_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text("print('hi')\n")
    run = subprocess.run(
        [sys.executable, "-m", "hone", "run", "program.py"],
        cwd=tmp_path,
        capture_output=True,
        timeout=600,
        check=False,
    )
    assert (run.returncode, run.stdout) == (0, b"hi\n")
    assert b"there is no plan yet" in run.stderr


def test_exits_takes_always_or_a_seed(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text("print('hi')\n")
    words = ["run", "--everything", "--exits", "sometimes", "program.py"]
    code, out, err = outcome([sys.executable, "-m", "hone", *words], tmp_path)
    assert (code, out) == (2, b"")
    assert err == b"hone: --exits takes always or a number, not 'sometimes'\n"


@pytest.mark.parametrize("words", [[], ["--help"], ["--version"]])
def test_without_a_command(words: list[str], tmp_path: Path) -> None:
    code, out, err = outcome([sys.executable, "-m", "hone", *words], tmp_path)
    assert (code, err) == (0 if words else 2, b"")
    assert out.startswith(b"hone 0." if words == ["--version"] else b"  hone tune script.py")


@pytest.mark.parametrize("exits", [[], ["--exits", "always"], ["--exits", "7"]])
def test_run_everything_changes_nothing(exits: list[str], tmp_path: Path) -> None:
    (tmp_path / "helper.py").write_text("def twice(x):\n    return x + x\n")
    (tmp_path / "program.py").write_text(
        "import helper\ndef total(n):\n    s = 0\n    for i in range(n):\n        s += helper.twice(i)\n"
        "    return s\nprint(total(3000), total(5))\n1 / 0\n"
    )
    hosted = [sys.executable, "-m", "hone", "run", "--everything", *exits, "program.py"]
    assert outcome(hosted, tmp_path) == outcome([sys.executable, "program.py"], tmp_path)


@pytest.mark.parametrize("words", [["program.py"], ["-m", "program"]])
def test_a_syntax_error_is_python_s_own_report(words: list[str], tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text("x = = 1\n")
    hosted = [sys.executable, "-m", "hone", "run", "--everything", *words]
    assert outcome(hosted, tmp_path) == outcome([sys.executable, *words], tmp_path)


def test_a_file_left_open_is_flushed_at_the_end(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(
        "def work(n):\n    s = 0\n    for i in range(n):\n        s += i\n    return s\n"
        "print(work(100))\nf = open('left', 'w')\nf.write('text')\n"
    )
    outcome([sys.executable, "-m", "hone", "run", "--everything", "program.py"], tmp_path)
    assert (tmp_path / "left").read_text() == "text"
