# SPDX-License-Identifier: Apache-2.0
"""A line profile as a recording, for hone report and hone diff."""

from __future__ import annotations

import sys

from hone.lines.stats import StatsLike


def write(path: str, stats: StatsLike, slowdown: float) -> None:
    """What a program's lines took, and how much slower it was for being watched; what the compiler did.
    RecordingError if PATH can't be written."""
    from hone.recording import meta, rows, writer
    from hone.recording.engine import add_compiled
    from hone.recording.model import Recording

    made = Recording()
    made.meta = meta.here(sys.argv[0], sys.argv)
    made.meta.slowdown = meta.Slowdown(slowdown, slowdown, slowdown)
    for (file, first, name), lines in stats.timings.items():
        function = made.functions.add(rows.Function(file, first, name))
        for line, hits, time in lines:
            made.lines.append(rows.LineTime(function, line, hits, time * stats.unit))
    if (engine := sys.modules.get("hone._jit")) is not None:
        add_compiled(made, engine.report())
    writer.save(made, path)


def unwritten() -> type[Exception]:
    """RecordingError; for who asks only if something was raised."""
    from hone.recording.errors import RecordingError

    return RecordingError
