# SPDX-License-Identifier: Apache-2.0
"""The role `compiled OPTIONS PROGRAM…`: run the program with the functions of a plan compiled.

OPTIONS is a file written by marshal: {"select": [(file, qualname, line), …] or None for everything,
"report": path or None, "exits": "never" | "always" | seed, "threshold": calls before compiling or None,
"compare": seconds for comparing calls on twins or 0}. The report, by marshal too: (the engine's rows, why
there is no engine, {function: why it can't be entered}, bytes of memory that hone itself takes).
"""

from __future__ import annotations

import atexit
import marshal
import os
from collections.abc import Callable
from types import CodeType

from hone.tune import host
from hone.tune.handover import take_over

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

Refused = dict[tuple[str, str, int], str]  # by file, qualified name and line: why


def main(words: list[str], pages: Callable[[], int]) -> NoReturn:
    prepare = preparer(take_over(words[0]), pages)
    if prepare is None:
        host.run(words[1:])
    host.run(words[1:], prepare, imports=True)


def preparer(options: dict[str, Any], pages: Callable[[], int]) -> host.Prepare | None:
    """What code goes through before it runs; None where there is no engine."""
    # Nothing of the program may run inside an except block: it would see that exception as context.
    engine, missing = _engine()
    if engine is None:
        _report_to(options.get("report"), list, missing, {}, pages)
        return None
    select = options.get("select")
    chosen = None if select is None else {tuple(row) for row in select}
    settings: dict[str, Any] = {
        "exits": options.get("exits", "never"),
        "compare": options.get("compare", 0),
    }
    if options.get("threshold") is not None:
        settings["threshold"] = options["threshold"]
    engine.configure(**settings)
    refused: Refused = {}
    _report_to(options.get("report"), engine.report, None, refused, pages)

    alive = []  # a module's code would be gone, and its account with it, before the report

    def prepare(code: CodeType) -> CodeType:
        prepared: CodeType = engine.prepare(code, select=chosen)
        if options.get("report"):
            _note_refused(engine, code, chosen, refused)
            alive.append(prepared)
        return prepared

    return prepare


def _engine() -> tuple[Any, str | None]:
    try:
        from hone import _jit
    except ImportError as error:
        return None, "this build of hone has no compiler" if error.name == "hone" else str(error)
    return _jit, None


def _note_refused(engine: Any, code: CodeType, chosen: set[Any] | None, refused: Refused) -> None:
    """Why functions that were chosen can't be entered at all."""
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            key = inner.co_filename, inner.co_qualname, inner.co_firstlineno
            if chosen is None or key in chosen:
                why = engine.refusal(inner)
                if why:
                    refused[key] = why
            _note_refused(engine, inner, chosen, refused)


def _report_to(
    path: str | None, rows: Any, missing: str | None, refused: Refused, pages: Callable[[], int]
) -> None:
    if path is None:
        return
    from hone import _core

    owner = os.getpid()

    def write() -> None:
        if os.getpid() == owner:
            found = rows()
            taken = hosting + sum(row["compile_bytes"] for row in found)
            with open(path, "wb") as file:
                marshal.dump((found, missing, refused, taken), file)

    atexit.register(write)
    _core.before_exit(write)
    hosting = pages() * os.sysconf("SC_PAGESIZE")
