# SPDX-License-Identifier: Apache-2.0
"""pprof's file: a gzipped Profile (google/pprof: proto/profile.proto, whose field numbers are used here).

A location is a function at a line, a sample the sum of a stack in a thread. Of memory there are all
measures at once, with the names that Go gives them where it has one.
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Iterator
from typing import TypeVar

import hone
from hone.recording.model import Recording
from hone.recording.trees import SAMPLED, unit_of
from hone.report.formats import Options, shown, stacks
from hone.report.formats.protobuf import data, number, packed

Key = TypeVar("Key")
_MEMORY = {
    "number": ("alloc_objects", "count"),
    "bytes": ("alloc_space", "bytes"),
    "live_number": ("inuse_objects", "count"),
    "live": ("inuse_space", "bytes"),
    "peak": ("peak_space", "bytes"),
    "temporary": ("temporary_space", "bytes"),
    "copied": ("copied_space", "bytes"),
}
_UNITS = {"nanoseconds": ("time", "nanoseconds")}


def render(recording: Recording, options: Options) -> Iterator[bytes]:
    """Gzipped part by part: of a large recording only the tables are held in memory."""
    stacks.refuse_empty(recording, options.metric)
    worker = zlib.compressobj(6, wbits=31)
    for part in _Profile(recording).parts(options.metric):
        if packed_part := worker.compress(part):
            yield packed_part
    yield worker.flush()


class _Ids(dict[Key, int]):
    """Numbers for keys, from FIRST on, in the order in which they are asked for."""

    def __init__(self, first: int) -> None:
        super().__init__()
        self.first = first

    def __missing__(self, key: Key) -> int:
        self[key] = len(self) + self.first
        return self[key]


class _Profile:
    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self.texts: _Ids[str] = _Ids(0)
        self.texts[""]
        self.places: _Ids[stacks.Frame] = _Ids(1)  # 0 is no id

    def parts(self, metric: str) -> Iterator[bytes]:
        sampled = metric in SAMPLED
        types = self._time_types(metric) if sampled else list(_MEMORY.values())
        chief = types[-1 if sampled else 1]
        for kind in types:
            yield data(1, self._type(*kind))
        samples = self._times(metric) if sampled else self._memory()
        for thread, frames, values in samples:
            yield data(2, self._sample(thread, frames, values))
        meta = self.recording.meta
        yield number(9, round(meta.started * 1e9))
        yield number(10, round(meta.wall_seconds * 1e9))
        yield data(11, self._type(*chief))
        yield number(12, round(meta.interval_seconds * 1e9))
        for sentence in (f"hone {hone.__version__}", *shown.facts(self.recording)):
            yield number(13, self.texts[sentence])
        yield number(14, self.texts[chief[0]])
        for frame, place in self.places.items():
            yield data(4, self._location(frame, place))
        for function in sorted({function for function, _ in self.places}):
            yield data(5, self._function(function))
        for text in self.texts:
            yield data(6, text.encode("utf-8", "backslashreplace"))

    def _time_types(self, metric: str) -> list[tuple[str, str]]:
        unit = unit_of(self.recording, metric)
        return [("samples", "count"), _UNITS.get(unit, (unit, "count"))]

    def _type(self, kind: str, unit: str) -> bytes:
        return number(1, self.texts[kind]) + number(2, self.texts[unit])

    def _times(self, metric: str) -> Iterator[tuple[int, tuple[stacks.Frame, ...], list[int]]]:
        for one in stacks.weighed(self.recording, metric):
            yield one.thread, one.frames, [one.count, one.weight]

    def _memory(self) -> Iterator[tuple[int, tuple[stacks.Frame, ...], list[int]]]:
        sums: dict[int, list[int]] = defaultdict(lambda: [0] * len(_MEMORY))
        for row in self.recording.allocations:
            for at, measure in enumerate(_MEMORY):
                sums[row.stack][at] += getattr(row, measure)
        for stack, values in sums.items():
            yield -1, stacks.path(self.recording, stack), values

    def _sample(self, thread: int, frames: tuple[stacks.Frame, ...], values: list[int]) -> bytes:
        found = packed(1, (self.places[frame] for frame in reversed(frames))) + packed(2, values)
        known = stacks.thread_of(self.recording, thread)
        if known.name:
            label = number(1, self.texts["thread"]) + number(2, self.texts[known.name])
            found += data(3, label)
        if known.id:
            found += data(3, number(1, self.texts["thread_id"]) + number(3, known.id))
        return found

    def _location(self, frame: stacks.Frame, place: int) -> bytes:
        function, line = frame
        return number(1, place) + data(4, number(1, function + 1) + number(2, line))

    def _function(self, function: int) -> bytes:
        # Without a system name (3): where it is the name, pprof takes `<module>` for a template's
        # arguments and shows nothing of it.
        known = self.recording.functions[function]
        return (
            number(1, function + 1)
            + number(2, self.texts[known.name])
            + number(4, self.texts[known.file])
            + number(5, known.line)
        )
