# SPDX-License-Identifier: Apache-2.0
"""Which line an instruction belongs to, and what a call that is not to Python calls: of code objects
that live in another process and are known by their location tables (co_linetable, PEP 657)."""

from __future__ import annotations

import ast
import linecache
import opcode
from collections.abc import Sequence
from functools import cached_property

from hone.sampling.spool import Code

_NOP = bytes([opcode.opmap["NOP"], 0])

Position = tuple[int | None, int | None, int | None, int | None]  # line, end line, columns


def _template() -> None: ...


class Places:
    """Of one code object."""

    def __init__(self, code: Code) -> None:
        self.code = code

    @cached_property
    def _positions(self) -> Sequence[Position]:
        table = _template.__code__.replace(
            co_code=_NOP * max(self.code.units, 1),
            co_linetable=self.code.lines,
            co_firstlineno=self.code.first_line,
            co_exceptiontable=b"",
        )
        try:
            return list(table.co_positions())
        except Exception:  # a table that is damaged: CPython has several ways to say so
            return []

    def line(self, unit: int) -> int:
        """The line of the instruction at UNIT; the function's first where there is none."""
        position = self._positions[unit] if unit < len(self._positions) else None
        return (position[0] if position else None) or max(self.code.first_line, 0)

    def callee(self, unit: int) -> str:
        """What the call at UNIT calls, as the source has it: `np.dot`; "" where the source is not at
        hand or says something else."""
        if unit >= len(self._positions):
            return ""
        text = _segment(self.code.file, self._positions[unit])
        try:
            tree = ast.parse(f"({text})", mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return ""
        if not isinstance(tree, ast.Call):
            return ""
        name = ast.unparse(tree.func)
        return name if len(name) <= 60 and "\n" not in name else ""


def _segment(file: str, position: Position) -> str:
    line, end, start, stop = position
    if line is None or end is None or start is None or stop is None or end - line > 50:
        return ""
    lines = [linecache.getline(file, number).encode() for number in range(line, end + 1)]
    if not lines or not lines[0]:
        return ""
    lines[-1] = lines[-1][:stop]
    lines[0] = lines[0][start:]
    return b"".join(lines).decode("utf-8", "replace")
