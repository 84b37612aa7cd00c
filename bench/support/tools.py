# SPDX-License-Identifier: Apache-2.0
"""The profilers that run programs as whole processes, by kind: a row each."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from support import rivals
from support.processes import Tool, Words

PYTHON = sys.executable
HONE = (PYTHON, "-m", "hone")
_PATH = {"PYTHONPATH": str(rivals.FOLDER)}


def _scalene(*options: str) -> Callable[[Path, Words], Words]:
    run = (PYTHON, "-m", "scalene", "run", "--profile-all", *options)
    return lambda out, script: (*run, "-o", str(out), script[0], "---", *script[1:])


PLAIN = Tool("plain", lambda _, script: (PYTHON, *script))

# Each with what it needs; hone as its budget of 1 % allows, others at their defaults.
_SAMPLERS = [
    ("hone", Tool("hone", lambda out, script: (*HONE, "sample", "--mode", "cpu", "--collapsed", "-o", str(out), *script))),
    ("py-spy", Tool("py-spy", lambda out, script: (str(rivals.PY_SPY), "record", "-f", "raw", "-o", str(out), "--", PYTHON, *script))),
    ("profiling.sampling", Tool("3.15's", lambda out, script: (PYTHON, "-m", "profiling.sampling", "run", "--collapsed", "-o", str(out), *script))),
    ("scalene", Tool("Scalene", _scalene("--cpu-only"), _PATH)),
]  # fmt: skip
_MEMORY = [
    ("hone", Tool("hone", lambda out, script: (*HONE, "memory", "--record", str(out), *script))),
    ("memray", Tool("memray", lambda out, script: (PYTHON, "-m", "memray", "run", "-q", "-f", "-o", str(out), *script), _PATH)),
    ("scalene", Tool("Scalene", _scalene(), _PATH)),
]  # fmt: skip


def samplers() -> list[Tool]:
    """Those that are here."""
    return [tool for need, tool in _SAMPLERS if rivals.has(need)]


def of_memory() -> list[Tool]:
    return [tool for need, tool in _MEMORY if rivals.has(need)]
