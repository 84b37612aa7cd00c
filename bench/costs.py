# SPDX-License-Identifier: Apache-2.0
"""What hone costs: ./dev bench costs [--quick] [--json FILE]

Compiling a function (CPU, median over the functions of bench/compile.py's programs), `import hone`
over bare Python (alternating processes), whether importing loads LLVM, a call that leaves compiled
code by a failing guard, a function that hone leaves alone, and calls out of compiled code: to a
compiled function, known or met at run time, to a builtin, to a function that stays interpreted, to
methods of several classes, to a class; a loop over a generator. Each with its goal beside it: a
call's is what it costs in the interpreter, loop and all, or a share of that, a quarter for the first
and half for methods.
"""

from __future__ import annotations

import argparse
import ast
import json
import statistics
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import compile as compile_bench  # noqa: E402
from support.interpreters import Tool, cpythons, hone_packages  # noqa: E402
from support.machine import machine_line  # noqa: E402

from hone.measure import stats  # noqa: E402

STARTUP = """
import resource, time
wall = time.perf_counter(); cpu = time.process_time()
{statement}
print(time.process_time() - cpu, time.perf_counter() - wall, {question})
"""
LLVM_MAPPED = (
    "any('LLVM' in line or 'libhone_compiler' in line for line in open('/proc/self/maps'))"
)

# A loop of calls whose guard holds for ints only, called with strings now and then: the difference
# to the same loop in the interpreter, per exit. `exits` counts them.
EXIT_PROGRAM = """
import statistics, time
from hone import _jit

def pick(a, b):
    return a + b

def plain(a, b):
    return a + b

def drive(f, a, b, n):
    start = time.thread_time_ns()
    for _ in range(n):
        f(a, b)
    return (time.thread_time_ns() - start) / n

_jit.configure(threshold=0, exits="always")
_jit.compile(pick)
N = {rounds}
drive(pick, 1.5, 2.5, N), drive(plain, 1.5, 2.5, N)
pairs = [(drive(pick, 1.5, 2.5, N), drive(plain, 1.5, 2.5, N)) for _ in range({samples})]
row = next(r for r in _jit.report() if r["qualname"] == "pick")
print(statistics.median(a - b for a, b in pairs), row["state"], row["exits"], row["calls"])
"""

ALONE_PROGRAM = """
import statistics, sys, time
from hone import _jit

def build():
    scope = {{}}
    exec("def work(n):\\n  t = 0\\n  for i in range(n):\\n    t += i % 7\\n  return t\\n", scope)
    return scope["work"]

_jit.configure(threshold=(1 << 31) - 1)
prepared, plain = _jit.compile(build()), build()
N = {rounds}
def drive(f):
    start = time.thread_time_ns()
    f(N)
    return time.thread_time_ns() - start
for _ in range(5):
    drive(plain), drive(prepared)
pairs = [(drive(plain), drive(prepared)) for _ in range({samples})]
print([pairs, [row["state"] for row in _jit.report()][0]])
"""

# Loops of one call each, beside the same loops in the interpreter.
CALL_PROGRAM = """
import statistics, sys, time
from hone import _jit

SOURCE = '''
def step(n):
    return n if n < 2 else step(n - 1) + step(n - 2)

def direct(n):
    return step(n)

def builtin(n):
    f = outside["builtin"]
    for i in range(n):
        f(i)

def interpreted(n):
    f = outside["interpreted"]
    for i in range(n):
        f(i)

def step_once(x):
    return x + 1

def passed(n):
    f = outside["compiled"]
    for i in range(n):
        f(i)

class One:
    def __init__(self, value):
        self.value = value

    def area(self):
        return self.value

class Two(One):
    def area(self):
        return self.value + 1

class Three(One):
    def area(self):
        return self.value + 2

def several(n):
    shapes = outside["shapes"]
    for i in range(n // 3):
        for shape in shapes:
            shape.area()

def made(n):
    for i in range(n):
        One(i)

def numbers(n):
    for i in range(n):
        yield i

def generator(n):
    total = 0
    for i in numbers(n):
        total += i
    return total
'''

ROWS = ("direct", "builtin", "interpreted", "passed", "several", "made", "generator")
COMPILED = (*ROWS, "step", "step_once")

def build():
    scope = {{"outside": {{"builtin": abs, "interpreted": lambda x: x}}}}
    exec(SOURCE, scope)
    classes = [scope[name] for name in ("One", "Two", "Three")]
    scope["outside"].update(compiled=scope["step_once"], shapes=[make(1) for make in classes])
    return scope, classes

_jit.configure(threshold=60, compare=False)
(plain, _), (compiled, classes) = build(), build()
for name in COMPILED:
    _jit.compile(compiled[name])
for owner in classes:
    for name in ("__init__", "area"):
        if name in vars(owner):
            _jit.compile(vars(owner)[name])
for scope in (plain, compiled):
    for _ in range(100):
        for name in ROWS:
            scope[name](9)

def drive(f, n, calls):
    start = time.thread_time_ns()
    f(n)
    return (time.thread_time_ns() - start) / calls

def row(name, n, calls):
    pairs = [(drive(compiled[name], n, calls), drive(plain[name], n, calls)) for _ in range({samples})]
    return [statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs)]

N = {rounds}
print(row("direct", 20, 21891) if {which!r} == "direct" else row({which!r}, N, N))
"""


def output(tool: Tool, source: str) -> str:
    done = subprocess.run(
        [tool.python, "-c", source],
        env=dict(tool.environment),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    if done.returncode != 0:
        raise RuntimeError((done.stderr.strip().splitlines() or ["no message"])[-1])
    return done.stdout.strip()


def import_cost(tool: Tool, quick: bool) -> dict[str, Any]:
    """Milliseconds of `import hone` beyond a bare start, and whether LLVM came with it."""
    with_hone, bare, loaded = [], [], False
    for _ in range(3 if quick else 15):
        for statement, into in (("import hone", with_hone), ("pass", bare)):
            cpu, _wall, mapped = output(
                tool, STARTUP.format(statement=statement, question=LLVM_MAPPED)
            ).split()
            into.append(float(cpu))
            loaded = loaded or mapped == "True"
    return {
        "value": (statistics.median(with_hone) - statistics.median(bare)) * 1e3,
        "unit": "ms",
        "goal": 20,
        "llvm_loaded": loaded,
    }


def compile_cost(tool: Tool, quick: bool) -> dict[str, Any]:
    options = argparse.Namespace(quick=True)
    seconds = []
    for program in compile_bench.programs():
        answer = compile_bench.once(tool, program, options, 0.05 if quick else 0.5, 1)
        if "error" in answer:
            raise RuntimeError(f"{program.name}: {answer['error']}")
        seconds += [
            row["compile_seconds"] for row in answer["functions"] if row["state"] == "compiled"
        ]
    return {
        "value": statistics.median(seconds) * 1e3,
        "unit": "ms",
        "goal": 40,
        "functions": len(seconds),
    }


def exit_cost(tool: Tool, quick: bool) -> dict[str, Any]:
    rounds, samples = (1000, 5) if quick else (100_000, 21)
    nanoseconds, state, exits, calls = output(
        tool, EXIT_PROGRAM.format(rounds=rounds, samples=samples)
    ).split()
    return {
        "value": float(nanoseconds),
        "unit": "ns",
        "goal": 150,
        "state": state,
        "exits": int(exits),
        "calls": int(calls),
    }


def alone_cost(tool: Tool, quick: bool) -> dict[str, Any]:
    rounds, samples = (2000, 5) if quick else (100_000, 41)
    pairs, state = ast.literal_eval(
        output(tool, ALONE_PROGRAM.format(rounds=rounds, samples=samples))
    )
    ratio = stats.ratio([a for a, _ in pairs], [b for _, b in pairs])
    return {
        "value": ratio.value,
        "unit": "x",
        "goal": 1.0,
        "interval": [ratio.low, ratio.high],
        "state": state,
    }


def call_cost(which: str, share: float) -> Callable[[Tool, bool], dict[str, Any]]:
    def measure(tool: Tool, quick: bool) -> dict[str, Any]:
        rounds, samples = (2000, 3) if quick else (20_000, 21)
        program = CALL_PROGRAM.format(rounds=rounds, samples=samples, which=which)
        compiled, plain = ast.literal_eval(output(tool, program))
        return {"value": compiled, "unit": "ns", "goal": plain * share, "interpreter": plain}

    return measure


COSTS: dict[str, Callable[[Tool, bool], dict[str, Any]]] = {
    "compiling a function, median": compile_cost,
    "import hone over bare Python": import_cost,
    "an exit": exit_cost,
    "a function left alone": alone_cost,
    "a call: compiled function": call_cost("direct", 0.25),
    "a call: builtin": call_cost("builtin", 1.0),
    "a call: interpreted function": call_cost("interpreted", 1.0),
    "a call: compiled function passed on": call_cost("passed", 1.0),
    "a call: method of several classes": call_cost("several", 0.5),
    "a call: class": call_cost("made", 1.0),
    "a turn: over a generator": call_cost("generator", 1.0),
}


def main() -> int:
    rules = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    rules.add_argument("--quick", action="store_true")
    rules.add_argument("--json", type=Path, metavar="FILE")
    options = rules.parse_args()
    print(machine_line())
    found = cpythons()
    packages = {version: folder for version, folder in hone_packages().items() if version in found}
    if not packages:
        print("hone: not built (./dev build)")
        return 1
    rows = []
    for version, folder in packages.items():
        tool = Tool(version, "hone", found[version], {"PYTHONPATH": str(folder)})
        print(f"\nCPython {version}")
        for name, measure in COSTS.items():
            try:
                row = measure(tool, options.quick)
            except (RuntimeError, statistics.StatisticsError, subprocess.TimeoutExpired) as error:
                row = {"error": str(error)}
            rows.append({"python": version, "cost": name, **row})
            print(f"  {name:30} {describe(row)}")
    if options.json:
        options.json.write_text(
            json.dumps(
                {"schema": "hone-bench-costs-1", "machine": machine_line(), "rows": rows}, indent=1
            )
        )
    return 0


def describe(row: dict[str, Any]) -> str:
    if "error" in row:
        return f"not measured: {row['error']}"
    more = {key: value for key, value in row.items() if key not in ("value", "unit", "goal")}
    extra = ", ".join(f"{key} {value}" for key, value in more.items())
    return f"{row['value']:9.2f} {row['unit']:3} (goal {row['goal']:.4g})  {extra}"


if __name__ == "__main__":
    sys.exit(main())
