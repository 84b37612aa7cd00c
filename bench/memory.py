# SPDX-License-Identifier: Apache-2.0
"""What does a memory profile cost, and is it true? ./dev bench memory [--quick] [--json FILE] [--only NAME]

Programs: ten of pyperformance's (pinned, sources unmodified) under each profiler, in turns in one process: `profilers.py`'s table
of the kind memory. Whole runs: a program that asks for some 500 MB in blocks of many sizes and holds some 60, started plain and under
`hone memory`, `memray run` and Scalene in turns: CPU time and most resident memory of its process, as ratios. Truth: how far
`hone memory`'s total, peak and what is held are from the same program's exact ones, in percent. Rivals are pinned, put into
.cache/bench/, and named when they are not to be had. The interpreter is the one that runs this.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from support import tables, tools  # noqa: E402
from support.machine import machine_line  # noqa: E402
from support.processes import Spent, Tool, ToolFailed  # noqa: E402

from hone.measure import stats  # noqa: E402

WORK = """
import sys, time
def keep(n): return [bytes(30 + i % 400) for i in range(n)]
def large(n): return [bytearray(200_000) for _ in range(n)]
def churn(n):
    for i in range(n):
        str(i) + "x" * (i % 100)
def nested(n): return [[i, {"a": i}] for i in range(n)]
kept = []
for turn in range(int(sys.argv[1])):
    kept.append(keep(20_000)); churn(100_000); nested(30_000); large(30)
"""


def whole_runs(rounds: int, size: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "work.py").write_text(WORK)
        spent = in_turns([tools.PLAIN, *tools.of_memory()], folder, rounds, size)
        print(f"\n{'whole runs':<14}{'CPU time':>24}{'resident':>12}")
        for tool, runs in spent.items():
            if tool != tools.PLAIN.name:
                print_runs(tool, runs, spent[tools.PLAIN.name])
        errors = truth(folder, rounds, size)
    answer = {
        tool: {"seconds": [one.seconds for one in runs], "KiB": [one.resident for one in runs]}
        for tool, runs in spent.items()
    }
    return {"runs": answer, "errors_percent": errors}


def in_turns(found: list[Tool], folder: Path, rounds: int, size: int) -> dict[str, list[Spent]]:
    script = (str(folder / "work.py"), str(size))
    spent: dict[str, list[Spent]] = {tool.name: [] for tool in found}
    for turn in range(rounds):
        for tool in list(found) if turn % 2 == 0 else list(reversed(found)):
            try:
                spent[tool.name].append(tool.run(folder / tool.name, script))
            except ToolFailed as error:
                found.remove(tool)
                del spent[tool.name]
                print(f"  left out: {tool.name}: {error}")
    return spent


def print_runs(name: str, runs: list[Spent], plain: list[Spent]) -> None:
    slower = stats.ratio([run.seconds for run in runs], [run.seconds for run in plain])
    larger, usual = (statistics.median(run.resident for run in each) for each in (runs, plain))
    cell = f"{slower.value:.2f}x [{slower.low:.2f}, {slower.high:.2f}]"
    print(f"  {name:<12}{cell:>24}{larger / usual:>11.2f}x")


def truth(folder: Path, rounds: int, size: int) -> dict[str, list[float]]:
    """Percent off, by measure."""
    exact = sums(folder, size, "--every", "1")
    found: dict[str, list[float]] = {name: [] for name in exact}
    for _ in range(rounds):
        for name, value in sums(folder, size).items():
            found[name].append((value / exact[name] - 1) * 100)
    cells = (f"{name} {max(map(abs, values)):.1f} %" for name, values in found.items())
    print(f"  at most off in {rounds} runs: {', '.join(cells)}")
    return found


def sums(folder: Path, size: int, *options: str) -> dict[str, float]:
    from hone.recording import reader

    seen = folder / "seen"
    command = [sys.executable, "-m", "hone", "memory", *options, "--record", str(seen)]
    subprocess.run([*command, str(folder / "work.py"), str(size)], capture_output=True, check=True)
    rows = reader.load(seen).allocations
    return {
        "asked for": sum(row.bytes for row in rows),
        "peak": sum(row.peak for row in rows),
        "held": sum(row.live for row in rows),
    }


def rows_of(rows: list[dict[str, Any]], name: str) -> float:
    """How much longer the programs took in the mean under this profiler; 0: it was not there."""
    ratios = [row["times"][name] for row in rows if name in row["times"]]
    return statistics.geometric_mean(ratios) - 1 if ratios else 0.0


def main() -> int:
    options = tables.rules(__doc__, ("memory",)).parse_args()
    print(f"{machine_line()}, CPython {sys.version.split()[0]}")
    rows = [tables.as_json(row) for row in tables.program_rows(options, ("memory",))]
    added = [rows_of(rows, name) for name in ("hone", "memray")]
    if all(added):
        print(f"  in the mean hone adds {added[0] / added[1]:.2f} of what memray adds (goal: 0.25)")
    runs = whole_runs(3 if options.quick else options.rounds, 2 if options.quick else 10)
    if options.json:
        answer: dict[str, Any] = {"schema": "hone-bench-memory-2", "machine": machine_line()}
        options.json.write_text(json.dumps(answer | {"programs": rows} | runs, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
