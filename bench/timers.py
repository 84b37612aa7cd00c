# SPDX-License-Identifier: Apache-2.0
"""Does `hone time` call the same the same, and find 2 %? ./dev bench timers [--quick] [--json FILE]

Whole measurements, as `hone time --vs` makes them: a statement against itself, and against one that
does 2 % less. Beside it pyperf: `timeit` twice and `compare_to`, at about the same cost, its trials
in turns with hone's. And what an empty statement costs in timeit's loop and in hone's.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
import timeit
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from support.machine import machine_line  # noqa: E402

from hone.measure import noise, rounds, stats, timing  # noqa: E402
from hone.measure.statement import Clocked, Statement  # noqa: E402

LESS, MORE = "for _ in range(5000): pass", "for _ in range(5100): pass"  # 2 % apart
FAST_PYPERF = ["-p", "10", "-n", "3", "-w", "1"]  # about five seconds a statement


@dataclass
class Trials:
    """How often a tool said "different", of how many trials, and in the right direction."""

    tool: str
    pair: str
    different: list[bool] = field(default_factory=list)
    wrong_way: int = 0
    widths: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def line(self) -> str:
        count, of = sum(self.different), len(self.different)
        low, high = share_interval(count, of)
        text = (
            f"  {self.pair:9} {self.tool:7} different in {count} of {of} ({low:.0%}-{high:.0%})"
            f", {statistics.median(self.seconds):.1f} s each"
        )
        if self.widths:
            text += f", interval ±{statistics.median(self.widths) / 2:.2%}"
        return text + (f", WRONG WAY in {self.wrong_way}" if self.wrong_way else "")


def share_interval(count: int, of: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share."""
    z, share = 1.96, count / of
    middle = (share + z * z / (2 * of)) / (1 + z * z / of)
    side = z / (1 + z * z / of) * (share * (1 - share) / of + z * z / (4 * of * of)) ** 0.5
    return max(0.0, middle - side), min(1.0, middle + side)


def with_hone(first: str, other: str, budget: float, trials: Trials) -> None:
    start = time.monotonic()
    found = rounds.measure([Statement(first), Statement(other)], rounds.Plan(2 * budget))
    ratio = timing.of_rounds(found).ratios[1]
    assert ratio is not None
    trials.seconds.append(time.monotonic() - start)
    trials.different.append(ratio.gain or ratio.loss)
    trials.wrong_way += first != other and ratio.loss
    trials.widths.append(ratio.width)


def with_pyperf(first: str, other: str, options: list[str], trials: Trials) -> None:
    pyperf = [sys.executable, "-m", "pyperf"]
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        files = [f"{folder}/first.json", f"{folder}/other.json"]
        for text, file in zip((first, other), files, strict=True):
            command = [*pyperf, "timeit", "-q", "--name", "it", "-o", file, *options, text]
            subprocess.run(command, check=True, capture_output=True)
        command = [*pyperf, "compare_to", *files]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    trials.seconds.append(time.monotonic() - start)
    trials.different.append("faster" in said or "slower" in said)
    trials.wrong_way += first != other and "slower" in said


def has_pyperf() -> bool:
    command = [sys.executable, "-c", "import pyperf"]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def comparisons(options: argparse.Namespace) -> list[Trials]:
    pairs = {"the same": (MORE, MORE), "2 % less": (MORE, LESS)}
    found = []
    for name, (first, other) in pairs.items():
        tools: list[tuple[Trials, Callable[[Trials], None]]] = [
            (Trials("hone", name), lambda t, a=first, b=other: with_hone(a, b, options.budget, t))
        ]
        if options.rival:
            tools.append(
                (
                    Trials("pyperf", name),
                    lambda t, a=first, b=other: with_pyperf(a, b, FAST_PYPERF, t),
                )
            )
        for _ in range(options.trials):
            for trials, work in tools:
                work(trials)
        for trials, _ in tools:
            print(trials.line(), flush=True)
            found.append(trials)
    return found


def empty_statement(pairs: int, loops: int = 10000) -> tuple[stats.Ratio, float, float]:
    """timeit's loop over hone's, nanoseconds of each. Loops are compiled anew for each pair and take
    turns; the shortest of six samples counts, as an empty loop can only be disturbed."""
    standard, ours = [], []
    for _ in range(pairs):
        clocked, timer = Clocked(Statement(), time.perf_counter, {}, loops=loops), timeit.Timer()
        clocked.ready()
        samples: list[list[float]] = [[], []]
        for turn in range(6):
            for which in (0, 1) if turn % 2 else (1, 0):
                samples[which].append(clocked.take() if which else timer.timeit(loops) / loops)
        standard.append(min(samples[0]))
        ours.append(min(samples[1]))
    nanoseconds = [statistics.median(each) * 1e9 for each in (standard, ours)]
    return stats.ratio(standard, ours), nanoseconds[0], nanoseconds[1]


def main() -> int:
    rules = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    rules.add_argument("--quick", action="store_true")
    rules.add_argument("--json", type=Path, metavar="FILE")
    rules.add_argument("--trials", type=int, default=40, metavar="N")
    rules.add_argument("--budget", type=float, default=5.0, metavar="S", help="for each statement")
    rules.add_argument("--without-rival", dest="rival", action="store_false")
    options = rules.parse_args()
    if options.quick:
        options.trials, options.budget, options.rival = 2, 0.5, False
    print(f"{machine_line()}, CPython {sys.version.split()[0]}")
    if options.rival and not has_pyperf():
        print("  without pyperf: it is not installed (requirements/test.txt)")
        options.rival = False
    ratio, standard, ours = empty_statement(20 if options.quick else 400)
    print(
        f"  an empty statement: timeit {standard:.2f} ns, hone {ours:.2f} ns a loop; "
        f"timeit/hone {ratio.value:.3f} ({ratio.low:.3f}-{ratio.high:.3f})"
    )
    before = noise.Machine.now()
    found = comparisons(options)
    around = noise.surroundings(before, noise.Machine.now())
    for text in around:
        print(f"  {text}")
    if options.json:
        answer: dict[str, Any] = {"schema": "hone-bench-timers-1", "machine": machine_line()}
        answer |= {"empty_ns": {"timeit": standard, "hone": ours}, "noise": around}
        answer["trials"] = [asdict(each) for each in found]
        options.json.write_text(json.dumps(answer, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
