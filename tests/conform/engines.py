# SPDX-License-Identifier: Apache-2.0
"""What turns a body's code object into the code that runs.

``plain`` is the interpreter itself. ``hone`` is the compiler; if it cannot be imported the harness
fails, it never skips. ``text`` exists for the harness's own tests: it recompiles the body's source
with a piece of text replaced, so that a wrong result, traceback, leak or crash can be injected.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol


class Engine(Protocol):
    def prepare(self, code: types.CodeType) -> types.CodeType: ...

    def report(self) -> list[dict[str, Any]]: ...


class Plain:
    def prepare(self, code: types.CodeType) -> types.CodeType:
        return code

    def report(self) -> list[dict[str, Any]]:
        return []


class Hone:
    def __init__(self, settings: Mapping[str, Any]) -> None:
        from hone import _jit

        self._jit = _jit
        _jit.configure(**settings)

    def prepare(self, code: types.CodeType) -> types.CodeType:
        prepared: types.CodeType = self._jit.prepare(code)
        return prepared

    def report(self) -> list[dict[str, Any]]:
        return list(self._jit.report())


class Text(Plain):
    def __init__(self, old: str, new: str) -> None:
        self._old = old
        self._new = new

    def prepare(self, code: types.CodeType) -> types.CodeType:
        source = Path(code.co_filename).read_text(encoding="utf-8")
        if self._old not in source:
            raise ValueError(f"{self._old!r} is not in {code.co_filename}")
        return compile(
            source.replace(self._old, self._new), code.co_filename, "exec", dont_inherit=True
        )


def make(kind: str, settings: Mapping[str, Any]) -> Engine:
    if kind == "plain":
        return Plain()
    if kind == "text":
        return Text(settings["old"], settings["new"])
    if kind == "hone":
        return Hone(settings)
    raise ValueError(f"no engine {kind!r}")
