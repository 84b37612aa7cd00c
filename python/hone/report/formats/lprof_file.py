# SPDX-License-Identifier: Apache-2.0
"""line_profiler's `.lprof`: its LineStats, pickled, with the class of version 5, which version 4 also finds.

The pickle is put together here because the class need not be installed: STACK_GLOBAL, EMPTY_TUPLE,
NEWOBJ, the state, BUILD (line_profiler/line_profiler.py; Lib/pickle.py has the codes).
"""

from __future__ import annotations

import pickle
from collections import defaultdict
from collections.abc import Iterator

from hone.recording.errors import RecordingError
from hone.recording.model import Recording
from hone.report.formats import Options

_UNIT = 1e-9
_PROTOCOL = 4
_CLASS = ("line_profiler.line_profiler", "LineStats")


def render(recording: Recording, options: Options) -> Iterator[bytes]:
    if not recording.lines:
        name = recording.name or "the recording"
        raise RecordingError(f"{name} has no times of lines in it; record some with hone lines")
    lines: dict[tuple[str, int, str], dict[int, tuple[int, int]]] = defaultdict(dict)
    for row in recording.lines:
        function = recording.functions[row.function]
        by_line = lines[function.file, function.line, function.name]
        hits, ticks = by_line.get(row.line, (0, 0))
        by_line[row.line] = hits + row.hits, ticks + round(row.seconds / _UNIT)
    timings = {
        key: [(line, *numbers) for line, numbers in sorted(by_line.items())]
        for key, by_line in lines.items()
    }
    yield pickled({"timings": timings, "unit": _UNIT})


def pickled(state: dict[str, object]) -> bytes:
    # Of the state's own pickle: neither its first two bytes, the protocol, nor its last, STOP.
    body = pickle.dumps(state, _PROTOCOL)[2:-1]
    names = b"".join(
        pickle.SHORT_BINUNICODE + bytes([len(name)]) + name.encode() for name in _CLASS
    )
    make = names + pickle.STACK_GLOBAL + pickle.EMPTY_TUPLE + pickle.NEWOBJ
    return pickle.PROTO + bytes([_PROTOCOL]) + make + body + pickle.BUILD + pickle.STOP
