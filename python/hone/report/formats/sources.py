# SPDX-License-Identifier: Apache-2.0
"""Sources to show beside their times: as they were when they were recorded, else as they are now."""

from __future__ import annotations

import tokenize
from functools import cache

from hone.recording.model import Recording

_MOST_BYTES = 4 << 20  # a source of more is data


class Sources:
    def __init__(self, recording: Recording) -> None:
        self._kept = {source.file: source.text for source in recording.sources}
        self.of_today: set[str] = set()  # files that may have changed since

    def lines(self, file: str) -> list[str]:
        """Without ends of lines; none if the file can't be read."""
        text = self._kept.get(file)
        if text is None:
            text = _read(file)
            if text:
                self.of_today.add(file)
        return text.splitlines() if text else []


@cache
def _read(file: str) -> str:
    try:
        with tokenize.open(file) as stream:
            return stream.read(_MOST_BYTES)
    except (OSError, SyntaxError, ValueError):
        return ""
