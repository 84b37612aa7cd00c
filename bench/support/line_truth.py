# SPDX-License-Identifier: Apache-2.0
"""Is it true what the line profiler takes off? A program runs alone and watched, in turns, in a few processes:
how many times longer it really took and how much longer the profiler says; what was charged for watching over
what watching cost; and the sum of the lines that the whole program is in over the time it takes alone."""

from __future__ import annotations

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

from support import interpreters, profilers

SOURCE = Path(__file__).resolve().parents[1] / "programs" / "line_truth.py"
SMALL = {
    "recursion": 21,
    "generator": 100_000,
    "exceptions": 30_000,
    "arithmetic": 60_000,
    "methods": 12_000,
    "coroutines": 40_000,
}
LARGE = ("deltablue", "go", "hexiom", "pyflate", "raytrace", "richards")
NAMES = (*SMALL, *LARGE)
PAIRS = 5  # a process

Work = Callable[[], object]


def load(name: str, quick: bool) -> tuple[types.ModuleType, Work]:
    """A copy of the program of its own. LookupError: pyperformance is not to be had."""
    if name in SMALL:
        module = types.ModuleType("line_truth")
        sys.modules[module.__name__] = module
        exec(compile(SOURCE.read_text(), str(SOURCE), "exec"), module.__dict__)
        n = SMALL[name] // (50 if quick and name != "recursion" else 1)
        return module, lambda: getattr(module, name)(n)
    folder = interpreters.pyperformance()
    if folder is None:
        raise LookupError("pyperformance is not to be had")
    program = next(program for program in profilers.PROGRAMS if program.name == name)
    module, work = program.load(folder)
    return module, lambda: work(program.quick_loops if quick else program.loops)


def whole(work: Work) -> None:
    work()


@dataclass
class Pair:
    """Seconds, one round alone and one watched."""

    alone: float
    watched: float
    charged: float
    lines: float
    stated: float


def watch(name: str, quick: bool, pairs: int) -> list[Pair]:
    alone = load(name, quick)[1]
    module, watched = load(name, quick)
    from hone.line_profiler import LineProfiler

    found = []
    for number in range(-1, pairs):
        profiler = LineProfiler(whole)
        profilers.watch_all_functions(profiler, module)
        before = seconds(alone)
        with profiler:
            taken = seconds(lambda: whole(watched))
        if number < 0:
            continue
        after = seconds(alone)
        cost = profiler.overhead()
        lines = sum(
            row[2] * 1e-9
            for key, rows in profiler.get_stats().timings.items()
            if key[2] == whole.__qualname__
            for row in rows
        )
        found.append(Pair((before + after) / 2, taken, cost["seconds"], lines, profiler.slowdown()))
    return found


def seconds(work: Work) -> float:
    """Of this thread's processor."""
    start = time.thread_time()
    work()
    return time.thread_time() - start


def worker(name: str, quick: bool) -> None:
    found = watch(name, quick, 2 if quick else PAIRS)
    sys.stdout.write("\n" + json.dumps([vars(pair) for pair in found]) + "\n")


def measure(script: str, name: str, quick: bool, processes: int) -> dict[str, Any]:
    """A row of the table. RuntimeError: what the process complained of."""
    rows = []
    for _ in range(processes):
        command = [sys.executable, script, "--truth", name, *(["--quick"] if quick else [])]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
        if done.returncode != 0:
            raise RuntimeError(f"{name}: {done.stderr.strip().splitlines()[-1:]}")
        rows.append([Pair(**pair) for pair in json.loads(done.stdout.splitlines()[-1])])
    return row_of(name, rows)


def row_of(name: str, processes: list[list[Pair]]) -> dict[str, Any]:
    def over_all(figure: Callable[[Pair], float]) -> list[float]:
        """The median of each process, sorted."""
        return sorted(statistics.median(map(figure, pairs)) for pairs in processes)

    figures = {
        "true": over_all(lambda pair: pair.watched / pair.alone),
        "stated": over_all(lambda pair: pair.stated),
        "charged": over_all(lambda pair: pair.charged / (pair.watched - pair.alone)),
        "sum": over_all(lambda pair: pair.lines / pair.alone),
    }
    pairs = [[vars(pair) for pair in found] for found in processes]
    return {"program": name, "pairs": pairs, **figures}


HEAD = f"  {'':<12}{'true':>8}{'stated':>8}   {'charged/true cost':>20}{'lines/alone':>20}"


def line_of(row: dict[str, Any]) -> str:
    def cell(figures: list[float]) -> str:
        return f"{statistics.median(figures):.2f} [{figures[0]:.2f}, {figures[-1]:.2f}]"

    true, stated = (f"{statistics.median(row[name]):.2f}x" for name in ("true", "stated"))
    return (
        f"  {row['program']:<12}{true:>8}{stated:>8}   {cell(row['charged']):>20}"
        f"{cell(row['sum']):>20}"
    )
