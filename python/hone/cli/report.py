# SPDX-License-Identifier: Apache-2.0
"""`hone report FILE`: a recording, or another profiler's file, in one of many forms."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentTypeError, Namespace, RawDescriptionHelpFormatter
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from hone import files
from hone.cli import answer, complain
from hone.cli.options import Parser
from hone.recording.errors import RecordingError, Unwritable
from hone.recording.foreign import READERS, open_any
from hone.recording.model import Recording
from hone.recording.trees import METRICS, SAMPLED, best_metric, weights
from hone.report.formats import FORMATS, Options, render
from hone.report.formats.shown import SORTS
from hone.report.terminal import has_colour
from hone.tune.target import TargetError


def main(words: list[str]) -> int:
    try:
        chosen = parser().parse_args(words)
        recording = open_any(chosen.file)
        return _report(recording, chosen)
    except (TargetError, RecordingError) as error:
        return complain(str(error))


def parser() -> Parser:
    found = Parser(
        prog="hone report",
        usage="hone report FILE [--format FORMAT] [-o OUT] [OPTIONS]",
        description="Show a recording of hone, or a file of: " + ", ".join(READERS.values()) + ".",
        epilog="formats:\n" + "\n".join(f"  {name:<11}{f.text}" for name, f in FORMATS.items()),
        formatter_class=RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = found.add_argument
    add("file", metavar="FILE", help="- is the standard input")
    add(
        "-f", "--format", choices=FORMATS, default="text", metavar="FORMAT", help="see below (text)"
    )
    add("-o", "--output", metavar="OUT", help="a file to write; - is the standard output")
    add(
        "-s",
        "--sort",
        choices=SORTS,
        default="own",
        metavar="KEY",
        help=f"{', '.join(SORTS)} (own)",
    )
    add("-l", "--limit", type=several, default=30, metavar="N", help="rows, or functions (30)")
    add(
        "--metric",
        choices=METRICS,
        metavar="WHAT",
        help=f"{', '.join(METRICS)} (time, or bytes if there is no time)",
    )
    return found


def several(word: str) -> int:
    """The value of an option that is a number of rows."""
    if not word.isdecimal() or not 0 < int(word) < 1 << 31:
        raise ArgumentTypeError(f"{word} is not a number above 0")
    return int(word)


def _report(recording: Recording, chosen: Namespace) -> int:
    _check_metric(recording, chosen)
    made = FORMATS[chosen.format]
    out = chosen.output
    if out is None and made.suffix and sys.stdout.isatty():
        out = _beside(chosen.file, made.suffix)
    options = Options(
        metric=chosen.metric or best_metric(recording),
        sort=chosen.sort,
        limit=chosen.limit,
        colour=out is None and has_colour(sys.stdout),
    )
    parts = render(chosen.format, recording, options)
    if out in (None, "-"):
        answer(parts)
    else:
        if (
            os.path.exists(out)
            and os.path.exists(chosen.file)
            and os.path.samefile(out, chosen.file)
        ):
            raise TargetError(f"{out} is what is to be read: give another name to write")
        write(parts, out)
        sys.stderr.write(f"hone: wrote {out}\n")
    if made.suffix:
        for note in recording.notes:
            sys.stderr.write(f"hone: {note}\n")
    return 0


def _check_metric(recording: Recording, chosen: Namespace) -> None:
    """Where nothing at all was recorded, that is what the report says."""
    has = measures(recording)
    if chosen.metric and has and chosen.metric not in has:
        name = recording.name or "the recording"
        raise TargetError(f"{name} has no {chosen.metric} in it, but {', '.join(has)}")


def measures(recording: Recording) -> list[str]:
    """Those of METRICS that it has."""
    found = []
    if recording.samples or recording.calls or recording.totals or recording.lines:
        found.append("time")
    states = [name for name, state in SAMPLED.items() if state]
    # Others' samples don't tell in what state a thread was.
    if recording.samples and (recording.meta.hone or any(weights(recording, s) for s in states)):
        found += states
    if recording.allocations:
        found += [name for name in METRICS if name not in SAMPLED]
    return found


def _beside(file: str, suffix: str) -> str:
    """In the working folder, named after the recording."""
    return (Path(file).name.partition(".")[0] if file != "-" else "report") + suffix


def write(parts: Iterator[str] | Iterator[bytes], path: str) -> None:
    """All of a report to PATH. What can't be made is found out before the file is touched, and a file
    that can't be finished is not left behind. Raises RecordingError."""
    first = next(parts, "")
    try:
        files.write(path, map(_bytes, chain([first], parts)))
    except OSError as error:
        raise Unwritable(files.unwritable(path, error)) from None


def _bytes(part: str | bytes) -> bytes:
    return part if isinstance(part, bytes) else part.encode("utf-8", "replace")
