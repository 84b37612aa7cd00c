# SPDX-License-Identifier: Apache-2.0
"""Recordings: what a profiler saw, in memory (model.py) and in a file (docs/internals/recording-format.md).

    from hone.recording import Recording, load, save, here
    from hone.recording.rows import Function, Total

    made = Recording(meta=here("script.py", ["script.py"]))
    made.functions.append(Function("script.py", 3, "f"))
    made.totals.append(Total(0, calls=2, primitive=2, own=0.5, cumulative=0.75))
    save(made, "out.hone")
    load("out.hone").totals

A program that may be killed uses a Writer, which appends as it goes. Files that other profilers
wrote are read by hone.recording.foreign.
"""

from __future__ import annotations

from hone.recording.errors import RecordingError
from hone.recording.meta import Meta, Slowdown, here
from hone.recording.model import Recording, weigh
from hone.recording.reader import load
from hone.recording.writer import Writer, save

__all__ = [
    "Meta",
    "Recording",
    "RecordingError",
    "Slowdown",
    "Writer",
    "here",
    "load",
    "save",
    "weigh",
]
