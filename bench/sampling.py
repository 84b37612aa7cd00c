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
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from support.machine import machine_line  # noqa: E402

from hone.measure import stats  # noqa: E402

CACHE = HERE.parent / ".cache" / "bench"
PY_SPY = "py-spy==0.4.1"

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
class Tool:
    name: str
    command: Callable[[Path, Path], list[str]]  # of the collapsed stacks and the program
    own: list[float] = field(default_factory=list)  # ratios of CPU time: of the program's thread
    process: list[float] = field(default_factory=list)  # of its process, while it works
    all: list[float] = field(default_factory=list)  # of all processes, starts and reports too
    errors: list[float] = field(default_factory=list)  # points of share


def tools() -> tuple[list[Tool], list[str]]:
    """Those that can be had, and sentences about the others."""
    python = sys.executable
    hone = str(Path(python).with_name("hone"))
    found = [
        Tool("hone", lambda out, program: [hone, "sample", "--mode", "cpu", "--collapsed", "-o", str(out), str(program)]),
        Tool("hone, 100 Hz", lambda out, program: [hone, "sample", "-r", "100", "--budget", "20%", "--mode", "cpu", "--collapsed", "-o", str(out), str(program)]),
    ]  # fmt: skip
    missing = []
    if spy := _py_spy():
        found.append(Tool("py-spy, 100 Hz", lambda out, program: [spy, "record", "-f", "raw", "-o", str(out), "--", python, str(program)]))  # fmt: skip
    else:
        missing.append(f"{PY_SPY} is not to be had")
    if _has_sampling():
        found.append(Tool("profiling.sampling", lambda out, program: [python, "-m", "profiling.sampling", "run", "--collapsed", "-o", str(out), str(program)]))  # fmt: skip
    else:
        missing.append(f"profiling.sampling is not in {sys.version.split()[0]}")
    return found, missing


def _has_sampling() -> bool:
    try:
        return find_spec("profiling.sampling") is not None
    except ImportError:
        return False


def _py_spy() -> str | None:
    folder = CACHE / "py-spy"
    program = folder / "bin" / "py-spy"
    if not program.exists():
        subprocess.run(
            [sys.executable, "-m", "pip", "install", "-q", "--target", str(folder), PY_SPY],
            capture_output=True,
            check=False,
        )
    return str(program) if program.exists() else None


def usage(command: Sequence[str]) -> tuple[float, str, float]:
    """CPU seconds of the process and all below it, its output, and wall seconds."""
    before = os.times()
    begin = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    wall = time.perf_counter() - begin
    after = os.times()
    spent = (
        after.children_user + after.children_system - before.children_user - before.children_system
    )
    if done.returncode:
        raise SystemExit(f"{command[0]}: {done.stderr}")
    return spent, done.stdout, wall


def said(output: str) -> tuple[float, ...]:
    """What the program printed, among what the tools print."""
    found = re.search(r"^(\d+\.\d+) (\d+\.\d+) (\d\.\d+)$", output, re.M)
    if found is None:
        raise SystemExit(f"the program said nothing: {output}")
    return tuple(map(float, found.groups()))


def shares(path: Path) -> Counter[str]:
    """Weights by function, of collapsed stacks; frames are `name (file:line)` or `file:name:line`."""
    found: Counter[str] = Counter()
    for line in path.read_text().splitlines():
        stack, _, weight = line.rpartition(" ")
        for name in set(re.findall(r"\b(quarter|rest)\b", stack)):
            found[name] += float(weight)  # type: ignore[assignment]
    return found


def compare(rounds: int, size: int) -> dict[str, Any]:
    found, missing = tools()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        program = folder / "work.py"
        program.write_text(WORK)
        for _ in range(rounds):
            for tool in found:
                one_round(tool, folder, program, size)
    print(f"{'':20}{'its thread':>24}{'its process':>24}{'all processes':>24}{'share off by':>16}")
    for tool in found:
        ratios = [stats.ratio_of_logs(logs(v)) for v in (tool.own, tool.process, tool.all)]
        error = sorted(tool.errors)[len(tool.errors) // 2]
        columns = "".join(f"{interval(ratio):>24}" for ratio in ratios)
        print(f"{tool.name:20}{columns}{error * 100:>12.1f} pts")
    for line in missing:
        print(f"  left out: {line}")
    return {tool.name: {key: value for key, value in asdict(tool).items() if key != "command"} for tool in found}  # fmt: skip


def one_round(tool: Tool, folder: Path, program: Path, size: int) -> None:
    out = folder / "out"
    out.unlink(missing_ok=True)
    plain_all, plain, _ = usage([sys.executable, str(program), str(size)])
    watched_all, watched, _ = usage([*tool.command(out, program), str(size)])
    tool.own.append(said(watched)[0] / said(plain)[0])
    tool.process.append(said(watched)[1] / said(plain)[1])
    tool.all.append(watched_all / plain_all)
    weights = shares(out)
    whole = weights["quarter"] + weights["rest"]
    if whole:
        tool.errors.append(abs(weights["quarter"] / whole - said(watched)[1]))
    else:
        tool.errors.append(1.0)


def logs(values: Sequence[float]) -> list[float]:
    import math

    return [math.log(value) for value in values]


def interval(value: stats.Ratio) -> str:
    return f"{value.value:.3f} ({value.low:.3f}-{value.high:.3f})"


def flutter(samples: int) -> dict[str, int]:
    """As fast as it goes, until so many samples are there."""
    from hone.recording import reader

    hone = str(Path(sys.executable).with_name("hone"))
    seen = impossible = 0
    with tempfile.TemporaryDirectory() as name:
        program, record = Path(name) / "flutter.py", Path(name) / "seen.hone"
        program.write_text(FLUTTER)
        while seen < samples:
            seconds = min(60.0, max(2.0, (samples - seen) / 4000))
            command = [hone, "sample", "-r", "50000", "--budget", "100%", "--mode", "cpu"]
            usage([*command, "--record", str(record), str(program), f"{seconds}"])
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
    answer: dict[str, Any] = {"schema": "hone-bench-sampling-1", "machine": machine_line()}
    if chosen.flutter:
        answer["flutter"] = flutter(chosen.flutter)
    else:
        answer["tools"] = compare(
            3 if chosen.quick else chosen.rounds, 200 if chosen.quick else 1200
        )
    if chosen.json:
        Path(chosen.json).write_text(json.dumps(answer, indent=1))


if __name__ == "__main__":
    main()
