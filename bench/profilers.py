# SPDX-License-Identifier: Apache-2.0
"""Are the profilers cheap and true? ./dev bench profilers [--quick] [--json FILE] [--only NAME]

Programs: ten of pyperformance's (pinned, sources unmodified), alone and under each profiler of a
kind, in turns in one process; processor time of the thread. A cell is how many times longer the
program ran, "stated" what hone says of itself, the last column what hone adds over what the rival
adds, with a 95 % interval.
Bias: of two functions that do the same, one calls a one-line function and the other has it inline;
they are scaled so that the first takes a quarter of the time (measured unwatched, in turns). The
share that hone's call profiler and cProfile report stands beside it. Cost: nanoseconds a call adds.
The interpreter is the one that runs this.
"""

from __future__ import annotations

import argparse
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

from support import interpreters, profilers  # noqa: E402
from support.machine import machine_line  # noqa: E402

from hone import _core  # noqa: E402
from hone.measure import stats  # noqa: E402


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


def program_rows(options: argparse.Namespace, kinds: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    """Of all kinds of profilers, or some."""
    folder = interpreters.pyperformance()
    if folder is None:
        print("  pyperformance: not installed and not to be had; its programs are left out")
        return []
    rows = []
    for kind in kinds or dict.fromkeys(rival.kind for rival in profilers.RIVALS):
        of_kind = [rival for rival in profilers.RIVALS if rival.kind == kind]
        rivals = [rival for rival in of_kind if rival.is_here()]
        for rival in of_kind:
            if rival not in rivals:
                print(f"  {rival.name}: not to be had on this interpreter")
        print(
            f"\n{kind:<14}" + "".join(f"{rival.name:>12}" for rival in rivals) + "   added by hone"
        )
        of_this = [
            program_row(kind, rivals, program, folder, options) for program in wanted(options)
        ]
        print_sum(rivals, of_this)
        rows += of_this
    return rows


def wanted(options: argparse.Namespace) -> list[profilers.Program]:
    return [p for p in profilers.PROGRAMS if not options.only or p.name in options.only]


def program_row(
    kind: str,
    rivals: list[profilers.Rival],
    program: profilers.Program,
    folder: Path,
    options: argparse.Namespace,
) -> dict[str, Any]:
    work = program.load(folder)
    loops = program.quick_loops if options.quick else program.loops
    work(loops)
    found = list(
        profilers.turns(rivals, lambda: work(loops), 3 if options.quick else options.rounds)
    )
    samples = {name: [turn[name] for turn in found] for name in found[0]}
    times = {r.name: stats.ratio(samples[r.name], samples["alone"]).value for r in rivals}
    row: dict[str, Any] = {
        "kind": kind,
        "program": program.name,
        "samples": samples,
        "times": times,
    }
    cells = "".join(f"{times[rival.name]:11.2f}x" for rival in rivals)
    row["added"] = added = {
        r.name: added_share(samples, r.name) for r in rivals if r.name != "hone"
    }
    words = [
        f"{x.value:.2f} [{x.low:.2f}, {x.high:.2f}] of {name}'s" for name, x in added.items() if x
    ]
    row["stated"] = statistics.median(samples["stated"]) if "stated" in samples else None
    stated = f"stated {row['stated']:.2f}x; " if row["stated"] else ""
    print(f"  {program.name:<12}{cells}   {stated}{'; '.join(words)}", flush=True)
    return row


def added_share(samples: dict[str, list[float]], rival: str) -> stats.Ratio | None:
    """What hone adds over what the rival adds; None if one of them adds less than noise."""
    pairs = [
        (ours - alone, theirs - alone)
        for ours, theirs, alone in zip(
            samples["hone"], samples[rival], samples["alone"], strict=True
        )
    ]
    if min(min(pair) for pair in pairs) <= 0:
        return None
    return stats.ratio([pair[0] for pair in pairs], [pair[1] for pair in pairs])


def print_sum(rivals: list[profilers.Rival], rows: list[dict[str, Any]]) -> None:
    means = [statistics.geometric_mean(row["times"][r.name] for row in rows) for r in rivals]
    shares = [x.value for row in rows for x in row["added"].values() if x]
    text = f"median {statistics.median(shares):.2f}" if shares else ""
    if said := [row["stated"] / row["times"]["hone"] for row in rows if row["stated"]]:
        text += f"; stated over measured {min(said):.2f} to {max(said):.2f}"
    print(f"  {'mean':<12}" + "".join(f"{mean:11.2f}x" for mean in means) + f"   {text}")


def as_json(row: dict[str, Any]) -> dict[str, Any]:
    added = {n: [x.value, x.low, x.high] for n, x in row["added"].items() if x}
    return row | {"added": added}


def words(text: str) -> argparse.Namespace:
    """The command line of a bench over the ten programs, described by TEXT."""
    rules = argparse.ArgumentParser(
        description=text, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    rules.add_argument("--quick", action="store_true")
    rules.add_argument("--json", type=Path, metavar="FILE")
    rules.add_argument("--only", action="append", default=[], metavar="PROGRAM")
    rules.add_argument("--rounds", type=int, default=9)
    return rules.parse_args()


def main() -> int:
    options = words(__doc__)
    print(f"{machine_line()}, CPython {sys.version.split()[0]}")
    shares = bias(5 if options.quick else 300)
    prices = cost(200 if options.quick else 5000)
    print(
        f"  share of a quarter: true {shares['true']:.1%}, hone {shares['hone']:.1%} (goal: 25 +- 3 points), "
        f"cProfile {shares['cProfile']:.1%}"
    )
    print(f"  added by a call: hone {prices['hone']:.0f} ns, cProfile {prices['cProfile']:.0f} ns")
    rows = [as_json(row) for row in program_rows(options)]
    if options.json:
        answer: dict[str, Any] = {"schema": "hone-bench-profilers-3", "machine": machine_line()}
        found = {"shares": shares, "added_ns": prices, "programs": rows}
        options.json.write_text(json.dumps(answer | found, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
