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
import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import profilers as table  # noqa: E402
from support.machine import machine_line  # noqa: E402

from hone.measure import stats  # noqa: E402

RIVALS = HERE.parent / ".cache" / "bench" / f"memory-{sys.version_info[0]}.{sys.version_info[1]}"
PINNED = ("memray==1.20.0", "scalene==2.4.0")

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


@dataclass
class Tool:
    name: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)
    resident: list[float] = field(default_factory=list)  # KiB


def rivals_are_here(*, fetch: bool) -> bool:
    """Puts them where this process and its children import them."""
    if fetch and not RIVALS.exists():
        command = [sys.executable, "-m", "pip", "install", "-q", "--target", str(RIVALS)]
        for one in PINNED:
            subprocess.run([*command, "--upgrade", one], capture_output=True, check=False)
    sys.path.append(str(RIVALS))
    return RIVALS.exists()


def tools(folder: Path, here: bool) -> list[Tool]:
    python, program = sys.executable, str(folder / "work.py")
    found = [
        Tool("plain", [python, program]),
        Tool("hone", [python, "-m", "hone", "memory", "--record", str(folder / "seen"), program]),
    ]
    if not here:
        return found
    path = {"PYTHONPATH": str(RIVALS)}
    if (RIVALS / "memray").exists():
        found.append(Tool("memray", [python, "-m", "memray", "run", "-q", "-f", "-o", str(folder / "bin"), program], path))  # fmt: skip
    if (RIVALS / "scalene").exists():
        found.append(Tool("Scalene", [python, "-m", "scalene", "run", "-o", str(folder / "json"), program], path))  # fmt: skip
    return found


def run(tool: Tool, size: int) -> str | None:
    """None, or what went wrong."""
    environment = {**os.environ, **tool.environment}
    with tempfile.TemporaryFile() as said:
        command = [*tool.command, *(["---"] if tool.name == "Scalene" else []), str(size)]
        process = subprocess.Popen(command, env=environment, stdout=said, stderr=said)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            return said.read().decode("utf-8", "replace").strip().rpartition("\n")[2] or "failed"
    tool.seconds.append(usage.ru_utime + usage.ru_stime)
    tool.resident.append(float(usage.ru_maxrss))
    return None


def whole_runs(rounds: int, size: int, here: bool) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "work.py").write_text(WORK)
        found = tools(folder, here)
        for turn in range(rounds):
            for tool in list(found) if turn % 2 == 0 else list(reversed(found)):
                if why := run(tool, size):
                    found.remove(tool)
                    print(f"  left out: {tool.name}: {why}")
        plain = found[0]
        print(f"\nwhole runs    {'CPU time':>24}{'resident':>12}")
        for tool in found[1:]:
            slower = stats.ratio(tool.seconds, plain.seconds)
            larger = statistics.median(tool.resident) / statistics.median(plain.resident)
            cell = f"{slower.value:.2f}x [{slower.low:.2f}, {slower.high:.2f}]"
            print(f"  {tool.name:<12}{cell:>24}{larger:>11.2f}x")
        errors = truth(folder, rounds, size)
    answer = {tool.name: {"seconds": tool.seconds, "KiB": tool.resident} for tool in found}
    return {"runs": answer, "errors_percent": errors}


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
    options = table.words(__doc__)
    here = rivals_are_here(fetch=not options.quick)
    print(f"{machine_line()}, CPython {sys.version.split()[0]}")
    rows = [table.as_json(row) for row in table.program_rows(options, kinds=("memory",))]
    added = [rows_of(rows, name) for name in ("hone", "memray")]
    if all(added):
        print(f"  in the mean hone adds {added[0] / added[1]:.2f} of what memray adds (goal: 0.25)")
    runs = whole_runs(3 if options.quick else options.rounds, 2 if options.quick else 10, here)
    if options.json:
        answer: dict[str, Any] = {"schema": "hone-bench-memory-1", "machine": machine_line()}
        options.json.write_text(json.dumps(answer | {"programs": rows} | runs, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
