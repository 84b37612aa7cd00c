# SPDX-License-Identifier: Apache-2.0
"""A pytest plugin: pytest-benchmark's own tests get hone's fixture, Stats and drawing under its names."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from hone.pytest_plugin import boxes, figures, fixture


def make_histogram(
    output_prefix: Path,
    name: str | None,
    benchmarks: Sequence[dict[str, Any]],
    unit: str,
    adjustment: float,
) -> Path:
    file = output_prefix.with_suffix(".svg")
    file.parent.mkdir(exist_ok=True)
    file.write_text(boxes.svg(benchmarks, name, unit, adjustment))
    return file


NAMES = {
    "stats": {"Stats": figures.Figures},
    "histogram": {"make_histogram": make_histogram},
}

package = sys.modules["pytest_benchmark"] = ModuleType("pytest_benchmark")
for module, values in NAMES.items():
    made = sys.modules[f"pytest_benchmark.{module}"] = ModuleType(f"pytest_benchmark.{module}")
    vars(made).update(values)
    setattr(package, module, made)
fixture.BenchmarkFixture.__module__ = "pytest_benchmark.fixture"  # as pytest prints it
