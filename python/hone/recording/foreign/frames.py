# SPDX-License-Identifier: Apache-2.0
"""Frames that are only texts: taken apart as the tools that write them put them together."""

from __future__ import annotations

import re

from hone.recording.rows import Function

# In this order: py-spy's and ours, then Tachyon's and Austin's.
_FORMS = (
    re.compile(r"(?P<name>.+) \((?P<file>[^()]+?)(?::(?P<line>\d{1,9}))?\)"),
    re.compile(r"(?P<file>[^:]+\.pyx?|<[^:]+>):(?P<name>[^:]+)(?::(?P<line>\d{1,9}))?"),
)


def function(text: str) -> tuple[Function, int]:
    """The function that TEXT names, and the line in it or 0."""
    for form in _FORMS:
        if found := form.fullmatch(text):
            return Function(found["file"], 0, found["name"]), int(found["line"] or 0)
    return Function("", 0, text), 0
