# SPDX-License-Identifier: Apache-2.0
"""Programs under the memory profiler, and what it saw of their lines."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hone.recording import reader
from hone.recording.model import Recording
from hone.report.memory import Sum, sums
from tests.command import hone, write

EXACTLY = ("--every", "1")


@dataclass
class Profiled:
    done: subprocess.CompletedProcess[str]
    recording: Recording
    text: str  # the program's

    def at(self, mark: str) -> Sum:
        """What was asked for at the line of the program that ends with `# MARK`."""
        lines = [
            number
            for number, line in enumerate(self.text.splitlines(), 1)
            if line.endswith(f"# {mark}")
        ]
        assert len(lines) == 1, mark
        found = Sum()
        for (function, line), row in sums(self.recording, by_line=True).items():
            here = self.recording.functions[function]
            if line == lines[0] and here.file.endswith("program.py"):
                for name, value in vars(row).items():
                    setattr(found, name, getattr(found, name) + value)
        return found

    def of(self, name: str) -> Sum:
        """What the function of this name asked for."""
        found = Sum()
        for (function, _), row in sums(self.recording, by_line=False).items():
            if self.recording.functions[function].name == name:
                for field, value in vars(row).items():
                    setattr(found, field, getattr(found, field) + value)
        return found

    def whole(self) -> Sum:
        found = Sum()
        for row in sums(self.recording, by_line=False).values():
            for field, value in vars(row).items():
                setattr(found, field, getattr(found, field) + value)
        return found


def profiled(
    folder: Path, text: str, *options: object, words: tuple[str, ...] = (), **more: Any
) -> Profiled:
    """By default every block is a sample, so that all sums are exact."""
    path, program = folder / "seen.hone", write(folder, text)
    done = hone("memory", *(options or EXACTLY), "--record", path, program, *words, **more)
    assert path.exists(), done.stderr
    return Profiled(done, reader.load(path), program.read_text())
