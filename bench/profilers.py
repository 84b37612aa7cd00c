# SPDX-License-Identifier: Apache-2.0
"""Are the profilers cheap and true? ./dev bench profilers [--quick] [--json FILE] [--only NAME] [--kind KIND]

Programs: ten of pyperformance's (pinned, sources unmodified), alone and under each profiler of a
kind, in turns. Calls, lines and memory: switched on and off in one process, each rival with a copy of
the program of its own; a cell is how many times longer the program's thread ran (processor time), "stated"
what hone says of itself, the last column what hone adds over what the rival adds, with a 95 % interval.
Sampling, and memory of whole runs: processes of their own; a cell is the processor time of the program's
process while it works, times that of the plain one, and that of all processes from start to report.
Bias: of two functions that do the same, one calls a one-line function and the other has it inline;
they are scaled so that the first takes a quarter of the time (measured unwatched, in turns). The
share that hone's call profiler and cProfile report stands beside it. Cost: nanoseconds a call adds.
The interpreter is the one that runs this.
"""

from __future__ import annotations

import cProfile
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from support import tables  # noqa: E402
from support.machine import machine_line  # noqa: E402

from hone import _core  # noqa: E402


def called(i: int) -> int:
    return i * i + 1


def with_calls(n: int) -> int:
    total = 0
    for i in range(n):
        total += called(i)
    return total


def inline(n: int) -> int:
    total = 0
    for i in range(n):
        total += i * i + 1
    return total


def seconds(function: Callable[[int], int], n: int) -> float:
    start = time.thread_time()
    function(n)
    return time.thread_time() - start


def true_share(n: int, inline_n: int, pairs: int) -> float:
    ratio = statistics.median(
        seconds(with_calls, n) / seconds(inline, inline_n) for _ in range(pairs)
    )
    return ratio / (1 + ratio)


def hone_share(work: Callable[[], None]) -> float:
    profiler = _core.Profiler()
    with profiler:
        work()
    cumulative = {row[2]: row[5] for row in profiler.rows()}
    return cumulative["with_calls"] / (cumulative["with_calls"] + cumulative["inline"])


def cprofile_share(work: Callable[[], None]) -> float:
    profiler = cProfile.Profile()
    profiler.enable()
    work()
    profiler.disable()
    profiler.create_stats()
    cumulative = {key[2]: row[3] for key, row in profiler.stats.items()}  # type: ignore[attr-defined]
    return cumulative["with_calls"] / (cumulative["with_calls"] + cumulative["inline"])


def bias(rounds: int, n: int = 500) -> dict[str, float]:
    pairs = max(rounds, 20)
    for _ in range(pairs):
        with_calls(n), inline(n)
    ratio = statistics.median(seconds(with_calls, n) / seconds(inline, n) for _ in range(pairs))
    inline_n = int(3 * ratio * n)

    def work() -> None:
        for _ in range(rounds):
            with_calls(n)
            inline(inline_n)

    found: dict[str, list[float]] = {"true": [], "hone": [], "cProfile": []}
    for _ in range(5):
        found["true"].append(true_share(n, inline_n, pairs))
        found["hone"].append(hone_share(work))
        found["cProfile"].append(cprofile_share(work))
    return {name: statistics.median(shares) for name, shares in found.items()}


def cost(n: int) -> dict[str, float]:
    """Added nanoseconds a Python call, medians over samples in turns."""
    added: dict[str, list[float]] = {"hone": [], "cProfile": []}
    for _ in range(15):
        plain = seconds(with_calls, n)
        for name, profiler in (("hone", _core.Profiler()), ("cProfile", cProfile.Profile())):
            profiler.enable()
            watched = seconds(with_calls, n)
            profiler.disable()
            added[name].append((watched - plain) / n * 1e9)
    return {name: statistics.median(values) for name, values in added.items()}


def main() -> int:
    options = tables.rules(__doc__).parse_args()
    print(f"{machine_line()}, CPython {sys.version.split()[0]}")
    shares = bias(5 if options.quick else 300)
    prices = cost(200 if options.quick else 5000)
    print(
        f"  share of a quarter: true {shares['true']:.1%}, hone {shares['hone']:.1%} (goal: 25 +- 3 points), "
        f"cProfile {shares['cProfile']:.1%}"
    )
    print(f"  added by a call: hone {prices['hone']:.0f} ns, cProfile {prices['cProfile']:.0f} ns")
    rows = [tables.as_json(row) for row in tables.program_rows(options)]
    if options.json:
        answer: dict[str, Any] = {"schema": "hone-bench-profilers-4", "machine": machine_line()}
        found = {"shares": shares, "added_ns": prices, "programs": rows}
        options.json.write_text(json.dumps(answer | found, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
