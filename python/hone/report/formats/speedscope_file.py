# SPDX-License-Identifier: Apache-2.0
"""speedscope's JSON (speedscope: src/lib/file-format-spec.ts): one sampled profile for each thread, in the
order of time where there are few enough samples, else summed up by stack."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import hone
from hone.recording.model import Recording
from hone.recording.rows import NONE
from hone.recording.trees import unit_of
from hone.report.formats import Options, shown, stacks

_MOST_IN_ORDER = 200_000  # more samples than that, and a browser has to wait for them
_UNITS = {"nanoseconds": "nanoseconds", "bytes": "bytes"}
_Slices = dict[int, list[tuple[tuple[stacks.Frame, ...], int]]]


def render(recording: Recording, options: Options) -> Iterator[str]:
    slices = _slices(recording, options.metric)
    unit = _UNITS.get(unit_of(recording, options.metric), "none")
    document = {
        "$schema": "https://www.speedscope.app/file-format-schema.json",
        "shared": {"frames": [_frame(function) for function in recording.functions]},
        "profiles": [_profile(recording, thread, unit, rows) for thread, rows in slices.items()],
        "name": shown.name_of(recording),
        "activeProfileIndex": 0,
        "exporter": f"hone {hone.__version__}",
    }
    yield json.dumps(document) + "\n"


def _frame(function: Any) -> dict[str, Any]:
    found = {"name": function.name}
    if function.file:
        found["file"] = function.file
    if function.line:
        found["line"] = function.line
    return found


def _slices(recording: Recording, metric: str) -> _Slices:
    found: _Slices = defaultdict(list)
    in_order = metric == "time" and not recording.meta.unit
    if in_order and 0 < len(recording.samples) <= _MOST_IN_ORDER:
        for sample in sorted(recording.samples, key=lambda sample: sample.time):
            if sample.stack != NONE:
                found[sample.thread].append((stacks.path(recording, sample.stack), sample.weight))
        return found
    for one in stacks.weighed(recording, metric):
        if one.frames and one.weight:
            found[one.thread].append((one.frames, one.weight))
    return found


def _profile(
    recording: Recording,
    thread: int,
    unit: str,
    rows: list[tuple[tuple[stacks.Frame, ...], int]],
) -> dict[str, Any]:
    weights = [weight for _, weight in rows]
    return {
        "type": "sampled",
        "name": stacks.thread_name(recording, thread),
        "unit": unit,
        "startValue": 0,
        "endValue": sum(weights),
        "samples": [[function for function, _ in frames] for frames, _ in rows],
        "weights": weights,
    }
