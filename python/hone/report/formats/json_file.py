# SPDX-License-Identifier: Apache-2.0
"""All sums for programs; docs/report.md lists the fields. `schema` changes when one changes its meaning."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from hone.recording.model import Recording
from hone.recording.rows import NONE
from hone.recording.summary import lines
from hone.report.formats import Options, shown

SCHEMA = "hone-report/1"


def render(recording: Recording, options: Options) -> Iterator[str]:
    summary, rows = shown.functions(recording, options)
    document = {
        "schema": SCHEMA,
        "meta": asdict(recording.meta),
        "notes": recording.notes,
        "metric": options.metric,
        "unit": summary.unit,
        "whole": summary.whole,
        "calls_are_counted": summary.counted,
        "functions": [_function(row) for row in rows],
        "calls": [
            {"caller": None if caller == NONE else caller, "callee": callee, **asdict(sums)}
            for (caller, callee), sums in summary.edges.items()
        ],
        "lines": [
            {"function": number, "line": line, **asdict(sums)}
            for number, by_line in lines(recording, options.metric).items()
            for line, sums in sorted(by_line.items())
        ],
        "threads": [row._asdict() for row in recording.threads],
        "allocations": [
            {"stack": _places(recording, row.stack), **_without_stack(row._asdict())}
            for row in recording.allocations
        ],
        "samples": len(recording.samples),
        "events": len(recording.events),
    }
    yield json.dumps(document, indent=1) + "\n"


def _function(row: shown.Row) -> dict[str, Any]:
    compiled = row.compiled._asdict() if row.compiled else None
    return {"number": row.number, **row.function._asdict(), **asdict(row.sum), "compiled": compiled}


def _places(recording: Recording, stack: int) -> list[list[int]]:
    """From the innermost: the numbers of functions, and lines."""
    stacks = recording.stacks
    return [[stacks.function[row], stacks.line[row]] for row in stacks.path(stack)]


def _without_stack(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "stack"}
