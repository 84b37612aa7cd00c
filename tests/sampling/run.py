# SPDX-License-Identifier: Apache-2.0
"""Programs under the sampler, and what it saw of them. It may cost as much as it likes here: many samples
make small errors."""

from __future__ import annotations

import subprocess
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from hone.recording import reader
from hone.recording.model import Recording
from hone.recording.rows import NONE
from tests.command import hone, write

OFTEN = ("-r", "4000", "--budget", "100%")

# Uses the processor for a given time, whatever else the machine does.
SPIN = """
import time
def spin(seconds):
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        for _ in range(50): pass
"""


@dataclass
class Sampled:
    done: subprocess.CompletedProcess[str]
    recording: Recording

    def share(self, name: str) -> float:
        """Of the time, below and in the function."""
        return self._weights()[name] / max(1, self.whole)

    @property
    def whole(self) -> int:
        return sum(sample.weight for sample in self.recording.samples)

    def _weights(self) -> Counter[str]:
        found: Counter[str] = Counter()
        for sample in self.recording.samples:
            for name in set(self.names(sample.stack)):
                found[name] += sample.weight
        return found

    def names(self, stack: int) -> list[str]:
        """The functions of a stack, outermost first."""
        rows = self.recording
        return [rows.functions[rows.stacks.function[at]].name for at in rows.stacks.path(stack)][
            ::-1
        ]

    def stacks(self) -> list[list[str]]:
        return [
            self.names(sample.stack) for sample in self.recording.samples if sample.stack != NONE
        ]


def sampled(folder: Path, text: str, *options: object, words: tuple[str, ...] = ()) -> Sampled:
    path = folder / "seen.hone"
    done = hone("sample", *OFTEN, *options, "--record", path, write(folder, text), *words)
    assert path.exists(), done.stderr
    return Sampled(done, reader.load(path))
