# SPDX-License-Identifier: Apache-2.0
"""A line profile as a recording, for hone report and hone diff."""

from __future__ import annotations

import sys

from hone.lines.stats import StatsLike


def write(
    path: str, program: list[str], stats: StatsLike, slowdown: float, remark: str = ""
) -> None:
    """What a PROGRAM's lines took, and how much slower it was for being watched; what the compiler did; a
    REMARK on it.
    RecordingError if PATH can't be written."""
    from hone.recording import meta, rows, writer
    from hone.recording.engine import add_compiled
    from hone.recording.model import Recording

    made = Recording()
    name = program[0] if program[0] != "-m" else " ".join(program[:2])
    made.meta = meta.here(name, program)
    made.meta.remarks += [remark] if remark else []
    made.meta.slowdown = meta.Slowdown(slowdown, slowdown, slowdown)
    for (file, first, name), lines in stats.timings.items():
        function = made.functions.add(rows.Function(file, first, name))
        for line, hits, time in lines:
            made.lines.append(rows.LineTime(function, line, hits, time * stats.unit))
    if (engine := sys.modules.get("hone._jit")) is not None:
        add_compiled(made, engine.report())
    writer.save(made, path)
