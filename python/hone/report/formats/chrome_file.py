# SPDX-License-Identifier: Apache-2.0
"""Chrome's trace events, which Perfetto reads as well (google/perfetto:
docs/getting-started/other-formats.md): microseconds; B and E nest strictly in each thread.

A thread's samples become the calls that they saw: a frame begins at the first sample that has it and
ends at the first that has it not. Events may overlap one another and the calls, so that each kind has
tracks of its own, as many as it needs. All is written as it is read, sample by sample.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import takewhile
from typing import Any

from hone.recording.model import Recording
from hone.recording.rows import NONE
from hone.report.formats import Options, shown, stacks

_MOST = 200_000  # samples and events: of more, a viewer has too much
_TRACKS = 1 << 40  # ids of tracks for events, beyond any thread's


def render(recording: Recording, options: Options) -> Iterator[str]:
    writer = _Trace(recording)
    timed = options.metric == "time" and not recording.meta.unit and recording.samples
    if timed:
        parts = writer.samples()
    elif recording.events and not recording.samples and not recording.calls:
        parts = iter(())
    else:
        stacks.refuse_empty(recording, options.metric)
        parts = writer.sums(options.metric)
    yield '{"displayTimeUnit":"ns","traceEvents":[\n'
    yield json.dumps(writer.named("process_name", 0, shown.name_of(recording)))
    for event in parts:
        yield ",\n" + json.dumps(event)
    for event in writer.events():
        yield ",\n" + json.dumps(event)
    for event in writer.names():
        yield ",\n" + json.dumps(event)
    yield "\n]}\n"


class _Thread:
    """What is open, from the outermost, and until when it is known to last."""

    def __init__(self) -> None:
        self.open: tuple[int, ...] = ()
        self.until = 0


class _Trace:
    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self.pid = recording.meta.pid or 1
        self.tracks: dict[int, str] = {}
        self.paths: dict[int, tuple[int, ...]] = {NONE: ()}

    def named(self, what: str, tid: int, name: str) -> dict[str, Any]:
        return {"ph": "M", "name": what, "pid": self.pid, "tid": tid, "args": {"name": name}}

    def names(self) -> Iterator[dict[str, Any]]:
        for tid, name in self.tracks.items():
            yield self.named("thread_name", tid, name)

    def samples(self) -> Iterator[dict[str, Any]]:
        threads: dict[int, _Thread] = {}
        for block, step in stacks.thinned(self.recording, _MOST):
            for number, stack, time, weight, _ in block:
                thread = threads.get(number)
                if thread is None:
                    thread = threads[number] = _Thread()
                yield from self._sample(number, thread, stack, time, weight * step)
        for number, thread in threads.items():
            yield from self._change(number, thread, (), thread.until)

    def _sample(
        self, number: int, thread: _Thread, stack: int, time: int, weight: int
    ) -> Iterator[dict[str, Any]]:
        path = self.paths.get(stack)
        if path is None:
            frames = stacks.path(self.recording, stack)
            path = self.paths[stack] = tuple(function for function, _ in frames)
        time = max(time, thread.until - weight)
        # A sample comes a little sooner or later than planned; a real gap is longer than that.
        if time > thread.until + weight:
            yield from self._change(number, thread, (), thread.until)
        if path != thread.open:
            yield from self._change(number, thread, path, time)
        thread.until = max(thread.until, time + weight)

    def _change(
        self, number: int, thread: _Thread, path: tuple[int, ...], time: int
    ) -> Iterator[dict[str, Any]]:
        """End what PATH does not have, begin what is new in it."""
        pairs = zip(thread.open, path, strict=False)
        common = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
        tid = self._tid(number)
        for function in reversed(thread.open[common:]):
            yield self._edge("E", function, tid, time)
        for function in path[common:]:
            yield self._edge("B", function, tid, time)
        thread.open = path

    def _edge(self, phase: str, function: int, tid: int, time: int) -> dict[str, Any]:
        known = self.recording.functions[function]
        found = {"ph": phase, "name": known.name, "pid": self.pid, "tid": tid, "ts": time / 1000}
        if phase == "B" and (place := shown.place(known)):
            found["cat"] = known.module or "python"
            found["args"] = {"at": place}
        return found

    def _tid(self, number: int) -> int:
        tid = stacks.thread_of(self.recording, number).id
        self.tracks.setdefault(tid, stacks.thread_name(self.recording, number))
        return tid

    def sums(self, metric: str) -> Iterator[dict[str, Any]]:
        """Where there are no instants: stacks one after the other, as long as they weigh. Those that
        begin alike stand together, or nothing of a tree would be seen."""
        rows = sorted(
            (one.thread, tuple(function for function, _ in one.frames), one.weight)
            for one in stacks.weighed(self.recording, metric)
        )
        threads: dict[int, _Thread] = {}
        for number, path, weight in rows:
            thread = threads.setdefault(number, _Thread())
            yield from self._change(number, thread, path, thread.until)
            thread.until += weight
        for number, thread in threads.items():
            yield from self._change(number, thread, (), thread.until)

    def events(self) -> Iterator[dict[str, Any]]:
        """In each track, one ends before the next begins."""
        ends: dict[tuple[int, str, int], int] = {}
        tids: dict[tuple[int, str, int], int] = {}
        for event in stacks.longest(self.recording, _MOST):
            lane = 0
            while ends.get((event.thread, event.kind, lane), 0) > event.start:
                lane += 1
            track = (event.thread, event.kind, lane)
            ends[track] = event.end
            if track not in tids:
                tids[track] = _TRACKS + len(tids)
                thread = stacks.thread_name(self.recording, event.thread)
                self.tracks[tids[track]] = f"{event.kind} · {thread}"
            yield {
                "ph": "X",
                "name": event.name or event.kind,
                "cat": event.kind,
                "pid": self.pid,
                "tid": tids[track],
                "ts": event.start / 1000,
                "dur": max(0, event.end - event.start) / 1000,
            }
