# SPDX-License-Identifier: Apache-2.0
"""speedscope's JSON (speedscope: src/lib/file-format-spec.ts): a profile is a thread, sampled or evented."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from hone.recording import rows
from hone.recording.errors import RecordingError
from hone.recording.foreign import frames
from hone.recording.model import Recording

# How many nanoseconds one is; the other units are no time.
_UNITS = {"nanoseconds": 1, "microseconds": 1e3, "milliseconds": 1e6, "seconds": 1e9}


def looks_right(head: bytes) -> bool:
    return head.lstrip().startswith(b"{") and (b"speedscope" in head or b'"shared"' in head)


def read(data: bytes, name: str) -> Recording:
    try:
        document = json.loads(data)
        return _recording(document)
    except (ValueError, RecursionError, OverflowError):
        raise RecordingError(f"{name} is damaged, or no JSON") from None
    except (TypeError, KeyError, AttributeError, IndexError):
        raise RecordingError(f"{name} is JSON, but not speedscope's") from None


def _recording(document: dict[str, Any]) -> Recording:
    found = Recording()
    functions = [_frame(found, frame) for frame in document["shared"]["frames"]]
    for number, profile in enumerate(document["profiles"]):
        unit = profile["unit"]
        if unit not in _UNITS:
            found.meta.unit = "samples" if unit == "none" else str(unit)
        scale = _UNITS.get(unit, 1)
        thread = found.threads.add(rows.Thread(number, str(profile.get("name", ""))))
        form = _sampled if profile["type"] == "sampled" else _evented
        samples = []
        for at, frames_, weight in form(profile):
            stack = rows.NONE
            for frame in frames_:
                if frame < 0:
                    raise IndexError(frame)
                stack = found.stacks.add(stack, *functions[frame])
            samples.append(rows.Sample(thread, stack, _whole(at * scale), _whole(weight * scale)))
        found.samples.extend(samples)
    return found


def _frame(found: Recording, frame: dict[str, Any]) -> tuple[int, int]:
    function, line = frames.function(str(frame["name"]))
    if "file" in frame:
        function = rows.Function(str(frame["file"]), 0, str(frame["name"]))
    return found.functions.add(function), int(frame.get("line", line) or 0)


def _whole(number: float) -> int:
    if not 0 <= number < 1 << 63:
        raise ValueError(number)
    return round(number)


_Slice = tuple[float, list[int], float]  # when, frames from the outermost, for how long


def _sampled(profile: dict[str, Any]) -> Iterator[_Slice]:
    at = 0.0
    for frames_, weight in zip(profile["samples"], profile["weights"], strict=True):
        yield at, frames_, weight
        at += weight


def _evented(profile: dict[str, Any]) -> Iterator[_Slice]:
    start = before = profile.get("startValue", 0)
    inside: list[int] = []
    for event in profile["events"]:
        if event["at"] > before:
            yield before - start, list(inside), event["at"] - before
            before = event["at"]
        if event["type"] == "O":
            inside.append(event["frame"])
        elif not inside or inside.pop() != event["frame"]:
            raise ValueError("a frame is closed that is not open")
