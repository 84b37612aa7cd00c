# SPDX-License-Identifier: Apache-2.0
"""The file that `pyperf stats`, `compare_to`, `hist` and their like read: a benchmark for each
statement or command, a run for each process (of a command: each run)."""

from __future__ import annotations

import json
import os
import platform
import sys
from typing import Any

import hone
from hone.measure.timing import Report, Run, Timed


def render(report: Report) -> str:
    names = _unique([timed.name.replace("\n", "; ") for timed in report.times])
    benchmarks = [_benchmark(timed, name) for timed, name in zip(report.times, names, strict=True)]
    document = {"version": "1.0", "metadata": _machine(), "benchmarks": benchmarks}
    return json.dumps(document, indent=1) + "\n"


def _benchmark(timed: Timed, name: str) -> dict[str, Any]:
    facts = {key: value for key, value in {**timed.facts, **timed.parameters}.items() if value}
    return {
        "metadata": {"name": name, "unit": "second", **facts},
        "runs": [_run(run) for run in timed.runs],
    }


def _run(run: Run) -> dict[str, Any]:
    out: dict[str, Any] = {"metadata": {"loops": run.loops}, "values": run.values}
    if run.warm_up:
        out["warmups"] = [[loops, value] for loops, value in run.warm_up if value > 0]
    return out


def _machine() -> dict[str, Any]:
    return {
        "hostname": platform.node(),
        "platform": platform.platform(),
        "cpu_count": os.cpu_count() or 1,
        "python_implementation": sys.implementation.name,
        "python_version": platform.python_version(),
        "python_executable": sys.executable,
        "hone_version": hone.__version__,
    }


def _unique(names: list[str]) -> list[str]:
    """pyperf wants another name for each."""
    return [
        name if names.index(name) == at else f"{name} ({at + 1})" for at, name in enumerate(names)
    ]
