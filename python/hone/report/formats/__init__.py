# SPDX-License-Identifier: Apache-2.0
"""Reports of a recording: one module an output format, each with

    render(recording, options) -> Iterator[str]     or bytes, for files that are no text

and a row in FORMATS. `hone report --format`, its help and the tests read that table. What can't be
made of a recording raises RecordingError with the reason.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module

from hone.recording.model import Recording


@dataclass(frozen=True)
class Format:
    module: str
    suffix: str  # of a file; empty for what is read at a terminal
    text: str  # for the command's help


FORMATS = {
    "text": Format("overview", "", "what took the time, or the memory, on one screen"),
    "table": Format("table", "", "functions, with calls and what hone compiled"),
    "tree": Format("tree", "", "who called whom, down to one percent"),
    "source": Format("source", "", "the sources, with times at their lines"),
    "pstats": Format("pstats_file", ".pstats", "for pstats, snakeviz, gprof2dot"),
    "lprof": Format("lprof_file", ".lprof", "for line_profiler"),
    "collapsed": Format("collapsed_file", ".folded", "for flamegraph.pl, inferno, speedscope"),
    "speedscope": Format("speedscope_file", ".speedscope.json", "for speedscope.app"),
    "chrome": Format("chrome_file", ".trace.json", "for Perfetto and chrome://tracing"),
    "pprof": Format("pprof_file", ".pb.gz", "for go tool pprof"),
    "callgrind": Format("callgrind_file", ".callgrind", "for KCachegrind, QCachegrind"),
    "html": Format("page", ".html", "a page with flame graph, sources and timeline; offline"),
    "json": Format("json_file", ".json", "all sums, for programs"),
}


@dataclass(frozen=True)
class Options:
    """What a reader may choose; formats without such a choice pass it over."""

    metric: str = "time"  # of hone.recording.trees.METRICS
    sort: str = "own"  # of hone.report.formats.shown.SORTS
    limit: int = 30  # rows, nodes, lines
    colour: bool = False


def render(name: str, recording: Recording, options: Options) -> Iterator[str] | Iterator[bytes]:
    """The parts of the report, one after the other."""
    module = import_module(f"hone.report.formats.{FORMATS[name].module}")
    made: Iterator[str] | Iterator[bytes] = module.render(recording, options)
    return made
