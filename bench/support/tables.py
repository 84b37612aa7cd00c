# SPDX-License-Identifier: Apache-2.0
"""The tables of profilers over ten of pyperformance's programs: of those that are switched on and off in
one process, and of those that run whole processes."""

from __future__ import annotations

import argparse
import math
import re
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hone.measure import stats
from support import interpreters, profilers, rivals, tools
from support.processes import Spent, Tool, ToolFailed

Row = dict[str, Any]
Options = argparse.Namespace

WHOLE: dict[str, Callable[[], list[Tool]]] = {
    "sampling": tools.samplers,
    "whole memory": tools.of_memory,
}
KINDS = (*dict.fromkeys(rival.kind for rival in profilers.RIVALS), *WHOLE)
SCRIPT = Path(__file__).with_name("program.py")
LEAST_PAIRS = 3  # of an interval
LONGER = 4  # whole processes run so many times as long: a sampler needs time to find its rate


def rules(text: str, kinds: tuple[str, ...] = KINDS) -> argparse.ArgumentParser:
    """Of the command line of a bench over the ten programs, described by TEXT."""
    found = argparse.ArgumentParser(
        description=text, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    found.add_argument(
        "--quick", action="store_true", help="a smoke test: no figure means anything"
    )
    found.add_argument("--json", type=Path, metavar="FILE")
    found.add_argument("--only", action="append", default=[], metavar="PROGRAM")
    found.add_argument("--kind", action="append", default=[], choices=kinds)
    found.add_argument("--rounds", type=int, default=9)
    return found


def program_rows(options: Options, kinds: tuple[str, ...] = KINDS) -> list[Row]:
    """Of some kinds of profilers; nothing where the programs are not to be had."""
    folder = interpreters.pyperformance()
    if folder is None:
        print("  pyperformance: not installed and not to be had; its programs are left out")
        return []
    for line in rivals.fetch(bring=not options.quick):
        print(f"  {line}")
    programs = [p for p in profilers.PROGRAMS if not options.only or p.name in options.only]
    rows = []
    for kind in options.kind or kinds:
        table = whole if kind in WHOLE else switched
        rows += table(kind, programs, folder, options)
    return rows


# ---- switched on and off


def switched(
    kind: str, programs: list[profilers.Program], folder: Path, options: Options
) -> list[Row]:
    here = [rival for rival in profilers.RIVALS if rival.kind == kind and rival.is_here()]
    print(f"\n{kind:<14}" + "".join(f"{rival.name:>14}" for rival in here) + "   added by hone")
    rows = []
    for program in programs:
        loops = program.quick_loops if options.quick else program.loops
        watched = [profilers.Watched.make(rival, program, folder, loops) for rival in (None, *here)]
        found = list(profilers.turns(watched, 3 if options.quick else options.rounds))
        rows.append(switched_row(kind, program.name, found, here))
        print_switched(rows[-1])
    print_sum(here, rows)
    return rows


def switched_row(
    kind: str, program: str, found: list[dict[str, float]], here: list[profilers.Rival]
) -> Row:
    samples = {name: [turn[name] for turn in found] for name in found[0]}
    return {
        "kind": kind,
        "program": program,
        "samples": samples,
        "times": {r.name: stats.ratio(samples[r.name], samples["alone"]).value for r in here},
        "added": {r.name: added_share(samples, r.name) for r in here[1:]},
        "stated": statistics.median(samples["stated"]) if "stated" in samples else None,
    }


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


def print_switched(row: Row) -> None:
    cells = "".join(f"{times:13.2f}x" for times in row["times"].values())
    shares = [
        f"{x.value:.2f} [{x.low:.2f}, {x.high:.2f}] of {name}'s"
        for name, x in row["added"].items()
        if x
    ]
    stated = f"stated {row['stated']:.2f}x; " if row["stated"] else ""
    print(f"  {row['program']:<12}{cells}   {stated}{'; '.join(shares)}", flush=True)


def print_sum(here: list[profilers.Rival], rows: list[Row]) -> None:
    means = [statistics.geometric_mean(row["times"][r.name] for row in rows) for r in here]
    texts = []
    for rival in here[1:]:
        if shares := [x.value for row in rows if (x := row["added"][rival.name])]:
            texts.append(f"median {statistics.median(shares):.2f} of {rival.name}'s")
    if said := [row["stated"] / row["times"]["hone"] for row in rows if row["stated"]]:
        texts.append(f"stated over measured {min(said):.2f} to {max(said):.2f}")
    cells = "".join(f"{mean:13.2f}x" for mean in means)
    print(f"  {'mean':<12}{cells}   {'; '.join(texts)}")


def as_json(row: Row) -> Row:
    if "added" not in row:
        return row
    return row | {"added": {n: [x.value, x.low, x.high] for n, x in row["added"].items() if x}}


# ---- whole processes: logarithms of ratios to a plain run right before, of the program's process
# while it works and of all processes from start to end

Logs = list[tuple[float, float]]


def whole(
    kind: str, programs: list[profilers.Program], folder: Path, options: Options
) -> list[Row]:
    found = WHOLE[kind]()
    print(f"\n{kind}: the program's process while it works; all processes from start to end")
    print(" " * 14 + "".join(f"{tool.name:>18}" for tool in found))
    rows = [whole_row(kind, found, program, folder, options) for program in programs]
    everything: dict[str, Logs] = {
        tool.name: [pair for row in rows for pair in row["tools"].get(tool.name, [])]
        for tool in found
    }
    print(f"  {'mean':<12}" + "".join(f"{cell(logs):>18}" for logs in everything.values()))
    for name, logs in everything.items():
        if len(logs) >= LEAST_PAIRS:
            mean = stats.ratio_of_logs([pair[0] for pair in logs])
            print(f"  {name}: {mean.value:.3f} [{mean.low:.3f}, {mean.high:.3f}] while it works")
    return rows


def whole_row(
    kind: str, found: list[Tool], program: profilers.Program, folder: Path, options: Options
) -> Row:
    loops = program.quick_loops if options.quick else program.loops * LONGER
    script = (str(SCRIPT), str(folder), program.name, str(loops))
    logs: dict[str, Logs] = {tool.name: [] for tool in found}
    failed: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as place:
        for _ in range(3 if options.quick else options.rounds):
            for tool in (tool for tool in found if tool.name not in failed):
                try:
                    logs[tool.name].append(one_pair(tool, Path(place), script))
                except ToolFailed as error:
                    failed[tool.name] = str(error)
    cells = "".join(f"{cell(pairs):>18}" for pairs in logs.values())
    why = "; ".join(f"{name}: {text}" for name, text in failed.items())
    print(f"  {program.name:<12}{cells}   {why}", flush=True)
    return {"kind": kind, "program": program.name, "tools": logs, "failed": failed}


def one_pair(tool: Tool, place: Path, script: tuple[str, ...]) -> tuple[float, float]:
    """Raises ToolFailed."""
    plain = tools.PLAIN.run(place / "plain", script)
    watched = tool.run(place / tool.name, script)
    return (
        math.log(process_seconds(watched) / process_seconds(plain)),
        math.log(watched.seconds / plain.seconds),
    )


def process_seconds(spent: Spent) -> float:
    """What the program says of its process. Raises ToolFailed."""
    said = re.search(r"^spent (\S+) (\S+)$", spent.output, re.M)
    if said is None:
        raise ToolFailed("the program said nothing")
    return float(said[2])


def cell(logs: Logs) -> str:
    if not logs:
        return "-"
    process, everything = (
        math.exp(statistics.median(column)) for column in zip(*logs, strict=True)
    )
    return f"{process:.2f}x {everything:6.2f}x"
