# SPDX-License-Identifier: Apache-2.0
"""The benchmarks run to their end on tiny inputs and say the same numbers in their JSON."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import hone

BENCH = Path(__file__).resolve().parents[2] / "bench"


def run(name: str, answer: Path, *words: str) -> tuple[str, dict[str, Any]]:
    package = str(Path(hone.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, BENCH / f"{name}.py", "--quick", "--json", answer, *words],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": package},
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout, json.loads(answer.read_text())


def test_compile(tmp_path: Path) -> None:
    text, answer = run(
        "compile", tmp_path / "a.json", "--without-numba", "--only", "mandelbrot_pair"
    )
    assert answer["schema"] == "hone-bench-compile-1"
    assert "numba" in text
    base = next(row for row in answer["rows"] if row["tool"].endswith("(fastest)"))
    assert base["ratio"] == 1.0
    for row in answer["rows"]:
        assert row["tool"] in text
        # A tool that fails says why; one that runs computes the same.
        assert row["note"].startswith("failed") if not row["samples"] else row["same_result"]


def test_profilers(tmp_path: Path) -> None:
    text, answer = run("profilers", tmp_path / "a.json", "--only", "chaos", "--kind", "calls")
    assert "share of a quarter" in text
    assert all(0 < share < 1 for share in answer["shares"].values())


def test_timers(tmp_path: Path) -> None:
    text, answer = run("timers", tmp_path / "a.json")
    assert [(each["pair"], len(each["different"])) for each in answer["trials"]] == [
        ("the same", 2),
        ("2 % less", 2),
    ]
    assert "an empty statement: timeit" in text
    assert all(nanoseconds > 0 for nanoseconds in answer["empty_ns"].values())


def test_sampling(tmp_path: Path) -> None:
    _, answer = run("sampling", tmp_path / "a.json")
    assert len(answer["tools"]["hone"]["own"]) == 3
    _, answer = run("sampling", tmp_path / "b.json", "--flutter", "500")
    assert answer["flutter"]["samples"] >= 500
    assert answer["flutter"]["impossible"] == 0


def test_lines(tmp_path: Path) -> None:
    text, answer = run("lines", tmp_path / "a.json", "--only", "chaos")
    assert {"worst loop", "unwatched"} <= {row["loop"] for row in answer["loops"]}
    assert "share of added time" in text or "not to be had" in text


def test_memory(tmp_path: Path) -> None:
    text, answer = run("memory", tmp_path / "a.json", "--only", "chaos")
    assert answer["schema"] == "hone-bench-memory-2"
    assert "whole runs" in text
    assert {"plain", "hone"} <= answer["runs"].keys()
    assert all(abs(value) < 10 for value in answer["errors_percent"]["asked for"])
