# SPDX-License-Identifier: Apache-2.0
"""The call profiler sees compiled functions run compiled: who called whom how often is what cProfile
says of the same functions as bytecode, whatever guards fail."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from hone.recording import reader
from hone.tune import plan

# Random trees of calls of every kind that compiled code makes of Python functions.
PROGRAM = """
import functools, json, random, sys

class Stop(Exception): pass

def leaf(x): return x * 3 + 1
def picky(x):
    if x % 5 == 0: raise Stop(x)
    return x
def caught(x):
    try: return picky(x)
    except Stop: return -1
def rec(n): return n if n < 2 else rec(n - 1) + rec(n - 2)
def default(x, y=3): return x + y
def loop(n):
    total = 0
    for i in range(n):
        total += leaf(i) + default(i)
        if i % 7 == 3: total += default(i, y=i)
    return total
def changing(x): return x + x
def apply(f, x): return f(x)
def grown(n): return [leaf(i) for i in range(n)]
class Point:
    def __init__(self, x): self.x = leaf(x)
    def moved(self, by): return Point(self.x + by).value
    @property
    def value(self): return self.x
    def __add__(self, other): return Point(self.x + other.x)
def points(n):
    p = Point(n)
    return p.moved(2) + apply(p.moved, 3) + (p + p).value
def ordered(n): return sorted(range(n), key=leaf)
def resumed(n):
    for i in range(n): yield caught(i)
def exhausted(n): return sum(resumed(n)) + len([*map(leaf, range(n))])

NAMES = [caught, rec, loop, grown, points, ordered, exhausted]
def drive(seed):
    rng = random.Random(seed)
    for _ in range(60):
        NAMES[rng.randrange(len(NAMES))](rng.randrange(9))
        changing(rng.choice([3, 2.5, 2**70, "ab", [1], (2,)]))
        apply(rng.choice([leaf, rec, hash]), rng.randrange(7))

def counts(profile):
    profile.create_stats()
    rows = {}
    for (file, _, name), row in profile.stats.items():
        if file != __file__ and "hash" not in name: continue
        callers = {k[2]: v[0] for k, v in row[4].items() if k[0] == __file__}
        rows[name] = [row[0], row[1], dict(sorted(callers.items()))]
    return rows

if sys.argv[1] == "plain":
    import cProfile
    profile = cProfile.Profile()
else:
    import hone
    from hone import _jit
    from hone.cprofile import Profile
    exits = sys.argv[1]
    _jit.configure(threshold=int(sys.argv[2]), exits=exits if exits in ("never", "always") else int(exits))
    for name, value in list(globals().items()):
        if type(value) is type(drive) and value is not counts and value is not drive:
            hone.jit(value)
    for name in ("__init__", "moved", "__add__"): hone.jit(getattr(Point, name))
    hone.jit(Point.value.fget)
    profile = Profile()
    if "--before" in sys.argv:  # compiled code is there, without announcements, when it starts
        for seed in range(3): drive(seed)
        profile.enable(); profile.disable(); profile.clear()
profile.enable()
for seed in range(3, 6): drive(seed)
profile.disable()
print(json.dumps(counts(profile)))
if sys.argv[1] != "plain":
    print(sum(row["state"] == "compiled" for row in _jit.report()), file=sys.stderr)
"""


def run(folder: Path, *words: str) -> tuple[dict[str, Any], int]:
    path = folder / "program.py"
    path.write_text(PROGRAM)
    done = subprocess.run(
        [sys.executable, str(path), *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), int(done.stderr or 0)


@pytest.mark.smoke
@pytest.mark.parametrize("before", [(), ("--before",)], ids=["cold", "warm"])
@pytest.mark.parametrize("exits", ["never", "always", "11", "12"])
def test_counts_and_callers_are_cprofiles(
    tmp_path: Path, exits: str, before: tuple[str, ...]
) -> None:
    expected, _ = run(tmp_path, "plain")
    seen, compiled = run(tmp_path, exits, "2", *before)
    assert compiled > 8
    assert seen == expected


WORK = """
def weight(x): return x * 0.5 + 1.0
def total(n):
    found = 0.0
    for i in range(n):
        found += weight(i)
    return found
def main():
    for _ in range(300): total(2000)
main()
print("done")
"""


def hone(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = Path(sys.executable).with_name("hone")
    return subprocess.run(
        [command, *words], cwd=folder, capture_output=True, text=True, check=False, timeout=300
    )


@pytest.fixture
def planned(tmp_path: Path) -> Path:
    """A folder with work.py and a plan for it, as hone tune writes it."""
    script = tmp_path / "work.py"
    script.write_text(WORK)
    functions = [(str(script), "weight", 2), (str(script), "total", 3)]
    plan.write(str(tmp_path / ".hone" / "work-plan.json"), functions, 2.0)
    return tmp_path


def compiled_in(path: Path) -> dict[str, Any]:
    recording = reader.load(path)
    return {recording.functions[row.function].name: row for row in recording.compiled}


def test_a_tuned_program_is_profiled_as_it_runs(planned: Path) -> None:
    done = hone(planned, "profile", "--tuned", "--record", "seen.hone", "work.py")
    assert (done.returncode, done.stdout) == (0, "done\n")
    assert "2 functions ran compiled" in done.stderr
    found = compiled_in(planned / "seen.hone")
    assert {name: row.tier for name, row in found.items()} == {
        "weight": "compiled",
        "total": "compiled",
    }
    assert all(row.compile_seconds > 0 for row in found.values())
    recording = reader.load(planned / "seen.hone")
    calls = {recording.functions[row.function].name: row.calls for row in recording.totals}
    assert (calls["weight"], calls["total"]) == (600_000, 300)
    shown = hone(planned, "report", "seen.hone").stdout
    assert "tier" in shown
    assert "compiling" in shown


@pytest.mark.smoke
def test_signals_are_served_in_compiled_code_while_it_is_profiled(tmp_path: Path) -> None:
    assert printed(tmp_path, SIGNALS) == "True ['inner', 'noted', 'work']\n"


def printed(folder: Path, text: str) -> str:
    program = folder / "program.py"
    program.write_text(text)
    done = subprocess.run(
        [sys.executable, str(program)], capture_output=True, text=True, check=False, timeout=600
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


SIGNALS = """
import hone, signal
from hone import _jit
from hone.cprofile import Profile

_jit.configure(threshold=1)
seen = 0
def noted(number, frame):
    global seen
    seen += 1
@hone.jit
def inner(x): return x + 1
@hone.jit
def work(n):
    total = 0
    for i in range(n): total += inner(i)
    return total
for _ in range(5): work(3)
signal.signal(signal.SIGALRM, noted)
profile = Profile()
profile.enable()
signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
while seen < 20: work(1000)
signal.setitimer(signal.ITIMER_REAL, 0)
profile.disable()
profile.create_stats()
names = {key[2] for key in profile.stats}
print(seen >= 20, sorted(name for name in names if name in ("inner", "noted", "work") or "_serve" in name))
"""


def test_compiling_is_nobodys_time(planned: Path) -> None:
    done = hone(planned, "profile", "--tuned", "--record", "seen.hone", "work.py")
    assert done.returncode == 0
    found = compiled_in(planned / "seen.hone")
    compiling = sum(row.compile_seconds for row in found.values())
    recording = reader.load(planned / "seen.hone")
    (whole,) = (
        row.cumulative
        for row in recording.totals
        if recording.functions[row.function].name == "main"
    )
    assert whole < recording.meta.wall_seconds - compiling / 2


def test_a_tuned_program_is_sampled_as_it_runs(planned: Path) -> None:
    done = hone(planned, "sample", "--tuned", "--record", "seen.hone", "work.py")
    assert (done.returncode, done.stdout.splitlines()[:1]) == (0, ["done"])
    found = compiled_in(planned / "seen.hone")
    assert found["total"].tier == "compiled"


@pytest.mark.parametrize("command", ["profile", "sample"])
def test_without_a_plan_nothing_is_run(planned: Path, command: str) -> None:
    (planned / "work.py").write_text(WORK + "\n")
    done = hone(planned, command, "--tuned", "work.py")
    assert (done.returncode, done.stdout) == (2, "")
    assert "work.py has changed since hone tune" in done.stderr
    assert "nothing was run" in done.stderr


def test_a_compiled_clock_is_not_in_the_profile(tmp_path: Path) -> None:
    assert printed(tmp_path, CLOCK) == "['inner', 'work']\n"


CLOCK = """
import hone
from hone import _jit
from hone.cprofile import Profile

_jit.configure(threshold=1)
now = 0

@hone.jit
def step(by): return by + 1
@hone.jit
def clock():
    global now
    now = step(now)
    return now
@hone.jit
def inner(x): return x + 1
@hone.jit
def work(n):
    total = 0
    for i in range(n): total += inner(i)
    return total
for _ in range(5): work(3), clock()
profile = Profile(clock, 1.0)
profile.enable()
for _ in range(5): work(3)
profile.disable()
profile.create_stats()
print(sorted(key[2] for key in profile.stats if key[0] == __file__))
"""
