# SPDX-License-Identifier: Apache-2.0
"""Whole processes: a program under a tool, from its start to the tool's report."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

Words = Sequence[str]


class ToolFailed(Exception):
    """It can't do this interpreter, or this program; the text is its own."""


@dataclass(frozen=True)
class Tool:
    name: str
    command: Callable[[Path, Words], Words]  # of the file it writes, and a script with arguments
    environment: Mapping[str, str] = field(default_factory=dict)

    def run(self, out: Path, script: Words) -> Spent:
        """Raises ToolFailed."""
        return spend(self.command(out, script), self.environment)


@dataclass(frozen=True)
class Spent:
    seconds: float  # of processor time: of the process and all that it waited for
    resident: float  # KiB, the most that one of them had
    output: str


def spend(command: Words, environment: Mapping[str, str] | None = None) -> Spent:
    """Raises ToolFailed."""
    with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as complained:
        process = subprocess.Popen(
            command, env={**os.environ, **(environment or {})}, stdout=said, stderr=complained
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise ToolFailed(_text(complained).strip().rpartition("\n")[2] or "failed")
        return Spent(usage.ru_utime + usage.ru_stime, float(usage.ru_maxrss), _text(said))


def _text(file: tempfile._TemporaryFileWrapper[bytes]) -> str:  # type: ignore[name-defined]
    file.seek(0)
    return file.read().decode("utf-8", "replace")
