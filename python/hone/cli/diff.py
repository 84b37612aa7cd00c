# SPDX-License-Identifier: Apache-2.0
"""`hone diff A B`, or `hone diff A1 A2 … -- B1 B2 …`: what changed beyond noise; 1 if anything is slower."""

from __future__ import annotations

import math
import sys
from argparse import ArgumentTypeError, Namespace

from hone.cli import answer, complain
from hone.cli.options import Parser
from hone.cli.report import several, write
from hone.diff import sides, verdict
from hone.diff.verdict import Comparison, Rules
from hone.recording.errors import RecordingError
from hone.recording.foreign import open_any
from hone.recording.model import Recording
from hone.recording.trees import METRICS, best_metric
from hone.report import changes_json, changes_text
from hone.report.terminal import has_colour
from hone.tune.target import TargetError

_WORDS = "A B | A1 A2 … -- B1 B2 …"


def main(words: list[str]) -> int:
    try:
        chosen, before, after = _read(words)
        found = compare(before, after, chosen)
        if chosen.html:
            _write_page(found, before, after, chosen.html)
        if chosen.json == "-":
            answer([changes_json.render(found)])
        else:
            if chosen.json:
                write(iter([changes_json.render(found)]), chosen.json)
            colour = has_colour(sys.stdout)
            answer([changes_text.render(found, chosen.limit, colour)])
    except (TargetError, RecordingError) as error:
        return complain(str(error))
    return 1 if found.slower(chosen.fail_above) else 0


def parser() -> Parser:
    found = Parser(
        prog="hone diff",
        usage=f"hone diff [OPTIONS] {_WORDS}",
        description="List what changed beyond noise from A to B: recordings of hone, files of pstats, "
        "line_profiler, speedscope, collapsed stacks, or pyperf's benchmarks. The exit code is 0 if nothing "
        "is slower, 1 if something is, 2 if the files could not be compared.",
        allow_abbrev=False,
    )
    add = found.add_argument
    rules = Rules()
    add("files", nargs="*", metavar="FILE", help="after --, those of the other side")
    add(
        "--by",
        choices=sides.BY,
        default="own",
        help="the time of functions without or with what they call",
    )
    add("--metric", choices=METRICS, metavar="WHAT", help=f"{', '.join(METRICS)}")
    add(
        "--shares",
        action="store_true",
        help="compare parts of the whole, for runs of different length",
    )
    add(
        "--level",
        type=part,
        default=rules.level,
        metavar="P",
        help=f"certainty for all rows together ({rules.level * 100:.0f}%%)",
    )
    add(
        "--threshold",
        type=part,
        default=rules.threshold,
        metavar="P",
        help="without three recordings on either side, smaller changes are noise (10%%)",
    )
    add(
        "--least",
        type=part,
        default=rules.least,
        metavar="P",
        help="leave out what is less of the whole (0.5%%)",
    )
    add(
        "--fail-above",
        type=part,
        default=0.0,
        metavar="P",
        help="the exit code is 1 only for more than that (0%%)",
    )
    add("--json", metavar="OUT", help="for programs; - is the standard output")
    add("--html", metavar="OUT", help="a page with a differential flame graph")
    add("-l", "--limit", type=several, default=30, metavar="N", help="rows (30)")
    return found


def part(word: str) -> float:
    """5% or 0.05."""
    try:
        number = float(word[:-1]) / 100 if word.endswith("%") else float(word)
    except ValueError:
        number = math.nan
    if not 0 <= number < 1:
        raise ArgumentTypeError(f"{word} is no part such as 5% or 0.05")
    return number


def _read(words: list[str]) -> tuple[Namespace, list[Recording], list[Recording]]:
    if "--" in words:
        at = words.index("--")
        chosen = parser().parse_args(words[:at])
        names = (chosen.files, words[at + 1 :])
    else:
        chosen = parser().parse_args(words)
        names = (chosen.files[:1], chosen.files[1:])
        if len(chosen.files) > 2:
            raise TargetError("put -- between the files of one side and those of the other")
    if not all(names):
        raise TargetError(f"give two files, or several and -- between them: {_WORDS}")
    before, after = ([open_any(name) for name in side] for side in names)
    return chosen, before, after


def compare(before: list[Recording], after: list[Recording], chosen: Namespace) -> Comparison:
    """Raises RecordingError if the files can't be compared."""
    measured = [bool(recording.meta.values) for recording in (*before, *after)]
    if any(measured):
        if not all(measured):
            raise RecordingError("benchmarks can't be compared with profiles")
        found = verdict.benchmarks(sides.benchmarks(before), sides.benchmarks(after))
    else:
        found = _functions(before, after, chosen)
    for recording in (*before, *after):
        found.notes += recording.notes
    return found


def _functions(before: list[Recording], after: list[Recording], chosen: Namespace) -> Comparison:
    metric = chosen.metric or best_metric(before[0])
    a, b = (
        [sides.functions(recording, metric, chosen.by) for recording in side]
        for side in (before, after)
    )
    sides.same_keys(a, b)
    mixed = not sides.common_unit([*a, *b])
    if mixed or chosen.shares:
        for one in (*a, *b):
            sides.shared(one)
    rules = Rules(chosen.level, chosen.threshold, chosen.least)
    found = verdict.functions(a, b, rules)
    found.measured = {"bytes": "memory", "allocations": "allocations"}.get(METRICS[metric], "time")
    if mixed:
        found.notes.append("the files have different units: parts of the whole are compared")
    return found


def _write_page(
    found: Comparison, before: list[Recording], after: list[Recording], out: str
) -> None:
    from hone.recording.trees import joined
    from hone.report.formats import page

    recording, new, old = joined(after, before)
    if not len(new):
        raise RecordingError("there are no stacks to draw a page of")
    made = page.page(recording, {"time": new}, old, changes_text.words(found))
    write(iter([made]), out)
    sys.stderr.write(f"hone: wrote {out}\n")
