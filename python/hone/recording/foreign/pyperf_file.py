# SPDX-License-Identifier: Apache-2.0
"""pyperf's JSON (pyperf/_bench.py): of each benchmark one value a process, the mean of its own. Values of
one process resemble one another, so that they don't count as many observations."""

from __future__ import annotations

import json
import math
import re
import statistics
from typing import Any

from hone.recording.errors import RecordingError
from hone.recording.model import Recording

_START = re.compile(rb'\s*\{.*"(benchmarks|metadata|version)"\s*:', re.DOTALL)


def looks_right(head: bytes) -> bool:
    return bool(_START.match(head)) and b'"traceEvents"' not in head and b'"$schema"' not in head


def read(data: bytes, name: str) -> Recording:
    try:
        document = json.loads(data)
        found = Recording()
        for benchmark in document["benchmarks"]:
            title, values = _benchmark(benchmark, document.get("metadata", {}))
            if values:
                found.meta.values[title] = values
    except (ValueError, RecursionError):
        raise RecordingError(f"{name} is damaged, or no JSON") from None
    except (TypeError, KeyError, AttributeError):
        raise RecordingError(f"{name} is JSON, but not pyperf's") from None
    return found


def _benchmark(benchmark: dict[str, Any], common: dict[str, Any]) -> tuple[str, list[float]]:
    facts = {**common, **benchmark.get("metadata", {})}
    if facts.get("unit", "second") != "second":
        return "", []
    means = [_mean(run["values"]) for run in benchmark["runs"] if run.get("values")]
    return str(facts["name"]), means


def _mean(values: list[float]) -> float:
    mean = statistics.fmean(values)
    if not (0 < mean < math.inf):
        raise TypeError(mean)
    return mean
