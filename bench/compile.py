# SPDX-License-Identifier: Apache-2.0
"""Compiled code against its rivals: ./dev bench compile [--quick] [--json FILE] [--only NAME]

pyperformance's spectral_norm, nbody and fannkuch, sources unmodified, and a mandelbrot, warm, on
the fastest CPython at hand (chosen by measuring), CPython 3.15 with its JIT, PyPy, Numba (each
function wrapped in @njit from outside where Numba takes it) and hone. Every tool runs in its own
fresh processes, in turns with all others; a cell is the ratio of medians of thread CPU time over
the fastest CPython with a 95 % bootstrap interval over the paired samples.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from support import interpreters  # noqa: E402
from support.interpreters import Tool  # noqa: E402
from support.machine import machine_line  # noqa: E402

from hone.measure import stats  # noqa: E402

PROCESS_LIMIT_SECONDS = 300


@dataclass(frozen=True)
class Program:
    name: str
    source: Path
    function: str
    arguments: tuple[Any, ...]
    quick_arguments: tuple[Any, ...]
    goal: float  # over the fastest CPython
    returns_time: bool = False  # pyperformance's bench_* return the seconds they took


@dataclass
class Cell:
    """What one tool did with one program."""

    samples: list[float] = field(default_factory=list)
    version: str = ""
    note: str = ""
    functions: list[Any] = field(default_factory=list)
    results: list[Any] = field(default_factory=list)


def programs(only: Collection[str] = ()) -> list[Program]:
    """All, or those named. pyperformance is installed only if one of its programs is wanted."""
    mandelbrot = HERE / "programs" / "mandelbrot.py"
    found = [
        Program("mandelbrot_pair", mandelbrot, "mandelbrot_pair", (160, 120, 100), (12, 8, 20), 25),
        Program(
            "mandelbrot_complex", mandelbrot, "mandelbrot_complex", (160, 120, 100), (12, 8, 20), 25
        ),
    ]
    found = [program for program in found if not only or program.name in only]
    if only and not {"spectral_norm", "nbody", "fannkuch"}.intersection(only):
        return found
    published = interpreters.pyperformance()
    if published is None:
        print(
            "pyperformance: not installed and not to be had; its programs are left out",
            file=sys.stderr,
        )
        return found

    def of(
        name: str, function: str, full: tuple[Any, ...], quick: tuple[Any, ...], goal: float
    ) -> Program:
        source = published / f"bm_{name}" / "run_benchmark.py"
        return Program(name, source, function, full, quick, goal, function.startswith("bench_"))

    everything = [
        of("spectral_norm", "bench_spectral_norm", (1,), (1,), 15),
        of("nbody", "bench_nbody", (1, "sun", 20000), (1, "sun", 200), 5),
        of("fannkuch", "fannkuch", (9,), (6,), 4),
    ]
    return [program for program in everything if not only or program.name in only] + found


def once(
    tool: Tool, program: Program, options: argparse.Namespace, warm: float, samples: int
) -> dict[str, Any]:
    spec = {
        "tool": tool.kind,
        "source": str(program.source),
        "function": program.function,
        "arguments": program.quick_arguments if options.quick else program.arguments,
        "returns_time": program.returns_time,
        "warm_seconds": warm,
        "samples": samples,
    }
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "HOME": os.environ.get("HOME", "/"),
        **tool.environment,
    }
    try:
        done = subprocess.run(
            [tool.python, str(HERE / "runner.py"), json.dumps(spec)],
            capture_output=True,
            text=True,
            env=environment,
            timeout=PROCESS_LIMIT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return {"error": f"longer than {PROCESS_LIMIT_SECONDS} s"}
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        return {"error": last[:120]}
    answer: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return answer


def fastest_cpython(program: Program, found: dict[str, Path], options: argparse.Namespace) -> str:
    """The version with the shortest median of a short look at each."""
    looks = {
        version: once(Tool(version, "plain", python), program, options, 0.2, 3)
        for version, python in found.items()
    }
    fine = {
        version: statistics.median(look["samples"])
        for version, look in looks.items()
        if "error" not in look
    }
    return min(fine, key=lambda version: fine[version])


def tools(options: argparse.Namespace) -> tuple[list[Tool], list[str]]:
    """Everybody but the base, and the sentences about who is missing."""
    found = interpreters.cpythons()
    packages = interpreters.hone_packages()
    row: list[Tool] = []
    missing: list[str] = []
    newest = [version for version in found if version.startswith("3.15.")]
    for version in newest[:1]:
        row.append(Tool(f"CPython {version}", "plain", found[version]))
        row.append(Tool(f"CPython {version} JIT", "plain", found[version], {"PYTHON_JIT": "1"}))
    if not newest:
        missing.append("CPython 3.15: not installed (./dev pythons brings it)")
    pypy = interpreters.pypy()
    if pypy is None:
        missing.append("PyPy: not installed (./dev pythons brings it)")
    else:
        row.append(Tool(interpreters.version_of(pypy) or "PyPy", "plain", pypy))
    numba = None if options.without_numba else interpreters.numba()
    if numba is None:
        missing.append(f"Numba: {interpreters.NUMBA} not installed")
    else:
        row.append(
            Tool(f"{interpreters.NUMBA} on {interpreters.version_of(numba)}", "numba", numba)
        )
    for version, folder in packages.items():
        if version in found:
            row.append(
                Tool(f"hone on {version}", "hone", found[version], {"PYTHONPATH": str(folder)})
            )
    if not packages:
        missing.append("hone: not built (./dev build)")
    return row, missing


def measure(
    program: Program, everybody: list[Tool], options: argparse.Namespace
) -> dict[str, Cell]:
    cells = {tool.name: Cell() for tool in everybody}
    rounds, warm, samples = (
        (1, 0.05, 3) if options.quick else (options.rounds, options.warm, options.samples)
    )
    for _ in range(rounds):
        for tool in everybody:
            cell = cells[tool.name]
            if cell.note.startswith("failed"):
                continue
            answer = once(tool, program, options, warm, samples)
            if "error" in answer:
                cell.note = f"failed: {answer['error']}"
                continue
            cell.samples += answer["samples"]
            cell.version, cell.note = answer["version"], answer["note"]
            cell.functions = answer["functions"]
            cell.results.append(answer["result"])
    return cells


def describe(cell: Cell) -> str:
    """Why a tool has what it has: Numba's refusals, what hone left interpreted."""
    if cell.note:
        return cell.note
    left = [row for row in cell.functions if isinstance(row, dict) and row["state"] != "compiled"]
    return "; ".join(f"{row['qualname']} {row['state']}: {row['reason']}" for row in left[:3])


def report(program: Program, base: str, cells: dict[str, Cell]) -> list[dict[str, Any]]:
    rows = []
    reference = cells[base]
    print(f"\n{program.name}  (goal for hone: {program.goal:g}x over {base})")
    for name, cell in cells.items():
        row: dict[str, Any] = {"program": program.name, "tool": name, **asdict(cell)}
        rows.append(row)
        if len(cell.samples) != len(reference.samples) or not cell.samples:
            print(f"  {name:28} {'-':>12}  {cell.note or 'no samples'}")
            continue
        ratio = stats.ratio(reference.samples, cell.samples)
        median = statistics.median(cell.samples)
        row |= {"median": median, "ratio": ratio.value, "interval": [ratio.low, ratio.high]}
        shown = f"{ratio.value:7.2f}x [{ratio.low:.2f}, {ratio.high:.2f}]"
        print(f"  {name:28} {median * 1e3:9.2f} ms  {shown:26} {describe(cell)}")
        if not program.returns_time:
            row["same_result"] = cell.results[0] == reference.results[0]
            if not row["same_result"]:
                print(
                    f"  {'':28} ANOTHER RESULT: {cell.results[0]!r} instead of {reference.results[0]!r}"
                )
    return rows


def main() -> int:
    rules = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    rules.add_argument(
        "--quick", action="store_true", help="tiny inputs, one process a tool: a smoke test"
    )
    rules.add_argument("--json", type=Path, metavar="FILE")
    rules.add_argument("--only", action="append", default=[], metavar="PROGRAM")
    rules.add_argument("--without-numba", action="store_true", help="do not install or run Numba")
    rules.add_argument("--rounds", type=int, default=3, help="processes a tool")
    rules.add_argument("--samples", type=int, default=5, help="samples a process")
    rules.add_argument("--warm", type=float, default=1.5, metavar="SECONDS")
    options = rules.parse_args()

    others, missing = tools(options)
    found = interpreters.cpythons()
    if not found:
        print("no CPython 3.11 or later found")
        return 1
    print(machine_line())
    for sentence in missing:
        print(sentence)
    rows: list[dict[str, Any]] = []
    for program in programs(options.only):
        version = fastest_cpython(program, found, options)
        base = Tool(f"CPython {version} (fastest)", "plain", found[version])
        rows += report(program, base.name, measure(program, [base, *others], options))
        sys.stdout.flush()
    if options.json:
        options.json.write_text(
            json.dumps(
                {"schema": "hone-bench-compile-1", "machine": machine_line(), "rows": rows},
                indent=1,
            )
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
