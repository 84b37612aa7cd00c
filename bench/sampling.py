# SPDX-License-Identifier: Apache-2.0
"""What does sampling cost, and is it true? ./dev bench sampling [--quick] [--flutter N] [--json FILE]

Cost: one program that does a fixed amount of work, plain and under each sampler in turns; its own CPU time, and that of all
processes together, as ratios to the plain run before it, with the interval of 95 %. Truth: the share of a function that
takes a quarter of the program's CPU time by the program's own clock. hone samples as its budget of 1 % allows; py-spy 0.4.1
and, where the interpreter has it, profiling.sampling at their defaults. --flutter counts stacks that can't be, in N samples
of calls that alternate. The interpreter is the one that runs this.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from support import rivals, tools  # noqa: E402
from support.machine import machine_line  # noqa: E402
from support.processes import Tool, ToolFailed, spend  # noqa: E402

from hone.measure import stats  # noqa: E402

WORK = """
import sys, time
def work(n):
    s = 0
    for i in range(n): s += leaf(i)
    return s
def leaf(i): return i * i % 7
def quarter(n): return work(n)
def rest(n): return work(3 * n)
spent = {quarter: 0.0, rest: 0.0}
started = time.thread_time(), time.process_time()
for _ in range(int(sys.argv[1])):
    for part in spent:
        begin = time.thread_time()
        part(4000)
        spent[part] += time.thread_time() - begin
print(time.thread_time() - started[0], time.process_time() - started[1], spent[quarter] / sum(spent.values()))
"""
FLUTTER = """
import sys, time
def leaf_a(n): return n + 1
def leaf_b(n): return n + 2
def mid_a(n): return leaf_a(n) + leaf_a(n)
def mid_b(n): return leaf_b(n) + leaf_b(n)
def key_a(n): return leaf_a(n)
def key_b(n): return leaf_b(n)
def gen_a():
    for i in range(3): yield leaf_a(i)
def gen_b():
    for i in range(3): yield leaf_b(i)
def main(seconds):
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        for i in range(200):
            mid_a(i); mid_b(i)
            list(map(key_a, (1, 2))); list(map(key_b, (1, 2)))
            list(gen_a()); list(gen_b())
main(float(sys.argv[1]))
"""
POSSIBLE = {
    "leaf_a": {"mid_a", "key_a", "gen_a"},
    "leaf_b": {"mid_b", "key_b", "gen_b"},
    **{name: {"main"} for name in ("mid_a", "mid_b", "key_a", "key_b", "gen_a", "gen_b")},
}


@dataclass
class Found:
    """By round, over the plain run before it: ratios of CPU time, and the error of the share."""

    own: list[float] = field(default_factory=list)  # of the program's thread
    process: list[float] = field(default_factory=list)  # of its process, while it works
    all: list[float] = field(default_factory=list)  # of all processes, starts and reports too
    errors: list[float] = field(default_factory=list)  # points of share


def samplers() -> list[Tool]:
    """Those that can be had and write collapsed stacks, and hone at py-spy's rate."""
    as_fast = Tool("hone, 100 Hz", lambda out, script: (*tools.HONE, "sample", "-r", "100", "--budget", "20%", "--mode", "cpu", "--collapsed", "-o", str(out), *script))  # fmt: skip
    return [as_fast, *(tool for tool in tools.samplers() if tool.name != "Scalene")]


def said(output: str) -> tuple[float, ...]:
    """What the program printed, among what the tools print."""
    found = re.search(r"^(\d+\.\d+) (\d+\.\d+) (\d\.\d+)$", output, re.M)
    if found is None:
        raise ToolFailed("the program said nothing")
    return tuple(map(float, found.groups()))


def shares(path: Path) -> Counter[str]:
    """Weights by function, of collapsed stacks; frames are `name (file:line)` or `file:name:line`."""
    found: Counter[str] = Counter()
    for line in path.read_text().splitlines():
        stack, _, weight = line.rpartition(" ")
        for name in set(re.findall(r"\b(quarter|rest)\b", stack)):
            found[name] += float(weight)  # type: ignore[assignment]
    return found


def compare(rounds: int, size: int, *, bring: bool) -> dict[str, Any]:
    for line in rivals.fetch(bring=bring):
        print(f"  {line}")
    here = samplers()
    found = {tool.name: Found() for tool in here}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        program = folder / "work.py"
        program.write_text(WORK)
        for _ in range(rounds):
            for tool in list(here):
                try:
                    one_round(tool, found[tool.name], folder / "out", (str(program), str(size)))
                except ToolFailed as error:
                    here.remove(tool)
                    print(f"  left out: {tool.name}: {error}")
    print(f"{'':20}{'its thread':>24}{'its process':>24}{'all processes':>24}{'share off by':>16}")
    for tool in here:
        print_found(tool.name, found[tool.name])
    return {tool.name: asdict(found[tool.name]) for tool in here}


def print_found(name: str, found: Found) -> None:
    ratios = [stats.ratio_of_logs(logs(v)) for v in (found.own, found.process, found.all)]
    error = sorted(found.errors)[len(found.errors) // 2]
    columns = "".join(f"{interval(ratio):>24}" for ratio in ratios)
    print(f"{name:20}{columns}{error * 100:>12.1f} pts")


def one_round(tool: Tool, found: Found, out: Path, script: tuple[str, str]) -> None:
    out.unlink(missing_ok=True)
    plain, watched = tools.PLAIN.run(out, script), tool.run(out, script)
    own, process, _ = said(plain.output)
    watched_own, watched_process, share = said(watched.output)
    found.own.append(watched_own / own)
    found.process.append(watched_process / process)
    found.all.append(watched.seconds / plain.seconds)
    weights = shares(out)
    whole = weights["quarter"] + weights["rest"]
    found.errors.append(abs(weights["quarter"] / whole - share) if whole else 1.0)


def logs(values: Sequence[float]) -> list[float]:
    return [math.log(value) for value in values]


def interval(value: stats.Ratio) -> str:
    return f"{value.value:.3f} ({value.low:.3f}-{value.high:.3f})"


def flutter(samples: int) -> dict[str, int]:
    """As fast as it goes, until so many samples are there."""
    from hone.recording import reader

    seen = impossible = 0
    with tempfile.TemporaryDirectory() as name:
        program, record = Path(name) / "flutter.py", Path(name) / "seen.hone"
        program.write_text(FLUTTER)
        while seen < samples:
            seconds = min(60.0, max(2.0, (samples - seen) / 4000))
            command = (*tools.HONE, "sample", "-r", "50000", "--budget", "100%", "--mode", "cpu")
            spend((*command, "--record", str(record), str(program), f"{seconds}"))
            recording = reader.load(record)
            stacks, functions = recording.stacks, recording.functions
            counts = Counter(sample.stack for sample in recording.samples)
            for stack, count in counts.items():
                names = [functions[stacks.function[at]].name for at in stacks.path(stack)]
                seen += count
                pairs = pairwise(names)
                if any(caller not in POSSIBLE.get(callee, {caller}) for callee, caller in pairs):
                    impossible += count
    print(f"{impossible} impossible stacks in {seen} samples of alternating calls")
    return {"samples": seen, "impossible": impossible}


def main() -> None:
    rules = argparse.ArgumentParser(description=__doc__)
    rules.add_argument(
        "--quick", action="store_true", help="a smoke test: no figure means anything"
    )
    rules.add_argument("--rounds", type=int, default=12)
    rules.add_argument("--flutter", type=int, default=0, metavar="N")
    rules.add_argument("--json", metavar="FILE")
    chosen = rules.parse_args()
    print(f"CPython {sys.version.split()[0]}, {machine_line()}")
    answer: dict[str, Any] = {"schema": "hone-bench-sampling-2", "machine": machine_line()}
    if chosen.flutter:
        answer["flutter"] = flutter(chosen.flutter)
    else:
        answer["tools"] = compare(
            3 if chosen.quick else chosen.rounds,
            200 if chosen.quick else 1200,
            bring=not chosen.quick,
        )
    if chosen.json:
        Path(chosen.json).write_text(json.dumps(answer, indent=1))


if __name__ == "__main__":
    main()
