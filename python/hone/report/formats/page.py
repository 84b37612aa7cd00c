# SPDX-License-Identifier: Apache-2.0
"""One HTML file with flame graph, functions, sources and timeline; it asks nothing of any network.

The folder web/ holds the page, its style and its script, in plain JavaScript files whose types tsc
checks; they are put together here, with the recording as one JSON object (the types are in data.js).
"""

from __future__ import annotations

import json
import os
import sys
import sysconfig
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from functools import cache
from heapq import nlargest
from html import escape
from operator import add
from pathlib import Path
from string import Template
from typing import Any

from hone.recording.model import Recording
from hone.recording.rows import NONE, Compiled, Event, Kind, State
from hone.recording.summary import lines_of_files, summarise
from hone.recording.trees import METRICS, SAMPLED, Tree, build
from hone.report.formats import Options, shown, stacks
from hone.report.formats.sources import Sources

SCRIPTS = ("data.js", "tree.js", "flame.js", "functions.js", "sources.js", "timeline.js", "main.js")
_WEB = Path(__file__).parent.parent / "web"
_MOST_EVENTS = 20_000  # the longest ones: a screen has no room for more
_MOST_SAMPLES = 1_000_000  # of the timeline
_MOST_SOURCES = 60
_BINS = 500


def render(recording: Recording, options: Options) -> Iterator[str]:
    yield page(recording, {metric: build(recording, metric) for metric in _metrics(recording)})


def page(
    recording: Recording,
    trees: dict[str, Tree],
    before: Tree | None = None,
    notes: Sequence[str] = (),
) -> str:
    """BEFORE is a tree of the same nodes as TREES' "time", for a comparison; NOTES are sentences about it."""
    places = _places(recording)
    drawn = {
        "events": _events(recording),
        "activity": _activity(recording),
        "footprint": _footprint(recording),
    }
    data = {
        "title": shown.name_of(recording),
        "facts": " · ".join(shown.facts(recording)),
        "notes": list(notes),
        **places,
        "trees": {metric: _tree(recording, tree) for metric, tree in trees.items()},
        "sums": {metric: _sums(recording, metric, tree) for metric, tree in trees.items()},
        **_sources(recording, list(trees), places["files"]["path"]),
        **drawn,
    }
    if before is not None:
        data["trees"]["time"]["before"] = _weights("before", before, NONE)
    return Template(_read("page.html")).substitute(
        title=escape(data["title"]),
        style=_read("page.css"),
        script="\n".join(map(_read, SCRIPTS)),
        data=_json(data),
    )


@cache
def _read(name: str) -> str:
    return (_WEB / name).read_text(encoding="utf-8")


def _json(data: Any) -> str:
    """What stands in a page as it is: nothing in it ends the element or begins a comment."""
    text = json.dumps(data, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e")


def _metrics(recording: Recording) -> list[str]:
    """Those of which there is something."""
    memory = [m for m in METRICS if m not in SAMPLED] if recording.allocations else []
    found = [m for m in memory if any(getattr(row, m) for row in recording.allocations)]
    timed = recording.samples or recording.calls or recording.totals or recording.lines
    return ["time", *_states(recording), *found] if timed or not found else found


def _states(recording: Recording) -> list[str]:
    """Those of the measures of samples that some have and some don't."""
    seen: set[int] = set()
    for block in recording.samples.blocks("state"):
        seen.update(block["state"])
    return [m for m, bits in SAMPLED.items() if len({bool(state & bits) for state in seen}) == 2]


def _places(recording: Recording) -> dict[str, Any]:
    files: dict[str, int] = {}
    numbers = [
        NONE if _is_nowhere(function.file) else files.setdefault(function.file, len(files))
        for function in recording.functions
    ]
    tiers = {row.function: _tier(row) for row in recording.compiled}
    compiled = {row.function for row in recording.compiled if row.tier}
    kinds = [
        function.kind & ~Kind.BUILTIN | (Kind.COMPILED if at in compiled else 0)
        for at, function in enumerate(recording.functions)
    ]
    libraries = [_is_library(file) for file in files]
    return {
        "functions": {
            "name": [function.name for function in recording.functions],
            "file": numbers,
            "line": [function.line for function in recording.functions],
            "kind": [int(kind) for kind in kinds],
            "tier": [tiers.get(at, "") for at in range(len(recording.functions))],
        },
        "files": {
            "path": list(files),
            "short": [shown.short_path(file) for file in files],
            "library": [int(library) for library in libraries],
            "rank": _ranks(libraries),
        },
    }


def _tier(row: Compiled) -> str:
    if not row.tier:
        return row.why_not
    exits = f"{row.exits:,} exits" if row.exits != 1 else "1 exit"
    taken = shown.amount(row.compile_seconds, "seconds")
    return f"{row.tier}, {exits}, compiled in {taken}" if row.compile_seconds else row.tier


def _ranks(kinds: list[bool]) -> list[int]:
    """Of each the number of those before it that are of the same kind."""
    seen = Counter[bool]()
    found = []
    for kind in kinds:
        found.append(seen[kind])
        seen[kind] += 1
    return found


def _is_nowhere(file: str) -> bool:
    return file in ("", "~")


@cache
def _library_folders() -> tuple[str, ...]:
    names = ("stdlib", "platstdlib", "purelib", "platlib")
    paths = {sysconfig.get_path(name) for name in names} | {sys.base_prefix + "/lib/python"}
    return tuple(path for path in paths if path)


def _is_library(file: str) -> bool:
    parts = file.split(os.sep)
    return (
        file.startswith(("<frozen ", *_library_folders()))
        or "site-packages" in parts
        or any(part.startswith("python3.") for part in parts)
    )


def _tree(recording: Recording, tree: Tree) -> dict[str, Any]:
    return {
        "unit": tree.unit,
        "estimated": tree.estimated,
        "parent": tree.parent,
        "func": tree.function,
        "threads": [
            _weights(stacks.thread_name(recording, thread), tree, thread) for thread in tree.own
        ],
        "before": None,
    }


def _weights(name: str, tree: Tree, thread: int) -> dict[str, Any]:
    own = tree.own.get(thread) or Counter[int]()
    return {"name": name, "nodes": list(own), "own": list(own.values())}


def _sums(recording: Recording, metric: str, tree: Tree) -> dict[str, Any]:
    summary = summarise(recording, metric, tree)
    return {
        "unit": summary.unit,
        "counted": summary.counted,
        "owns": summary.owns,
        "whole": summary.whole,
        "rows": [
            [number, _short(sums.own), _short(sums.cumulative), sums.calls, sums.primitive]
            for number, sums in summary.functions.items()
        ],
    }


def _short(value: float) -> float:
    return float(f"{value:.5g}")


def _sources(recording: Recording, metrics: list[str], files: list[str]) -> dict[str, Any]:
    """The files that take most, with their sums by line."""
    numbers = {file: at for at, file in enumerate(files)}
    by_metric: dict[str, dict[int, list[list[float]]]] = {}
    weight: dict[str, float] = defaultdict(float)
    for metric in metrics:
        found = by_metric[metric] = {}
        for file, by_line in lines_of_files(recording, metric).items():
            if file in numbers:
                found[numbers[file]] = [
                    [line, sums.hits, _short(sums.own), _short(sums.cumulative)]
                    for line, sums in by_line.items()
                ]
                weight[file] += sum(sums.own + sums.cumulative for sums in by_line.values())
    if not weight:
        for function, sums in summarise(recording, metrics[0]).functions.items():
            weight[recording.functions[function].file] += sums.own
    sources = Sources(recording)
    chosen = nlargest(_MOST_SOURCES, weight, key=lambda file: weight[file])
    texts = {numbers[file]: sources.lines(file) for file in chosen if file in numbers}
    return {
        "lines": by_metric,
        "sources": {number: "\n".join(text) for number, text in texts.items() if text},
    }


def _events(recording: Recording) -> dict[str, Any]:
    threads: dict[str, int] = {}
    kinds: dict[str, int] = {}
    names: dict[str, int] = {}
    columns: dict[str, list[int]] = {key: [] for key in ("thread", "kind", "name", "start", "end")}
    drawn = stacks.longest(recording, _MOST_EVENTS)
    for event in drawn:
        values = _event(recording, event, threads, kinds, names)
        for key, value in zip(columns, values, strict=True):
            columns[key].append(value)
    return {
        "threads": list(threads),
        "kinds": list(kinds),
        "names": list(names),
        **columns,
        "left": len(recording.events) - len(drawn),
    }


def _event(
    recording: Recording,
    event: Event,
    threads: dict[str, int],
    kinds: dict[str, int],
    names: dict[str, int],
) -> tuple[int, int, int, int, int]:
    thread = stacks.thread_name(recording, event.thread)
    return (
        threads.setdefault(thread, len(threads)),
        kinds.setdefault(event.kind, len(kinds)),
        names.setdefault(event.name, len(names)),
        event.start,
        max(event.start, event.end),
    )


# The words of the timeline, the most telling first: a sample is counted for the first that it has.
_STATES = {
    State.COLLECTING: "collecting garbage",
    State.WANTS_GIL: "waiting for the GIL",
    State.WAITING: "waiting",
}
_OTHER = "running"


def _activity(recording: Recording) -> dict[str, Any] | None:
    """By thread and state the share of each of some hundred equal parts of the time."""
    if recording.meta.unit or not recording.samples:
        return None
    words = [_OTHER, *_STATES.values()]
    kind_of = [_state(state, words) for state in range(256)]
    end = 1
    for block in recording.samples.blocks("time", "weight"):
        end = max(end, max(map(add, block["time"], block["weight"])))
    size = end / _BINS
    sums: dict[int, list[list[float]]] = {}
    for samples, step in stacks.thinned(recording, _MOST_SAMPLES):
        for thread, _, time, weight, state in samples:
            if thread not in sums:
                sums[thread] = [[0.0] * _BINS for _ in words]
            _spread(sums[thread][kind_of[state]], time / size, weight * step / size)
    return {
        "threads": [stacks.thread_name(recording, thread) for thread in sums],
        "states": words,
        "end": end,
        "bins": _BINS,
        "shares": [_shares(by_state) for by_state in sums.values()],
    }


def _footprint(recording: Recording) -> dict[str, Any] | None:
    """The most bytes held in each stretch of time, as it was recorded."""
    rows = recording.footprints
    if not rows:
        return None
    end = max(rows[-1].time + 1, round(recording.meta.wall_seconds * 1e9))
    return {"start": [row.time for row in rows], "bytes": [row.bytes for row in rows], "end": end}


def _state(state: int, words: list[str]) -> int:
    return next((words.index(word) for flag, word in _STATES.items() if state & flag), 0)


def _spread(bins: list[float], start: float, length: float) -> None:
    """Over all bins that a sample's time reaches into; START and LENGTH are in bins."""
    at = int(start)
    end = start + length
    while at < end - 1e-9 and at < len(bins):
        bins[at] += min(end, at + 1) - max(start, at)
        at += 1


def _shares(by_state: list[list[float]]) -> list[list[float]]:
    """Samples come a little too soon or too late, so that a bin may get more than its time."""
    wholes = [max(1.0, sum(values)) for values in zip(*by_state, strict=True)]
    return [
        [round(value / whole, 3) for value, whole in zip(values, wholes, strict=True)]
        for values in by_state
    ]
