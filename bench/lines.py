# SPDX-License-Identifier: Apache-2.0
"""Is the line profiler cheap and true? ./dev bench lines [--quick] [--json FILE] [--only NAME]

Programs of pyperformance with every function and method decorated, and loops where watching costs most,
run plain, under hone's line profiler and under line_profiler, each in fresh processes that take turns.
Samples are thread CPU time. Stated: how many times longer than plain each takes, and what hone adds as a
share of what line_profiler adds, with intervals of 95 % over the rounds. `true` is hone's own sum of the
worst loop's lines over the plain time: 1.0 if the price of watching is taken off rightly.
The interpreter is the one that runs this.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import statistics
import subprocess
import sys
import time
import types
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from runner import stub_pyperf  # noqa: E402
from support import interpreters  # noqa: E402
from support.machine import machine_line  # noqa: E402

TOOLS = ("plain", "hone", "line_profiler")
SAMPLES = 5  # of a process; their least counts


@dataclass(frozen=True)
class Program:
    name: str
    source: str  # a file of bench/programs, or a folder of pyperformance
    function: str
    full: tuple[Any, ...]
    quick: tuple[Any, ...]


PROGRAMS = (
    Program("worst loop", "line_loops.py", "two_lines", (100_000,), (2000,)),
    Program("worst loop, one line", "line_loops.py", "one_line", (100_000,), (2000,)),
    Program("calls", "line_loops.py", "calls", (20_000,), (500,)),
    Program("unwatched", "line_loops.py", "unwatched", (100_000,), (2000,)),
    Program("chaos", "bm_chaos", "main", (), ()),
    Program("deltablue", "bm_deltablue", "delta_blue", (100,), (10,)),
    Program("fannkuch", "bm_fannkuch", "fannkuch", (7,), (5,)),
    Program("float", "bm_float", "benchmark", (10_000,), (100,)),
    Program("go", "bm_go", "versus_cpu", (), ()),
    Program("hexiom", "bm_hexiom", "main", (1, 2), (1, 2)),
    Program("nbody", "bm_nbody", "bench_nbody", (1, "sun", 2000), (1, "sun", 50)),
    Program("nqueens", "bm_nqueens", "bench_n_queens", (6,), (4,)),
    Program("raytrace", "bm_raytrace", "bench_raytrace", (1, 20, 20, None), (1, 4, 4, None)),
    Program("richards", "bm_richards", "run", (1,), (1,)),
    Program("spectral_norm", "bm_spectral_norm", "bench_spectral_norm", (1,), (1,)),
)
# The functions that drive a program need arguments of other kinds.
CALLS: dict[str, Callable[[types.ModuleType], Callable[[], object]]] = {
    "chaos": lambda module: _chaos(module),
    "richards": lambda module: lambda: module.Richards().run(1),
}


def _chaos(module: types.ModuleType) -> Callable[[], object]:
    vector = module.GVector
    splines = [
        module.Spline(
            [vector(1, 0, 0), vector(2, 1, 0), vector(1, 2, 0), vector(0, 1, 0)],
            3,
            [0, 0, 0, 1, 1, 1],
        )
    ]
    return lambda: module.Chaosgame(splines, 0.25).create_image_chaos(30, 30, 400, None, 1234)


def source_of(program: Program) -> Path | None:
    if program.source.endswith(".py"):
        return HERE / "programs" / program.source
    published = interpreters.pyperformance()
    return None if published is None else published / program.source / "run_benchmark.py"


# ---- one process


def worker(tool: str, number: int, quick: bool) -> None:
    program = PROGRAMS[number]
    stub_pyperf()
    source = source_of(program)
    assert source is not None
    module = types.ModuleType(source.parent.name + source.stem)
    module.__file__ = str(source)
    sys.modules[module.__name__] = module
    exec(compile(source.read_text(), str(source), "exec"), module.__dict__)
    profiler = decorate(tool, module)
    arguments = program.quick if quick else program.full
    made = CALLS.get(program.name)

    def plain_call() -> object:
        return getattr(module, program.function)(*arguments)

    run = plain_call if made is None else made(module)
    run()
    samples, walls, found = [], [], []
    for _ in range(2 if quick else SAMPLES):
        before = found_by(profiler) if tool == "hone" else 0.0
        wall, start = time.perf_counter(), time.thread_time()
        run()
        samples.append(time.thread_time() - start)
        walls.append(time.perf_counter() - wall)
        found.append(found_by(profiler) - before if tool == "hone" else 0.0)
    answer = {"seconds": min(samples), "wall": min(walls), "found": min(found)}
    sys.stdout.write(json.dumps(answer) + "\n")


def found_by(profiler: Any) -> float:
    """Seconds of all lines."""
    stats = profiler.get_stats()
    return float(sum(row[2] for rows in stats.timings.values() for row in rows) * stats.unit)


def decorate(tool: str, module: types.ModuleType) -> Any:
    if tool == "plain":
        return None
    package = "hone.line_profiler" if tool == "hone" else "line_profiler"
    profiler = importlib.import_module(package).LineProfiler()
    for name, value in list(vars(module).items()):
        if getattr(value, "__module__", None) != module.__name__ or name.startswith("untouched"):
            continue
        if isinstance(value, types.FunctionType):
            setattr(module, name, profiler(value))
        elif isinstance(value, type):
            profiler.add_class(value, wrap=True)
    return profiler


# ---- all of them


def sample(tool: str, number: int, quick: bool) -> dict[str, Any]:
    command = [
        sys.executable,
        __file__,
        "--worker",
        tool,
        str(number),
        *(["--quick"] if quick else []),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    if done.returncode != 0:
        raise RuntimeError(f"{tool}: {done.stderr.strip().splitlines()[-1:]}")
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def measure(number: int, rounds: int, tools: list[str], quick: bool) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {tool: [] for tool in tools}
    for turn in range(rounds):
        for tool in tools if turn % 2 == 0 else reversed(tools):
            found[tool].append(sample(tool, number, quick))
    return found


def row_of(name: str, found: dict[str, list[Any]]) -> dict[str, Any]:
    from hone.measure import stats

    seconds = {tool: [each["seconds"] for each in rows] for tool, rows in found.items()}
    row: dict[str, Any] = {"program": name, "seconds": seconds}
    for tool in found:
        if tool != "plain":
            times = stats.ratio(seconds[tool], seconds["plain"])
            row[tool] = [times.value, times.low, times.high]
    if "line_profiler" in seconds:
        shares = [
            (ours - plain) / (theirs - plain)
            for plain, ours, theirs in zip(*(seconds[tool] for tool in TOOLS), strict=True)
            if theirs > plain
        ]
        row["share"] = statistics.median(shares) if shares else None
    row["true"] = min(each["found"] for each in found["hone"]) / min(
        each["wall"] for each in found["plain"]
    )
    return row


def line_of(row: dict[str, Any]) -> str:
    cells = [f"  {row['program']:<22}"]
    for tool in TOOLS[1:]:
        if tool in row:
            value, low, high = row[tool]
            cells.append(f"{tool} {value:6.2f}x [{low:.2f}, {high:.2f}]")
    if row.get("share") is not None:
        cells.append(f"share of added time {row['share']:.2f}")
    if row["program"].startswith("worst loop"):
        cells.append(f"true {row['true']:.2f}")
    return "  ".join(cells)


def main() -> int:
    rules = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    rules.add_argument("--quick", action="store_true")
    rules.add_argument("--json", type=Path, metavar="FILE")
    rules.add_argument("--only", action="append", default=[], metavar="NAME")
    rules.add_argument("--rounds", type=int, default=7)
    rules.add_argument("--worker", nargs=2, help=argparse.SUPPRESS)
    options = rules.parse_args()
    if options.worker:
        worker(options.worker[0], int(options.worker[1]), options.quick)
        return 0
    print(f"{machine_line()}, CPython {sys.version.split()[0]}")
    tools = list(TOOLS)
    if importlib.util.find_spec("line_profiler") is None:
        print("  line_profiler: not installed, left out")
        tools.pop()
    rows = []
    for number, program in enumerate(PROGRAMS):
        if options.only and program.name not in options.only:
            continue
        if source_of(program) is None:
            print(f"  {program.name}: pyperformance is not to be had")
            continue
        try:
            found = measure(number, 3 if options.quick else options.rounds, tools, options.quick)
        except RuntimeError as error:
            print(f"  {program.name}: {error}")
            continue
        rows.append(row_of(program.name, found))
        print(line_of(rows[-1]), flush=True)
    if options.json:
        answer = {"schema": "hone-bench-lines-1", "machine": machine_line(), "rows": rows}
        options.json.write_text(json.dumps(answer, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
