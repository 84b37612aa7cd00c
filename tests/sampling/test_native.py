# SPDX-License-Identifier: Apache-2.0
"""C stacks: the functions of libraries appear with what they take, never below a Python function that did
not call them, and the program that is asked for them notices nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from hone.recording.rows import Kind
from tests.command import hone, write
from tests.machine import in_one_run
from tests.sampling.run import OFTEN, SPIN, Sampled, sampled
from tests.sampling.test_attach import LONG, attach, needs_remote, running
from tests.sampling.test_effects import FORK, SIGNALS, plain

Frame = tuple[str, str]  # a function, and the library that it is in, or ""


def frames(seen: Sampled) -> list[tuple[list[Frame], int]]:
    """Of each sample the frames, outermost first, and its weight."""
    rows = seen.recording
    known: dict[int, list[Frame]] = {}
    for stack in {sample.stack for sample in rows.samples}:
        path = [rows.functions[rows.stacks.function[at]] for at in rows.stacks.path(stack)]
        known[stack] = [
            (row.name, row.module if row.kind & Kind.NATIVE else "") for row in reversed(path)
        ]
    return [(known[sample.stack], sample.weight) for sample in rows.samples]


def below(seen: Sampled, function: str) -> list[tuple[list[Frame], int]]:
    """What is below a Python function, if it is in native code."""
    found = []
    for stack, weight in frames(seen):
        names = [name for name, _ in stack]
        if function in names and any(library for _, library in stack):
            found.append((stack[names.index(function) + 1 :], weight))
    return found


WORK = """
import sys, time
{imports}
end = time.thread_time() + {seconds}
def work():
{body}
while time.thread_time() < end: work()
"""
LIBRARIES = {
    "zlib": ("data = bytes(range(256)) * 4000", "zlib.crc32(data)", {"libz", "zlib"}, "crc32_z"),
    "hashlib": ("data = bytes(1 << 20)", "hashlib.sha256(data)", {"libcrypto"}, "SHA256_Update"),
    "re": (
        "text = 'ab' * 1500",
        "re.search(r'(a|b)*d', text)",
        {"libpython", "python"},
        "_sre_SRE_Pattern_search",
    ),
    "sqlite3": (
        "base = sqlite3.connect(':memory:')\n"
        "base.execute('create table t(x)')\n"
        "base.executemany('insert into t values(?)', [(i,) for i in range(50_000)])",
        "base.execute('select sum(x * x) from t where x % 7 = 3').fetchall()",
        {"libsqlite3"},
        "sqlite3_step",
    ),
    "numpy": (
        "a = numpy.arange(100_000.0)\nb = a * 2",
        "for _ in range(50): numpy.add(a, b, out=b)",
        {"_multiarray_umath"},
        "DOUBLE_add",
    ),
}


@pytest.mark.parametrize("library", LIBRARIES)
@in_one_run
def test_functions_of_libraries_appear_with_their_share(tmp_path: Path, library: str) -> None:
    pytest.importorskip(library, reason="not in this environment")
    setting, body, modules, function = LIBRARIES[library]
    imports = f"import {library}\n{setting}"
    program = WORK.format(imports=imports, body=f"    {body}", seconds=1)
    seen = sampled(tmp_path, program, "--native", "--mode", "cpu")
    found = below(seen, "work")
    # On a machine that is busy with other things not everyone answers in time.
    whole = sum(weight for _, weight in found)
    assert whole > 0.3 * sum(weight for stack, weight in frames(seen) if ("work", "") in stack)
    inside = sum(
        weight
        for stack, weight in found
        if any(frame[1].startswith(tuple(modules)) for frame in stack)
    )
    assert inside > 0.8 * whole
    stripped = library == "re" and not has_symbols()
    named = sum(w for stack, w in found if any(name.startswith(function) for name, _ in stack))
    assert named > 0.6 * whole or stripped


def has_symbols() -> bool:
    """Are functions known that this interpreter keeps to itself?"""
    from hone.sampling.symbols import Object

    maps = Path("/proc/self/maps").read_text()
    python = {
        line.split()[-1] for line in maps.splitlines() if "python3" in line.rpartition("/")[2]
    }
    return any(
        row.name == "_sre_SRE_Pattern_search" for path in python for row in Object(path).symbols
    )


FLUTTER = """
import hashlib, sys, time, zlib
data = bytes(range(256)) * 64
def crc():
    for _ in range(3): zlib.crc32(data)
def sha(): hashlib.sha256(data)
def adler(): return zlib.adler32(data)
def md(): return hashlib.md5(data)
end = time.thread_time() + float(sys.argv[1])
while time.thread_time() < end:
    crc(); sha(); adler(); md()
"""
# Functions by which to know who was called, and from where alone that can be.
CALLED_BY = {"crc32_z": "crc", "adler32_z": "adler", "SHA256_Update": "sha", "MD5_Update": "md"}


@pytest.mark.smoke
def test_alternating_native_calls_make_no_impossible_stack(tmp_path: Path) -> None:
    seen = sampled(tmp_path, FLUTTER, "--native", "--mode", "cpu", words=("3",))
    met = set()
    for stack, _ in frames(seen):
        names = [name for name, _ in stack]
        for function, caller in CALLED_BY.items():
            if function in names:
                met.add(function)
                assert caller in names, stack
                assert not set(names) & (set(CALLED_BY.values()) - {caller}), stack
    assert met == set(CALLED_BY)
    with_stacks = sum(any(library for _, library in stack) for stack, _ in frames(seen))
    assert with_stacks > 0.3 * len(frames(seen))  # of the others, not everyone answers in time


@pytest.mark.smoke
@in_one_run
def test_shares_of_two_native_functions_are_what_they_take(tmp_path: Path) -> None:
    program = """
        import hashlib, time, zlib
        data = bytes(range(256)) * 2000
        spent = {"crc": 0.0, "sha": 0.0}
        while sum(spent.values()) < 4:
            begin = time.thread_time()
            for _ in range(4): zlib.crc32(data)
            middle = time.thread_time()
            hashlib.sha256(data)
            spent["crc"] += middle - begin
            spent["sha"] += time.thread_time() - middle
        print(spent["crc"] / sum(spent.values()))
    """
    # A sampler that does more is let in later and later, at system calls for the most part; as is any where
    # others want the same processors.
    seen = sampled(tmp_path, program, "--native", "--mode", "cpu", "-r", "1000")
    truth = float(seen.done.stdout.split()[0])
    crc, sha = seen.share("crc32_z"), seen.share("SHA256_Update")
    assert crc / (crc + sha) == pytest.approx(truth, abs=0.08)


POLLS = """
import ctypes, time, zlib
libc, held = ctypes.CDLL(None, use_errno=True), ctypes.PyDLL(None)
class pollfd(ctypes.Structure): _fields_ = [("fd", ctypes.c_int), ("a", ctypes.c_short), ("b", ctypes.c_short)]
class pair(ctypes.Structure): _fields_ = [("s", ctypes.c_long), ("n", ctypes.c_long)]
data = bytes(1_500_000)
told = {}
end = time.monotonic() + 4
def tell(call, what): told[call, what] = told.get((call, what), 0) + 1
turn = 0
while time.monotonic() < end:
    turn += 1
    for _ in range(turn % 7): zlib.crc32(data)
    tell("poll", held.poll(ctypes.byref(pollfd(-1, 0, 0)), 1, turn % 3))
    for _ in range(turn % 5): zlib.crc32(data)
    tell("select", libc.select(0, None, None, None, ctypes.byref(pair(0, 200))))
    tell("nanosleep", held.nanosleep(ctypes.byref(pair(0, 150_000)), None))
# Once in some thousand questions, on a machine that is busy with other things, the thread may have gone on
# in the microsecond between the last look at it and the signal.
print(sorted((call, what) for (call, what), times in told.items() if times > 2))
"""
BLOCKED = (
    SPIN
    + """
import signal, threading
signal.pthread_sigmask(signal.SIG_BLOCK, set(signal.Signals))
import zlib
data = bytes(1_000_000)
end = time.thread_time() + 0.5
while time.thread_time() < end: zlib.crc32(data)
print(sorted(signal.sigpending()))
signal.pthread_sigmask(signal.SIG_UNBLOCK, set(signal.Signals))
counts = []
signal.signal(signal.SIGALRM, lambda *_: counts.append(1))
signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)
while len(counts) < 30: zlib.crc32(data)
signal.setitimer(signal.ITIMER_REAL, 0)
def work():
    for _ in range(300): zlib.crc32(data)
def come_and_go():
    for _ in range(50):
        thread = threading.Thread(target=zlib.crc32, args=(data,))
        thread.start(); thread.join()
threads = [threading.Thread(target=work) for _ in range(3)] + [threading.Thread(target=come_and_go)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(len(counts) >= 30)
"""
)
OWN_SIGNAL = (
    SPIN
    + """
import os, signal, zlib
got = []
signal.signal(signal.SIGURG, lambda *_: got.append(1))
data = bytes(1_000_000)
end = time.thread_time() + 0.4
while time.thread_time() < end: zlib.crc32(data)
print(len(got))
os.kill(os.getpid(), signal.SIGURG)
print(len(got))
"""
)
CHILD = """
import os, subprocess, sys, zlib
data = bytes(1_000_000)
def work():
    for _ in range(100): zlib.crc32(data)
for turn in range(5):
    work()
    child = os.fork()
    if child == 0:
        work()
        os.execv("/bin/sh", ["sh", "-c", "exit 5"])
    work()
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    status = "import re; print(re.search('SigCgt.*', open('/proc/self/status').read())[0])"
    print(subprocess.run([sys.executable, "-c", status], capture_output=True).stdout)
sys.stdout.flush()
work()
os.execv("/bin/sh", ["sh", "-c", "exit 6"])
"""
PROGRAMS = {
    "signals": SIGNALS,
    "forks": FORK,
    "polls": POLLS,
    "blocked": BLOCKED,
    "own signal": OWN_SIGNAL,
    "child": CHILD,
}


@pytest.mark.smoke
@pytest.mark.parametrize("program", PROGRAMS)
def test_the_program_prints_what_it_prints_without(tmp_path: Path, program: str) -> None:
    path = write(tmp_path, PROGRAMS[program])
    expected = plain(path)
    done = hone("sample", *OFTEN, "--native", "-o", tmp_path / "report", path)
    assert done.stdout == expected.stdout
    assert done.stderr == f"{expected.stderr}hone: wrote {tmp_path / 'report'}\n"
    assert done.returncode == expected.returncode


def test_without_the_option_no_handler_is_there(tmp_path: Path) -> None:
    program = "import re\nprint(int(re.search('SigCgt:(.*)', open('/proc/self/status').read())[1], 16) >> 22 & 1)\n"
    path = write(tmp_path, program)
    for options, handled in (((), "0\n"), (("--native",), "1\n")):
        assert hone("sample", *options, "-o", tmp_path / "report", path).stdout == handled


def test_a_program_that_uses_the_signal_is_told_so(tmp_path: Path) -> None:
    path = write(tmp_path, SPIN + "import signal\nsignal.signal(signal.SIGURG, print)\n" + AGAIN)
    done = subprocess.run([sys.executable, str(path)], capture_output=True, text=True, check=False)
    assert done.stdout == "3\n", done.stderr


# The sampler in this very process, which has the signal already.
AGAIN = """
import tempfile
from hone import _core
from hone.sampling.spool import Spool
with tempfile.NamedTemporaryFile() as file:
    _core.start_sampler(file.name, native=True)
    spin(0.2)
    _core.stop_sampler()
    spool = Spool(file.name)
    spool.feed()
    print(spool.head.native)
"""


@pytest.mark.parametrize("agreed", [True, pytest.param(False, marks=needs_remote)])
def test_attaching_shows_them_too(tmp_path: Path, agreed: bool) -> None:
    program = LONG.replace("def work(): spin(30)", "import zlib\ndef work():\n  while 1: zlib.crc32(bytes(100_000))")  # fmt: skip
    agreement = {"HONE_ATTACH": "1"} if agreed else {}
    with running(tmp_path, "import hone\n" * agreed + program, **agreement) as process:
        done, path = attach(tmp_path, process.pid, "--native")
        assert done.returncode == 0, done.stderr
        assert "crc32_z" in hone("report", path, "-f", "collapsed").stdout
        status = Path(f"/proc/{process.pid}/status").read_text()
        assert int(status.partition("SigCgt:")[2].split()[0], 16) >> 22 & 1 == 0


@pytest.mark.parametrize("form", ["collapsed", "speedscope", "tree", "callgrind", "html", "table"])
def test_every_report_says_whose_function_it_is(tmp_path: Path, form: str) -> None:
    program = WORK.format(
        imports="import zlib\ndata = bytes(1_000_000)", body="    zlib.crc32(data)", seconds=0.5
    )
    sampled(tmp_path, program, "--native", "--mode", "cpu")
    done = hone("report", tmp_path / "seen.hone", "-f", form)
    assert done.returncode == 0, done.stderr
    assert "crc32_z" in done.stdout
    assert "libz.so" in done.stdout
    if form == "collapsed":
        assert "crc32_z (libz.so" in done.stdout


def test_below_compiled_functions_are_those_that_they_call(tmp_path: Path) -> None:
    pytest.importorskip("hone._jit", reason="this build of hone has no compiler")
    program = """
        import time, zlib, hone
        data = bytes(300_000)
        @hone.jit
        def work(n):
            s = 0
            for i in range(n): s += zlib.crc32(data) & i
            return s
        end = time.thread_time() + 1.5
        while time.thread_time() < end: work(200)
    """
    seen = sampled(tmp_path, program, "--native", "--mode", "cpu", "-r", "500")
    found = below(seen, "work")
    assert sum(w for stack, w in found if any(n == "crc32_z" for n, _ in stack)) > 0.3 * seen.whole
    for stack, _ in found:
        assert not any(name.startswith("_PyEval_EvalFrame") for name, _ in stack)
