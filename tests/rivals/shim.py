# SPDX-License-Identifier: Apache-2.0
"""A finder that gives hone's module where another tool's is imported: its tests then test ours."""

from __future__ import annotations

import importlib.util
import sys
from importlib.machinery import ModuleSpec
from typing import Any

# Rival -> what is imported -> what is given. One rival at a time: hone.timeit hands over to timeit.
STANDS_IN = {
    "timeit": {"timeit": "hone.timeit"},
    "cProfile": {
        "_lsprof": "hone.lsprof",
        "cProfile": "hone.cprofile",
        "profiling.tracing": "hone.cprofile",  # its new home in 3.15
    },
}


class Finder:
    """Each name once: what asks again is ours, and wants the original."""

    def __init__(self, rival: str) -> None:
        self._left = dict(STANDS_IN[rival])

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        ours = self._left.pop(name, None)
        if ours is None:
            return None
        found = importlib.util.find_spec(ours)
        assert found is not None and found.origin is not None
        return importlib.util.spec_from_file_location(name, found.origin)


def install(rival: str) -> None:
    for name in STANDS_IN[rival]:
        sys.modules.pop(name, None)
    sys.meta_path.insert(0, Finder(rival))  # type: ignore[arg-type]


def installed() -> bool:
    return any(isinstance(finder, Finder) for finder in sys.meta_path)
