# SPDX-License-Identifier: Apache-2.0
"""Programs that end past atexit: hone's account of the run survives, or its absence is explained."""

from __future__ import annotations

import marshal
import subprocess
import sys
from pathlib import Path

import pytest

from hone import _core
from hone.interpreter import boot_file
from tests.tune.test_bad_input import WORK, tune

WORKS = """\
import os, sys
def work(n):
    total = 0
    for i in range(n):
        total = (total * 31 + i) % 1000003
    return total
for _ in range(200):
    work(100)
"""
LOOKS = "print(os._exit, os.execv.__doc__, os.abort.__text_signature__, os._exit.__self__, flush=True)\n"
ENDINGS = {
    "exit": "os._exit(3)\n",
    "exit_by_keyword": "os._exit(status=3)\n",
    "exec": "os.execv('/bin/echo', ['echo', 'done'])\n",
    "exec_with_environment": "os.execve('/bin/echo', ['echo', 'done'], env={})\n",
    "exec_on_the_path": "os.environ['PATH'] = '/nowhere:/bin'\nos.execvp('echo', ['echo', 'done'])\n",
    "exec_that_fails": "try:\n    os.execv('/nowhere', ['x'])\nexcept OSError as error:\n    print(error)\n",
    "wrong_arguments": "try:\n    os._exit('x')\nexcept TypeError as error:\n    print(error)\n",
    "abort": "os.abort()\n",
    "child": "child = os.fork()\nif child == 0:\n    os._exit(4)\nprint(os.waitpid(child, 0)[1])\nos._exit(0)\n",
    "thread": "import threading\nthreading.Thread(target=os._exit, args=(5,)).start()\n"
    "import time\ntime.sleep(60)\n",
}


def ran(command: list[str], folder: Path) -> tuple[int, bytes, bytes]:
    run = subprocess.run(
        command,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=600,
        check=False,
    )
    return run.returncode, run.stdout, run.stderr


@pytest.mark.parametrize("name", ENDINGS)
def test_the_report_survives(name: str, tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(WORKS + LOOKS + ENDINGS[name])
    options, report = tmp_path / "options", tmp_path / "report"
    options.write_bytes(marshal.dumps({"select": None, "report": str(report)}))
    hosted = [sys.executable, boot_file(), "compiled", str(options), "program.py"]
    assert ran(hosted, tmp_path) == ran([sys.executable, "program.py"], tmp_path)
    rows, missing, _, taken = marshal.loads(report.read_bytes())
    assert missing is None
    assert taken > 0
    assert [row["state"] for row in rows if row["qualname"] == "work"] == ["compiled"]


def test_before_exit_must_be_callable() -> None:
    with pytest.raises(TypeError, match="callable"):
        _core.before_exit(3)  # type: ignore[arg-type]


def test_what_it_raises_is_dropped(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(
        "import os\nfrom hone import _core\n_core.before_exit(lambda: 1 / 0)\nos._exit(6)\n"
    )
    assert ran([sys.executable, "program.py"], tmp_path) == (6, b"", b"")


def test_a_c_function_ends_the_process(tmp_path: Path) -> None:
    run, report = tune(tmp_path, WORK + "import ctypes\nctypes.CDLL(None)._exit(0)\n")
    assert (run.returncode, report["verdict"]) == (5, "not measured"), run
    assert b"past the interpreter" in run.stdout


# Only the tuned run has the compiler's module.
TUNED = "import os, sys\nif 'hone._jit' in sys.modules:\n    "


def test_a_tuned_run_that_is_killed_is_not_equal(tmp_path: Path) -> None:
    run, report = tune(tmp_path, WORK + TUNED + "os.kill(os.getpid(), 9)\n")
    assert (run.returncode, report["verdict"]) == (4, "not equal"), run
    assert report["differences"][0] == "killed by SIGKILL instead of exit code 0"
    assert report["functions"][0]["state"] == "unknown"


def test_a_tuned_run_without_a_report_is_not_called_uncompiled(tmp_path: Path) -> None:
    run, report = tune(tmp_path, WORK + TUNED + "import ctypes; ctypes.CDLL(None)._exit(0)\n")
    assert (run.returncode, report["verdict"]) == (5, "not measured"), run
    assert b"left no report of what was compiled" in run.stdout
