# SPDX-License-Identifier: Apache-2.0
"""What the compiler has to do with a program that is profiled from outside: what it is to compile, and what
it says of that, by marshal in a file beside the profiler's own: the rows of `_jit.report()`."""

from __future__ import annotations

import atexit
import marshal
import sys
from collections.abc import Callable
from functools import partial
from os import getpid  # the program may have another one

from hone import descriptors, files
from hone.kept import Kept
from hone.tune import host

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn


def beside(spool: str) -> str:
    """Where the compiler's report is, if there is one."""
    return f"{spool}.compiled"


def report(spool: str) -> list[dict[str, Any]]:
    """Empty if nothing was compiled, or the program was killed."""
    try:
        with open(beside(spool), "rb") as file:
            return list(marshal.load(file))
    except (OSError, EOFError, ValueError, TypeError):
        return []


def preparer(tuned: str, pages: Callable[[], int]) -> host.Prepare | None:
    """TUNED is what hone.tune.handover gave, or empty."""
    if not tuned:
        return None
    from hone.tune import compiled, handover

    return compiled.preparer(handover.take_over(tuned), pages)


def run(program: list[str], prepare: host.Prepare | None) -> NoReturn:
    """The program of this process, with what it imports prepared if anything is."""
    if prepare is None:
        host.run(program)
    host.run(program, prepare, imports=True)


def report_at_end(spool: str) -> None:
    """Write the report when this process ends, however that is."""
    from hone import _core

    write = partial(_write, beside(spool), getpid(), Kept())
    _core.before_exit(write)
    atexit.register(write)


def _write(path: str, owner: int, kept: Kept) -> None:
    engine = sys.modules.get("hone._jit")
    if engine is None or getpid() != owner:
        return

    def write() -> None:
        files.write(path, [marshal.dumps(engine.report())])

    kept.back(partial(descriptors.with_some, write))
