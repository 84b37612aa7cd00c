# SPDX-License-Identifier: Apache-2.0
"""What the hooks of hookspecs.py do where no conftest.py says otherwise: they come last."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from typing import Any

import pytest

import hone
from hone.pytest_plugin import machine, names, table
from hone.pytest_plugin.figures import Benchmark
from hone.pytest_plugin.session import BenchmarkSession

Rows = list[dict[str, Any]]
_FIXED = {"ns": ("n", 1e9), "us": ("u", 1e6), "ms": ("m", 1e3), "s": ("", 1.0)}


@pytest.hookimpl(trylast=True)
def pytest_benchmark_scale_unit(
    config: pytest.Config,
    unit: str,
    benchmarks: Rows,
    best: dict[str, float],
    worst: dict[str, float],
    sort: str,
) -> tuple[str, float]:
    if unit == "operations":
        return table.operations_scale(worst["ops"])
    chosen = config.getoption("benchmark_time_unit", None)
    return _FIXED.get(str(chosen)) or table.time_scale(best.get(sort, best["min"]))


@pytest.hookimpl(trylast=True)
def pytest_benchmark_generate_machine_info() -> dict[str, Any]:
    return machine.info()


@pytest.hookimpl(trylast=True)
def pytest_benchmark_generate_commit_info() -> dict[str, Any]:
    return machine.commit()


@pytest.hookimpl(trylast=True)
def pytest_benchmark_group_stats(benchmarks: Rows, group_by: str) -> list[tuple[str | None, Rows]]:
    groups: dict[str | None, Rows] = defaultdict(list)
    for row in benchmarks:
        groups[names.group_key(row, group_by)].append(row)
    key = "fullname" if "full" in group_by else "name"
    for rows in groups.values():
        rows.sort(key=lambda row: str(row[key]))
    return sorted(groups.items(), key=lambda pair: pair[0] or "")


def _ours(config: pytest.Config, found: Benchmark) -> dict[str, Any]:
    session: BenchmarkSession = config._benchmarksession  # type: ignore[attr-defined]
    return {"hone": session.judged[found].as_dict()} if found in session.judged else {}


@pytest.hookimpl(trylast=True)
def pytest_benchmark_generate_json(
    config: pytest.Config,
    benchmarks: list[Benchmark],
    include_data: bool,
    machine_info: dict[str, Any],
    commit_info: dict[str, Any],
) -> dict[str, Any]:
    return {
        "machine_info": machine_info,
        "commit_info": commit_info,
        "benchmarks": [
            found.as_dict(include_data=include_data) | _ours(config, found)
            for found in benchmarks
            if found and not found.has_error
        ],
        "datetime": datetime.now(UTC).isoformat(),
        "version": f"hone {hone.__version__}",
    }


def pytest_benchmark_compare_machine_info(
    benchmarksession: BenchmarkSession,
    machine_info: dict[str, Any],
    compared_benchmark: dict[str, Any],
) -> None:
    found = list(machine.differences(machine_info, compared_benchmark.get("machine_info", {})))
    if found:
        benchmarksession.logger.warning(
            f"the kept run is of another machine or interpreter: {'; '.join(found)}"
        )
