# SPDX-License-Identifier: Apache-2.0
"""Collapsed stacks, as flamegraph.pl and all its relatives read them: `outer;…;inner count` a line.

A first frame that names a thread makes one: `thread NAME (ID)` is ours, `tid:ID` is Tachyon's.
"""

from __future__ import annotations

import re

from hone.recording import rows
from hone.recording.errors import RecordingError
from hone.recording.foreign import frames
from hone.recording.model import Recording

UNIT = "samples"
_LINE = re.compile(r"(?P<stack>.*\S)\s+(?P<count>\d{1,18}(?:\.\d*)?)\s*")
_THREADS = (
    re.compile(r"thread (?P<name>.*) \((?P<id>\d{1,18})\)"),
    re.compile(r"(?P<name>)tid:(?P<id>\d{1,18})"),
)


def looks_right(head: bytes) -> bool:
    """Text whose first line that says anything is a stack."""
    lines = head.split(b"\n")
    whole = lines[:-1] if len(lines) > 1 else lines
    try:
        # A head may end in the middle of a letter; the lines before its last one don't.
        first = next((line.decode() for line in whole if line.strip()), "")
    except UnicodeDecodeError:
        return False
    return bool(_LINE.fullmatch(first)) or (len(lines) == 1 and len(head) == 4096 and b";" in head)


def read(data: bytes, name: str) -> Recording:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise RecordingError(f"{name} looks like collapsed stacks, but is no UTF-8") from None
    found = Recording()
    found.meta.unit = UNIT
    samples: list[rows.Sample] = []
    broken = rounded = 0
    for line in text.split("\n"):
        if not line.strip():
            continue
        parts = _LINE.fullmatch(line)
        if parts is None:
            broken += 1
            continue
        count = float(parts["count"])
        rounded += not count.is_integer()
        thread, stack = _stack(found, parts["stack"].split(";"))
        samples.append(rows.Sample(thread, stack, 0, round(count)))
    found.samples.extend(samples)
    _note(found, name, broken, rounded)
    return found


def _stack(found: Recording, texts: list[str]) -> tuple[int, int]:
    thread = stack = rows.NONE
    for form in _THREADS:
        if named := form.fullmatch(texts[0]):
            thread = found.threads.add(rows.Thread(int(named["id"]), named["name"]))
            texts = texts[1:]
            break
    for text in texts:
        function, line = frames.function(text)
        stack = found.stacks.add(stack, found.functions.add(function), line)
    return thread, stack


def _note(found: Recording, name: str, broken: int, rounded: int) -> None:
    if broken and not len(found.samples):
        raise RecordingError(f"{name} is no file of collapsed stacks")
    if broken:
        found.notes.append(f"{name}: {broken} lines are no stack with a count, and are left out")
    if rounded:
        found.notes.append(f"{name}: {rounded} counts are no whole numbers, and are rounded")
