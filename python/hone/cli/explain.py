# SPDX-License-Identifier: Apache-2.0
"""`hone explain SCRIPT:FUNCTION`: per line what is native, what is an object operation, and why."""

from __future__ import annotations

import linecache
import sys
from collections.abc import Iterator
from pathlib import Path
from types import CodeType

from hone.cli import complain, nearest


def main(words: list[str]) -> int:
    if len(words) != 1 or words[0].startswith("-"):
        return complain("usage: hone explain SCRIPT:FUNCTION")
    script, _, name = words[0].rpartition(":")
    path = Path(script)
    if not path.is_file():
        return complain(f"there is no file {script or words[0]}")
    try:
        top = compile(path.read_bytes(), str(path.resolve()), "exec", dont_inherit=True)
    except SyntaxError as error:
        return complain(f"{script}, line {error.lineno}: {error.msg}", 3)
    codes = {code.co_qualname: code for code in _codes(top)}
    if name not in codes:
        return complain(f"{script} has no function {name!r}{nearest(name, list(codes))}")
    try:
        from hone import _jit
    except ImportError as error:
        return complain(f"the compiler can't be loaded: {error}", 5)
    for row in _jit.explain(_jit.prepare(codes[name])):
        text = linecache.getline(str(path), row["line"]).rstrip()
        why = f"  # {row['reason']}" if row.get("reason") else ""
        sys.stdout.write(
            f"{row['line']:5d} {row['native']:4d} native {row['object_ops']:4d} object {row['exits']:3d} exits | {text}{why}\n"
        )
    return 0


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)
