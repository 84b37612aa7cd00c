# SPDX-License-Identifier: Apache-2.0
"""Memory that compiled functions ask for belongs to their lines, inlined and called directly or not, as
it does where the same functions run as bytecode."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Collection
from pathlib import Path

import pytest

from hone.memory import store
from hone.memory.recorded import recording
from hone.recording import reader
from hone.tune import plan
from tests.command import hone, write
from tests.memory.run import Profiled, profiled

LEAST = 600  # bytes that may differ: a few calls are interpreted before a function is compiled
# What exits make and what the interpreter drops after them comes from free lists and goes there.
FREE_LISTS = 5000

# One line each, since compiled code makes an object where it is needed, and not before.
PROGRAM = """
import gc, json, sys

def jit(function): return function
if sys.argv[1] != "plain":
    import hone
    from hone import _jit
    exits, loops = sys.argv[1], sys.argv[2]
    _jit.configure(
        threshold=3, loops=loops, compare=0,
        exits=exits if exits in ("never", "always") else int(exits),
    )
    jit = hone.jit
TIMES = 400
kept = []

@jit
def display(a, b):
    return [a, b, a]  # display
@jit
def text(a, b):
    return a + b + "!"  # text
@jit
def said(a):
    c = a + 1; return str(c)  # said
@jit
def big(a, b):
    return a * b + 1  # big
@jit
def halves(n, into):
    total = 0.0
    for i in range(n):
        total += i * 0.5; into.append(total)  # float
    return None
@jit
def native(n):
    m = n + 200; return bytes(m)  # native

class Point:
    @jit
    def __init__(self, x):
        self.x = x + "!"  # attribute
@jit
def instance(x):
    return Point(x)  # instance

@jit
def small(x):
    return [x * 1.5]  # inlined
@jit
def calls_small(x):
    a = x + 1.0
    return small(a)  # calls inlined

@jit
def tree(n):
    if n == 0:
        return [None]  # leaf
    return [tree(n - 1), tree(n - 1)]  # branch

@jit
def caught(a, b):
    try:
        return a[b]  # raises
    except IndexError as error:
        return [error.args]  # caught

@jit
def changing(a):
    return [a, a + a, a]  # changing

class Heavy:
    __slots__ = ("data",)
    def __add__(self, other):
        made = Heavy()
        made.data = bytes(1000)  # python called
        return made
@jit
def adds(a, b):
    return [a + b]  # adds

@jit
def served(n):
    total = 0
    for i in range(n):
        total += i
    return [total > n, n]  # served

def keep(function, *arguments):
    gc.collect()  # what died before lies in free lists, from which it would be taken unseen
    for i in range(TIMES):
        kept.append(function(*[argument(i) for argument in arguments]))

def drive():
    a, b = "a" * 40, "b" * 40
    heavy = Heavy()
    always = lambda value: lambda i: value
    number = lambda i: i
    keep(halves, always(10), always(kept))
    keep(display, number, always(a))
    keep(text, always(a), always(b))
    keep(said, lambda i: 10**6 + i)
    keep(big, lambda i: 10**20 + i, always(10**9))
    keep(native, number)
    keep(instance, always(a))
    keep(calls_small, lambda i: i + 0.25)
    keep(tree, always(3))
    keep(caught, always(()), number)
    keep(changing, lambda i: (i + 1000, i + 0.5, "ab", 2**70)[i // 100])
    keep(adds, always(heavy), number)
    keep(served, number)
drive()

total = 0.0
for i in range(5000):
    total += i * 0.25; kept.append([total, i])  # loop
if sys.argv[1] != "plain":
    print(json.dumps({row["qualname"]: [row["state"], row["exits"], row["reason"]] for row in _jit.report()}))
"""

MARKS = (
    "display", "text", "said", "big", "float", "native", "attribute", "instance", "inlined", "leaf",
    "branch", "raises", "caught", "changing", "python called", "adds", "served", "loop",
)  # fmt: skip
COMPILED_MARKS = tuple(
    mark for mark in MARKS if mark not in ("caught", "raises", "changing", "adds", "loop")
)
# Compiled, with nothing left to the interpreter, where no exit is forced.
COMPILED = (
    "display", "text", "said", "halves", "native", "Point.__init__", "instance", "calls_small", "tree", "served",
)  # fmt: skip


def run(folder: Path, *words: str) -> Profiled:
    made = folder / "-".join(words)
    made.mkdir()
    seen = profiled(made, PROGRAM, words=words)
    assert seen.done.returncode == 0, seen.done.stderr
    return seen


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Profiled:
    return run(tmp_path_factory.mktemp("plain"), "plain")


Path_ = tuple[tuple[str, int], ...]  # functions and lines, the outermost first


def kept(seen: Profiled, marks: Collection[str] = MARKS) -> dict[Path_, int]:
    """Bytes that are held at the end, by who was running, where, when they were asked for."""
    found: Counter[Path_] = Counter()
    stacks, functions = seen.recording.stacks, seen.recording.functions
    marked = {
        at for at, text in enumerate(seen.text.splitlines(), 1) if text.split("  # ")[-1] in marks
    }
    for row in seen.recording.allocations:
        function = functions[stacks.function[row.stack]]
        if function.file.endswith("program.py") and stacks.line[row.stack] in marked:
            steps = [
                (functions[stacks.function[at]].name, stacks.line[at])
                for at in stacks.path(row.stack)
            ]
            found[tuple(reversed(steps))] += row.live
    return {path: held for path, held in found.items() if held > LEAST}


def near(value: int, wanted: int, exits: str) -> bool:
    return abs(value - wanted) <= 0.01 * wanted + (LEAST if exits == "never" else FREE_LISTS)


@pytest.mark.smoke
@pytest.mark.parametrize("loops", ["never", "always"])
@pytest.mark.parametrize("exits", ["never", "always", "21", "22"])
def test_lines_and_callers_are_the_interpreters(
    tmp_path: Path, plain: Profiled, exits: str, loops: str
) -> None:
    seen = run(tmp_path, exits, loops)
    for mark in MARKS:
        assert near(seen.at(mark).held, plain.at(mark).held, exits), (
            mark,
            seen.at(mark),
            plain.at(mark),
        )
    expected, found = kept(plain), kept(seen)
    big = FREE_LISTS if exits != "never" else LEAST
    assert {path for path in found if found[path] > big} <= expected.keys()
    for path, held in expected.items():
        assert near(found.get(path, 0), held, exits), (path, found[path], held)
    if exits == "never":
        for mark in COMPILED_MARKS:  # compiled code needs no more than the interpreter
            assert seen.at(mark).blocks <= plain.at(mark).blocks * 1.02 + 60, mark
        report = json.loads(seen.done.stdout)
        left = {
            name: report[name]
            for name in COMPILED
            if report[name][0] != "compiled" or report[name][1] > 5
        }
        assert not left


SWITCHED = """
import sys
import hone
from hone import _core, _jit

_jit.configure(threshold=3, compare=0)
store = sys.argv[1]
kept = []

@hone.jit
def inner(i):
    return [i, i]  # inner
@hone.jit
def outer(n, what):
    found = []
    for i in range(n):
        if i == 50:
            what()
        found.append(inner(i))
    return found  # outer

def on():
    open(store, "w").close()
    _core.start_memory(store, every=1.0)
def toggle():
    off()
    on()
off = _core.stop_memory
nothing = int

for _ in range(10): kept.append(outer(100, nothing))
kept.append(outer(100, on))  # half of it is seen
kept.append(outer(100, nothing))
kept.append(outer(100, toggle))  # from the middle on
kept.append(outer(100, nothing))
kept.append(outer(100, off))
kept.append(outer(100, nothing))
print({row["qualname"]: row["state"] for row in _jit.report()})
"""


def test_switched_on_and_off_while_compiled_code_runs(tmp_path: Path) -> None:
    """What runs when the profiler is switched on tells nothing yet; its next call does."""
    program, path = write(tmp_path, SWITCHED), tmp_path / "store"
    done = subprocess.run(
        [sys.executable, program, path], capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("compiled") == 2
    read = store.read(str(path))
    assert read is not None
    seen = Profiled(done, recording(read, "program.py", []), program.read_text())
    lists = seen.at("inner").blocks / 2  # a list has two blocks
    assert 190 <= lists <= 205
    callers = {path[:-1] for path in kept(seen, {"inner"})}
    assert all(names[-1][0] == "outer" for names in callers)


def test_a_tuned_program(tmp_path: Path) -> None:
    """Compiling is not in its memory, whatever it takes; the report says who ran compiled."""
    program = write(
        tmp_path,
        """
        kept = []
        def halves(n):
            total = 0.0
            for i in range(n):
                total += i * 0.5; kept.append(total)  # float
        for _ in range(200):
            halves(100)
        """,
    )
    plan.write(str(tmp_path / ".hone" / "program-plan.json"), [(str(program), "halves", 3)], 2.0)
    done = hone(
        "memory",
        "--tuned",
        "--every",
        "1",
        "--record",
        "seen.hone",
        "-o",
        "-",
        program.name,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert "halves [compiled]" in done.stdout
    seen = Profiled(done, reader.load(tmp_path / "seen.hone"), program.read_text())
    assert 19_900 <= seen.at("float").blocks <= 20_200
    assert seen.whole().asked < 4_000_000  # LLVM takes more than that
