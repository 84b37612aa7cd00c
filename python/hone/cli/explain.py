# SPDX-License-Identifier: Apache-2.0
"""`hone explain SCRIPT:FUNCTION [ARGS…]`: per line what is native, what is an object operation, and why."""

from __future__ import annotations

import linecache
import sys
from pathlib import Path
from types import CodeType

from hone.cli import COMMANDS, complain, nearest, options
from hone.tune import explained, seal
from hone.tune.explained import Explained
from hone.tune.target import Target, TargetError, check


def main(words: list[str]) -> int:
    rules = options.parser("explain", COMMANDS["explain"], "SCRIPT:FUNCTION [ARGS…]")
    rules.add_argument(
        "--timeout", type=float, metavar="S", help="stop the program after so many seconds"
    )
    try:
        chosen, place = options.read(rules, words)
        script, colon, name = (place.script or "").rpartition(":")
        if not colon or not script:
            raise TargetError("give SCRIPT:FUNCTION, such as script.py:main")
        target = Target(script, None, place.arguments)
        check(target)
        code = _find(script, name)
    except TargetError as error:
        return complain(str(error), error.code)
    if why_not := seal.why_not():
        return complain(f"the program can't be run under seal here ({why_not})", 5)
    try:
        found = explained.explain(target, code, chosen.timeout)
    except (seal.SealError, ImportError) as error:
        return complain(f"{name} can't be explained: {error}", 5)
    sys.stdout.write(_render(found, code, script))
    return 0


def _find(script: str, name: str) -> CodeType:
    path = Path(script)
    top = compile(path.read_bytes(), str(path.absolute()), "exec", dont_inherit=True)
    code = explained.find(top, name)
    if code is None:
        known = sorted({explained.spellings(inner)[1] for inner in explained.functions_of(top)})
        hint = nearest(name, known) or (f"; it has {', '.join(known[:8])}" if known else "")
        raise TargetError(f"{script} has no function {name!r}{hint}")
    return code


def _render(found: Explained, code: CodeType, script: str) -> str:
    out = [f"{code.co_qualname} ({script}:{code.co_firstlineno}) {found.sentence}"]
    if found.lines:
        out += ["", " line  native  object  exits | source"]
    for row in found.lines:
        text = linecache.getline(script, row["line"]).rstrip()
        why = f"  # {row['reason']}" if row.get("reason") else ""
        out.append(
            f"{row['line']:5d}  {row['native']:6d}  {row['object_ops']:6d}  {row['exits']:5d} | {text}{why}"
        )
    return "\n".join(out) + "\n"
