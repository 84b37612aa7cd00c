# SPDX-License-Identifier: Apache-2.0
"""A finder that gives hone's module where another tool's is imported: its tests then test ours."""

from __future__ import annotations

import importlib.util
import sys
from importlib.machinery import ModuleSpec
from typing import Any

# What is imported -> what is given.
STANDS_IN = {"timeit": "hone.timeit"}


class Finder:
    """Each name once: what asks again is ours, and wants the original."""

    def __init__(self) -> None:
        self._left = dict(STANDS_IN)

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        ours = self._left.pop(name, None)
        if ours is None:
            return None
        found = importlib.util.find_spec(ours)
        assert found is not None and found.origin is not None
        return importlib.util.spec_from_file_location(name, found.origin)


def install() -> None:
    for name in STANDS_IN:
        sys.modules.pop(name, None)
    sys.meta_path.insert(0, Finder())  # type: ignore[arg-type]
