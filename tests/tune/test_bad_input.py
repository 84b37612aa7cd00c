# SPDX-License-Identifier: Apache-2.0
"""Programs hone can't tune: one clear sentence, the right exit code, nothing but one plain run's effects."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from hone.tune import seal
from tests.machine import until

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
    *words: str, folder: Path, data: bytes | None = None, seal_mode: str = ""
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "hone", *words],
        cwd=folder,
        env=os.environ | ({"HONE_SEAL": seal_mode} if seal_mode else {}),
        input=data or b"",
        capture_output=True,
        timeout=600,
        check=False,
    )


def tune(
    folder: Path,
    text: str | bytes,
    *options: str,
    data: bytes | None = None,
    budget: str = "0",
    seal_mode: str = "",
) -> tuple[subprocess.CompletedProcess[bytes], dict]:
    (folder / "program.py").write_bytes(text.encode() if isinstance(text, str) else text)
    run = hone(
        "tune",
        "--budget",
        budget,
        "--json",
        "report.json",
        *options,
        "program.py",
        folder=folder,
        data=data,
        seal_mode=seal_mode,
    )
    report = folder / "report.json"
    return run, json.loads(report.read_text()) if report.exists() else {}


CASES = [
    # name, program, exit code, a part of the sentence
    ("syntax", "def f(:\n", 3, b"line 1"),
    ("raises", "raise ValueError('no')\n", 3, b"exit code 1"),
    ("exits", "import sys; sys.exit(7)\n", 3, b"exit code 7"),
    ("killed", "import os; os.kill(os.getpid(), 9)\n", 3, b"killed by SIGKILL"),
    ("real_time_signal", "import os; os.kill(os.getpid(), 40)\n", 3, b"killed by signal 40"),
    ("crashes", "import os; os.kill(os.getpid(), 11)\n", 3, b"killed by SIGSEGV"),
    ("not_utf8", b"x = '\xff'\n", 3, b"nothing was run"),
    ("null_bytes", b"x = 1\0\n", 3, b"nothing was run"),
    ("recursion", "def f(n): return f(n + 1)\nf(0)\n", 3, b"exit code 1"),
    ("leaves_at_once", "import os; os._exit(5)\n", 3, b"exit code 5"),
    ("closed_stdout", "import sys; sys.stdout.close(); sys.exit(4)\n", 3, b"exit code 4"),
    ("short", "print('hi')\n", 5, b"too short to measure"),
    ("no_hot_spot", "import time; time.sleep(0.3)\n", 0, b"Don't bother"),
]


@pytest.mark.parametrize(
    ("name", "text", "code", "sentence"), CASES, ids=[case[0] for case in CASES]
)
def test_ends_in_a_sentence(
    name: str, text: str | bytes, code: int, sentence: bytes, tmp_path: Path
) -> None:
    run, _ = tune(tmp_path, text)
    assert run.returncode == code, run
    assert sentence in run.stdout + run.stderr
    assert b"hone/" not in run.stderr  # no traceback of hone's own
    assert not (tmp_path / ".hone").exists()


def test_missing_file(tmp_path: Path) -> None:
    run = hone("tune", "nowhere.py", folder=tmp_path)
    assert (run.returncode, run.stderr) == (2, b"hone: there is no file nowhere.py\n")


def test_a_folder(tmp_path: Path) -> None:
    run = hone("tune", ".", folder=tmp_path)
    assert (run.returncode, run.stderr) == (
        2,
        b"hone: . is a folder without __main__.py; give a script, or -m MODULE\n",
    )


@pytest.mark.parametrize("words", [["tune"], ["look"], ["explain"], ["run", "--everything"]])
def test_modules_of_the_user_s_are_not_taken_for_python_s(words: list[str], tmp_path: Path) -> None:
    for name in (
        "random",
        "tempfile",
        "subprocess",
        "threading",
        "statistics",
        "argparse",
        "difflib",
    ):
        (tmp_path / f"{name}.py").write_text("open('was_run', 'a').write(__name__)\n")
    (tmp_path / "program.py").write_text("def f(): pass\n" + WORK)
    place = ["program.py:f"] if words == ["explain"] else ["program.py"]
    run = hone(*words, *place, folder=tmp_path)
    assert run.returncode in MEASURED, run
    assert not (tmp_path / "was_run").exists()


def test_a_missing_module(tmp_path: Path) -> None:
    run = hone("tune", "-m", "no_such_module", folder=tmp_path)
    assert (run.returncode, run.stderr) == (2, b"hone: there is no module no_such_module\n")


# Programs that end well, in ways of their own: each goes the whole road.
UNUSUAL = {
    "changes_folder": "import os\nos.chdir('/')\nprint(work(1000))\n",
    "deletes_its_source": "import os\nos.unlink(__file__)\nprint(work(1000))\n",
    "closes_stdout": "import os\nprint(work(1000), flush=True)\nos.close(1)\n",
    "leaves_at_once": "import os\nprint(work(1000), flush=True)\nos._exit(0)\n",
    "becomes_another_program": "import os\nprint(work(1000), flush=True)\nos.execv('/bin/echo', ['echo', 'x'])\n",
    "deep_recursion": "import sys\nsys.setrecursionlimit(6000)\n"
    "def depth(n):\n    return 0 if n == 0 else 1 + depth(n - 1)\nprint(depth(5000))\n",
    "catches_recursion": "def depth(n):\n    try:\n        return depth(n + 1)\n"
    "    except RecursionError:\n        return n\nprint(depth(0) > 100)\n",
    "consumes_its_input": "import os\nprint(open('input').read())\nos.unlink('input')\nos.mkdir('made')\n",
}


@pytest.mark.parametrize("name", UNUSUAL)
def test_unusual_ends(name: str, tmp_path: Path) -> None:
    (tmp_path / "input").write_text("text")
    run, report = tune(tmp_path, WORK + UNUSUAL[name])
    assert run.returncode in MEASURED, run
    assert report["functions"][0]["name"] == "work"
    assert report["verdict"] not in ("not repeatable", "not measured"), report
    assert b"Traceback" not in run.stderr, run


def test_arguments_and_modules(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(WORK + "import sys\nprint(sys.argv[1:], __name__)\n")
    for words in (["program.py"], ["--", "program.py"], ["-m", "program"]):
        run = hone("tune", "--budget", "0", *words, "--budget", "x y", folder=tmp_path)
        assert run.returncode in MEASURED, run
        assert run.stdout.startswith(b"['--budget', 'x y'] __main__\n")


def test_a_plan_that_can_not_be_written(tmp_path: Path) -> None:
    (tmp_path / ".hone").write_text("a file in its place")
    run, report = tune(tmp_path, WORK + "print(work(1000))\n")
    assert run.returncode in MEASURED, run
    assert report["plan"] is None
    if report["verdict"] == "faster":
        assert b"the plan could not be written" in run.stdout
    assert (tmp_path / ".hone").read_text() == "a file in its place"


def test_a_report_that_can_not_be_written(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text("print('hi')\n")
    run = hone("tune", "--json", "no/such/folder", "program.py", folder=tmp_path)
    assert run.returncode == 2
    assert b"no/such/folder can't be written" in run.stderr


ENDLESS = WORK + "print('open', flush=True)\nimport time\ntime.sleep(0.3 if {once} else 1000)\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("where", ["open", "sealed"])
def test_interrupted(where: str, number: int, tmp_path: Path) -> None:
    """Children die, the scratch folder goes, the exit code says so."""
    if where == "sealed" and (why := seal.why_not()):
        pytest.skip(f"runs can't be sealed here: {why}")
    # Under seal the program is process 2 and waits for ever.
    once = "os.getpid() != 2" if where == "sealed" else "False"
    text = "import os\n" + ENDLESS.format(once=once)
    (tmp_path / "program.py").write_text(text)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    process = subprocess.Popen(
        [sys.executable, "-m", "hone", "tune", "program.py"],
        cwd=tmp_path,
        env=os.environ | {"TMPDIR": str(scratch)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"open\n"
    if where == "sealed":
        until(lambda: "hone-seal" in children(process.pid))
    if number == signal.SIGINT:
        os.killpg(process.pid, number)  # as a terminal does
    else:
        os.kill(process.pid, number)
    process.communicate(timeout=600)
    assert process.returncode == 128 + number
    assert list(scratch.iterdir()) == []
    until(lambda: not group_lives(process.pid))


def children(process: int) -> set[str]:
    """The names of the programs that it has started and that still run."""
    found = set()
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            name, _, rest = path.read_text().partition("(")[2].rpartition(")")
            if int(rest.split()[1]) == process:
                found.add(name)
    return found


def group_lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_prepare_and_cleanup_run_inside_the_seal(tmp_path: Path) -> None:
    # In the open the user's own server answers; under seal --prepare starts one.
    (tmp_path / "server.py").write_text(
        "import socket, sys\ns = socket.create_server(('127.0.0.1', int(sys.argv[1])))\n"
        "print(s.getsockname()[1], flush=True)\nwhile True: s.accept()[0].sendall(b'hello')\n"
    )
    server = subprocess.Popen(
        [sys.executable, "server.py", "0"], cwd=tmp_path, stdout=subprocess.PIPE
    )
    assert server.stdout is not None
    port = int(server.stdout.readline())
    program = (
        WORK + f"import socket\nprint(socket.create_connection(('127.0.0.1', {port})).recv(9))\n"
    )
    start = f"{sys.executable} server.py {port} > ready & while ! [ -s ready ]; do sleep 0.01; done"
    try:
        run, report = tune(tmp_path, program)
        assert report["verdict"] == "not repeatable"
        assert b"--prepare CMD" in run.stdout
        run, report = tune(tmp_path, program, "--prepare", start, "--cleanup", "touch cleaned")
        assert run.returncode in MEASURED, run
        run, report = tune(tmp_path, program, "--allow-repeat")
        assert run.returncode in MEASURED, run
        assert any("--allow-repeat" in note for note in report["notes"])
    finally:
        server.kill()
        server.communicate()
    assert not (tmp_path / "ready").exists()
    assert not (tmp_path / "cleaned").exists()


def test_a_prepare_command_that_fails(tmp_path: Path) -> None:
    run, _ = tune(tmp_path, WORK, "--prepare", "exit 7")
    assert run.returncode == 5
    assert b"the command of --prepare: it ended with 7" in run.stdout


def test_without_namespaces(tmp_path: Path) -> None:
    """Landlock and a system-call filter instead: nothing can be changed, so what tries is not measured."""
    if seal.why_not(seal.CLOSED):
        pytest.skip(f"Landlock is not to be had here: {seal.why_not(seal.CLOSED)}")
    (tmp_path / "kept").write_text("kept")
    run, report = tune(tmp_path, WORK + "print(work(1000))\n", seal_mode=seal.CLOSED)
    assert run.returncode in MEASURED, run
    assert any("kept from changing anything" in note for note in report["notes"])
    run, report = tune(tmp_path, WORK + "open('log', 'a').write('x')\n", seal_mode=seal.CLOSED)
    assert report["verdict"] == "not repeatable"
    assert b"PermissionError" in run.stdout
    assert (tmp_path / "log").read_text() == "x"


@pytest.mark.parametrize(
    "words", ["--timeout -1", "--timeout nan", "--timeout 0", "--timeout x", "--budget -5"]
)
def test_seconds_are_checked_before_anything_runs(words: str, tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text("print('hi')\n")
    run = hone("tune", *words.split(), "program.py", folder=tmp_path)
    assert (run.returncode, run.stdout) == (2, b""), run
    option, value = words.split()
    assert f"argument {option}: {value} is not a number of seconds".encode() in run.stderr


def test_typed_input_can_not_be_given_again(tmp_path: Path) -> None:
    import pty

    (tmp_path / "program.py").write_text(WORK + "print(input('name? '))\n")
    command = [sys.executable, "-m", "hone", "tune", "--budget", "0", "program.py"]
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(tmp_path)
        os.execv(command[0], command)
    os.write(terminal, b"Ann\n")
    out = b""
    try:
        while piece := os.read(terminal, 4096):
            out += piece
    except OSError:
        pass  # the other side of a terminal was closed
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert (status, out.count(b"name? Ann")) in ((5, 1), (5, 0)), out
    assert b"EOFError" in out
    assert b"give that by a file or a pipe" in out


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
