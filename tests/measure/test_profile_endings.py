# SPDX-License-Identifier: Apache-2.0
"""`hone profile` of programs that end in every way but a crash: what was recorded is written, and they
see nothing of what watches for it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.measure.test_profile_command import called, counts, hone, run


@pytest.fixture
def script(tmp_path: Path) -> Path:
    return tmp_path / "plain.py"


ENDINGS = {
    "os._exit": ("os._exit(5)", 5),
    "os.exec": ("os.execv('/bin/sh', ['sh', '-c', 'exit 6'])", 6),
    "os.abort": ("os.abort()", -signal.SIGABRT),
    "SIGTERM": ("os.kill(os.getpid(), signal.SIGTERM); time.sleep(30)", -signal.SIGTERM),
    "SIGHUP": ("os.kill(os.getpid(), signal.SIGHUP); time.sleep(30)", -signal.SIGHUP),
    "SIGALRM": ("signal.setitimer(signal.ITIMER_REAL, 0.01); time.sleep(30)", -signal.SIGALRM),
    "SIGPROF": ("signal.setitimer(signal.ITIMER_PROF, 0.01)\nwhile True: pass", -signal.SIGPROF),
    "default": (
        "signal.signal(15, print); signal.signal(15, signal.SIG_DFL)\n"
        "os.kill(os.getpid(), 15); time.sleep(30)",
        -signal.SIGTERM,
    ),
    "Ctrl-C by default": (
        "signal.signal(2, signal.SIG_DFL); os.kill(os.getpid(), 2); time.sleep(30)",
        -signal.SIGINT,
    ),
    "Ctrl-C": ("os.kill(os.getpid(), signal.SIGINT); time.sleep(30)", -signal.SIGINT),
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_no_ending_loses_what_was_recorded(ending: str, script: Path) -> None:
    code, status = ENDINGS[ending]
    script.write_text(f"import os, signal, time\ndef f(): pass\nf(); f()\n{code}\n")
    done = hone("-o", "out", script.name, folder=script.parent)
    assert (done.returncode, called(script.parent / "out")) == (status, 2), done.stderr


LOOKS_AT_SIGNALS = """\
import os, signal
def seen():
    return {number: signal.getsignal(number) for number in signal.valid_signals()}
print(seen())
print(signal.signal(15, print), signal.signal(15, signal.SIG_IGN), signal.getsignal(15))
print(signal.signal(15, signal.SIG_DFL), signal.getsignal(15), signal.signal(15, signal.SIG_DFL))
for wrong in (0, 15.0), (15, None), (1000, signal.SIG_DFL), (15,):
    try:
        print(signal.signal(*wrong))
    except Exception as error:
        print(repr(error))
if os.fork() == 0:
    print(seen(), flush=True)
    os.kill(os.getpid(), 15)
print(os.wait()[1])
"""


def test_a_program_sees_its_own_signal_handlers(script: Path) -> None:
    script.write_text(LOOKS_AT_SIGNALS)
    plain = run("-u", script.name, folder=script.parent)
    done = hone(
        "-o", "out", script.name, folder=script.parent, env={**os.environ, "PYTHONUNBUFFERED": "1"}
    )
    assert (done.stdout, done.returncode) == (plain.stdout, 0), done.stderr
    ignored = ["sh", "-c", f"trap '' TERM; exec {sys.executable} \"$@\"", "sh"]
    words = ["-c", "import signal; print(signal.getsignal(15))"]
    script.write_text(words[1])
    for more in (words, ["-m", "hone", "profile", "-q", "-o", "out", script.name]):
        found = subprocess.run(
            [*ignored, *more], cwd=script.parent, capture_output=True, text=True, check=True
        )
        assert found.stdout == "1\n" or "SIG_IGN" in found.stdout


USES_UP = """\
import errno, os, resource, sys
def f(): pass
resource.setrlimit(resource.RLIMIT_NOFILE, (60, 60))
f(); f()
opened = []
try:
    while True:
        opened.append(open("/dev/null"))
except OSError as error:
    assert error.errno == errno.EMFILE
import atexit
@atexit.register  # all files are still there
def _():
    os.write(1, f"{[file.fileno() and os.fstat(file.fileno()) for file in opened]}".encode())
"""


@pytest.mark.parametrize("words", [["-o", "out"], ["--record", "out"], []])
@pytest.mark.parametrize("ending", ["pass", "os._exit(3)"])
def test_a_program_that_has_no_descriptors_left(
    words: list[str], ending: str, script: Path
) -> None:
    script.write_text(f"{USES_UP}{ending}\n")
    plain = run(script.name, folder=script.parent)
    done = hone(*words, script.name, folder=script.parent)
    assert done.returncode == plain.returncode, done.stderr
    assert done.stdout.endswith(plain.stdout)
    assert "Traceback" not in done.stderr
    if not words:
        assert "plain.py:2(f)" in done.stdout
    elif words[0] == "-o":
        assert called(script.parent / "out") == 2
    else:
        shown = run("-m", "hone", "report", "-l", 1000, "out", folder=script.parent)
        assert "plain.py:2" in shown.stdout


SHUT = {
    "closed": "sys.stdout.close()",
    "none": "sys.stdout = None",
    "descriptors": "os.close(1)",
    "all": "os.closerange(0, 1000)",
    "replaced": "sys.stdout = sys.stderr = object()",
}


@pytest.mark.parametrize("shut", SHUT)
def test_a_program_that_shuts_its_output_keeps_its_status(shut: str, script: Path) -> None:
    script.write_text(f"import os, sys\ndef f(): pass\nf(); f()\n{SHUT[shut]}\n")
    plain = run(script.name, folder=script.parent)
    done = hone("-o", "out", script.name, folder=script.parent)
    assert (done.returncode, called(script.parent / "out")) == (plain.returncode, 2), done.stderr
    assert "Traceback" not in done.stderr.replace(plain.stderr, "")
    shown = hone(
        script.name, folder=script.parent, env={**os.environ, "TMPDIR": str(script.parent)}
    )
    assert shown.returncode == plain.returncode, shown.stderr
    if shut != "descriptors":  # its buffer is full of what nobody can write
        (kept,) = script.parent.glob("hone-*.pstats")
        assert called(kept) == 2


def test_forked_children_leave_the_profile_alone(script: Path) -> None:
    script.write_text(
        "import os, signal\ndef f(): pass\nf()\nchild = os.fork()\n"
        "if child == 0:\n    f(); f()\n    assert signal.getsignal(15) == signal.SIG_DFL\n"
        "else:\n    print(os.waitpid(child, 0)[1]); f()\n"
    )
    done = hone("-o", "out", script.name, folder=script.parent)
    assert (done.stdout, called(script.parent / "out")) == ("0\n", 2), done.stderr
    assert "1 forked child ran without the profiler" in done.stderr


@pytest.mark.parametrize("ending", ["os._exit(0)", "os.kill(os.getpid(), 15)"])
def test_no_function_of_hones_is_in_the_profile(ending: str, script: Path) -> None:
    script.write_text(f"import os\nif os.fork() == 0:\n    os._exit(0)\nos.wait()\n{ending}\n")
    hone("-o", "out", script.name, folder=script.parent)
    last = ending[3:].partition("(")[0]
    native = ["builtins.exec", "posix.fork", "posix.wait", f"posix.{last}"]
    if last == "kill":
        native.append("posix.getpid")
    assert {name for _, _, name in counts(script.parent / "out")} == {
        "<module>",
        *(f"<built-in method {name}>" for name in native),
    }
