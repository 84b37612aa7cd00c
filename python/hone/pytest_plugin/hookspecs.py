# SPDX-License-Identifier: Apache-2.0
"""The hooks of pytest-benchmark, which conftest.py files implement; hone's own are in defaults.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from hone.pytest_plugin.figures import Benchmark
    from hone.pytest_plugin.session import BenchmarkSession

Rows = list[dict[str, Any]]


@pytest.hookspec(firstresult=True)
def pytest_benchmark_scale_unit(
    config: pytest.Config,
    unit: str,
    benchmarks: Rows,
    best: dict[str, float],
    worst: dict[str, float],
    sort: str,
) -> tuple[str, float] | None:
    """A prefix and a factor for a table's figures; UNIT is "seconds" or "operations"."""


@pytest.hookspec(firstresult=True)
def pytest_benchmark_generate_machine_info(config: pytest.Config) -> dict[str, Any] | None:
    """What files say about the machine."""


@pytest.hookspec
def pytest_benchmark_update_machine_info(
    config: pytest.Config, machine_info: dict[str, Any]
) -> None:
    """Change it in place."""


@pytest.hookspec(firstresult=True)
def pytest_benchmark_generate_commit_info(config: pytest.Config) -> dict[str, Any] | None:
    """What files say about the source."""


@pytest.hookspec
def pytest_benchmark_update_commit_info(config: pytest.Config, commit_info: dict[str, Any]) -> None:
    """Change it in place."""


@pytest.hookspec(firstresult=True)
def pytest_benchmark_group_stats(
    config: pytest.Config, benchmarks: Rows, group_by: str
) -> list[tuple[str | None, Rows]] | None:
    """The tables, with their rows."""


@pytest.hookspec(firstresult=True)
def pytest_benchmark_generate_json(
    config: pytest.Config,
    benchmarks: list[Benchmark],
    include_data: bool,
    machine_info: dict[str, Any],
    commit_info: dict[str, Any],
) -> dict[str, Any] | None:
    """The document of a file."""


@pytest.hookspec
def pytest_benchmark_update_json(
    config: pytest.Config, benchmarks: list[Benchmark], output_json: dict[str, Any]
) -> None:
    """Change it in place."""


@pytest.hookspec
def pytest_benchmark_compare_machine_info(
    config: pytest.Config,
    benchmarksession: BenchmarkSession,
    machine_info: dict[str, Any],
    compared_benchmark: dict[str, Any],
) -> None:
    """Called with each kept run that is compared."""
