# SPDX-License-Identifier: Apache-2.0
"""A folder with a test file, and a pytest with hone's fixture in it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., pytest.RunResult]
QUICK = "--benchmark-max-time=0.01"


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Run:
    """pytest on FILES with hone's fixture; under xdist as without it."""
    for name in ("PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT", "PYTEST_PLUGINS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # hypothesis's takes a second

    def one_run(*words: str) -> pytest.RunResult:
        return pytester.runpytest_subprocess("-p", "hone.pytest_plugin", QUICK, *words)

    return one_run


@pytest.fixture
def results(run: Run, pytester: pytest.Pytester) -> Callable[..., list[dict[str, Any]]]:
    """The benchmarks of the file that a run writes; all tests must pass."""

    def one_run(*words: str) -> list[dict[str, Any]]:
        done = run("--benchmark-json=out.json", *words)
        assert done.ret == 0, done.outlines
        found: list[dict[str, Any]] = json.loads(Path(pytester.path, "out.json").read_text())["benchmarks"]  # fmt: skip
        return found

    return one_run
