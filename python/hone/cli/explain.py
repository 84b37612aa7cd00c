# SPDX-License-Identifier: Apache-2.0
"""`hone explain [-m MODULE | SCRIPT]:FUNCTION [ARGS…]`: per line what is native, what is an object operation, and why."""

from __future__ import annotations

import linecache
import sys
from types import CodeType

from hone.cli import COMMANDS, complain, nearest, options
from hone.tune import explained, seal
from hone.tune.explained import Explained
from hone.tune.host import absolute
from hone.tune.target import Target, TargetError, check


def main(words: list[str]) -> int:
    rules = options.parser("explain", COMMANDS["explain"], "[-m MODULE | SCRIPT]:FUNCTION [ARGS…]")
    rules.add_argument(
        "--timeout",
        type=options.some_seconds,
        metavar="S",
        help="stop the program after so many seconds",
    )
    try:
        chosen, place = options.read(rules, words)
        target, name = _split(place)
        check(target)
        source = str(target.source_file())
        code = _find(source, name)
    except TargetError as error:
        return complain(str(error), error.code)
    if why_not := seal.why_not():
        return complain(f"the program can't be run under seal here ({why_not})", 5)
    try:
        found = explained.explain(target, code, chosen.timeout)
    except (seal.SealError, ImportError) as error:
        return complain(f"{name} can't be explained: {error}", 5)
    sys.stdout.write(_render(found, code, source))
    return 0


def _split(place: Target) -> tuple[Target, str]:
    """`script.py:function` or `-m module:function`, taken apart."""
    program, colon, name = (place.script or place.module or "").rpartition(":")
    if not colon or not program:
        raise TargetError("give SCRIPT:FUNCTION, such as script.py:main, or -m MODULE:FUNCTION")
    if place.module is not None:
        return Target(None, program, place.arguments), name
    return Target(program, None, place.arguments), name


def _find(source: str, name: str) -> CodeType:
    with open(source, "rb") as file:  # named as the running program names it
        top = compile(file.read(), absolute(source), "exec", dont_inherit=True)
    code = explained.find(top, name)
    if code is None:
        known = sorted({explained.spellings(inner)[1] for inner in explained.functions_of(top)})
        hint = nearest(name, known) or (f"; it has {', '.join(known[:8])}" if known else "")
        raise TargetError(f"{source} has no function {name!r}{hint}")
    return code


def _render(found: Explained, code: CodeType, source: str) -> str:
    out = [f"{code.co_qualname} ({source}:{code.co_firstlineno}) {found.sentence}"]
    if found.lines:
        out += ["", " line  native  object  exits | source"]
    for row in found.lines:
        text = linecache.getline(source, row["line"]).rstrip()
        why = f"  # {row['reason']}" if row.get("reason") else ""
        out.append(
            f"{row['line']:5d}  {row['native']:6d}  {row['object_ops']:6d}  {row['exits']:5d} | {text}{why}"
        )
    return "\n".join(out) + "\n"
