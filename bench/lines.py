# SPDX-License-Identifier: Apache-2.0
"""Is the line profiler cheap and true? ./dev bench lines [--quick] [--json FILE] [--only NAME]

Ten of pyperformance's programs with every function and method watched: `profilers.py`'s table of the kind
lines. Loops where watching costs most, plain, under hone's line profiler and under line_profiler, each in
fresh processes that take turns; samples are thread CPU time. Stated: how many times longer than plain each takes, and what hone adds as a
share of what line_profiler adds, with intervals of 95 % over the rounds. `true` is hone's own sum of the
worst loop's lines over the plain time: 1.0 if the price of watching is taken off rightly.
Programs that call, yield, raise, await and compute, and some of pyperformance's: how true the charge for
watching is (support/line_truth.py), median, least and most over some processes. `--only` chooses among them, too.
The interpreter is the one that runs this.
"""

from __future__ import annotations

import argparse
import importlib
import json
import statistics
import subprocess
import sys
import time
import types
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from support import line_truth, rivals, tables  # noqa: E402
from support.machine import machine_line  # noqa: E402

TOOLS = ("plain", "hone", "line_profiler")
SAMPLES = 5  # of a process; their least counts
PROCESSES = 3  # of a row of the table of truth
PARTS = ("loops", "truth", "programs")


@dataclass(frozen=True)
class Loop:
    name: str
    function: str
    full: tuple[Any, ...]
    quick: tuple[Any, ...]


SOURCE = HERE / "programs" / "line_loops.py"
LOOPS = (
    Loop("worst loop", "two_lines", (100_000,), (2000,)),
    Loop("worst loop, one line", "one_line", (100_000,), (2000,)),
    Loop("calls", "calls", (20_000,), (500,)),
    Loop("unwatched", "unwatched", (100_000,), (2000,)),
)


# ---- one process


def worker(tool: str, number: int, quick: bool) -> None:
    loop = LOOPS[number]
    module = types.ModuleType(SOURCE.stem)
    module.__file__ = str(SOURCE)
    sys.modules[module.__name__] = module
    exec(compile(SOURCE.read_text(), str(SOURCE), "exec"), module.__dict__)
    profiler = decorate(tool, module)
    arguments = loop.quick if quick else loop.full

    def run() -> None:
        getattr(module, loop.function)(*arguments)

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
    row: dict[str, Any] = {"loop": name, "seconds": seconds}
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
    cells = [f"  {row['loop']:<22}"]
    for tool in TOOLS[1:]:
        if tool in row:
            value, low, high = row[tool]
            cells.append(f"{tool} {value:6.2f}x [{low:.2f}, {high:.2f}]")
    if row.get("share") is not None:
        cells.append(f"share of added time {row['share']:.2f}")
    if row["loop"].startswith("worst loop"):
        cells.append(f"true {row['true']:.2f}")
    return "  ".join(cells)


def loop_rows(options: argparse.Namespace) -> list[dict[str, Any]]:
    tools = [tool for tool in TOOLS if tool != "line_profiler" or rivals.has(tool)]
    loops = []
    for number, loop in enumerate(LOOPS):
        try:
            found = measure(number, 3 if options.quick else options.rounds, tools, options.quick)
        except RuntimeError as error:
            print(f"  {loop.name}: {error}")
            continue
        loops.append(row_of(loop.name, found))
        print(line_of(loops[-1]), flush=True)
    return loops


def truth_rows(options: argparse.Namespace) -> list[dict[str, Any]]:
    processes = 1 if options.quick else PROCESSES
    print("\n" + line_truth.HEAD)
    rows = []
    for name in line_truth.NAMES:
        if options.only and name not in options.only:
            continue
        try:
            rows.append(line_truth.measure(__file__, name, options.quick, processes))
        except RuntimeError as error:
            print(f"  {error}")
            continue
        print(line_truth.line_of(rows[-1]), flush=True)
    return rows


def main() -> int:
    rules = tables.rules(__doc__, ("lines",))
    rules.add_argument("--worker", nargs=2, help=argparse.SUPPRESS)
    rules.add_argument("--truth", metavar="PROGRAM", help=argparse.SUPPRESS)
    rules.add_argument("--part", action="append", default=[], choices=PARTS)
    options = rules.parse_args()
    if options.worker:
        worker(options.worker[0], int(options.worker[1]), options.quick)
        return 0
    if options.truth:
        line_truth.worker(options.truth, options.quick)
        return 0
    print(f"{machine_line()}, CPython {sys.version.split()[0]}")
    parts = options.part or PARTS
    loops = loop_rows(options) if "loops" in parts else []
    truth = truth_rows(options) if "truth" in parts else []
    programs = tables.program_rows(options, ("lines",)) if "programs" in parts else []
    rows = [tables.as_json(row) for row in programs]
    if options.json:
        answer = {"schema": "hone-bench-lines-3", "machine": machine_line()}
        answer |= {"loops": loops, "truth": truth, "programs": rows}
        options.json.write_text(json.dumps(answer, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
