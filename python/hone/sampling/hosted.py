# SPDX-License-Identifier: Apache-2.0
"""The role `sample SPOOL RATE BUDGET SECONDS NATIVE TUNED PROGRAM…`: run the program while it is sampled
into SPOOL; NATIVE is `native` if C stacks are wanted, too.

TUNED is what hone.tune.handover gave, or empty. What the compiler did is written beside the spool, if
there was one: the rows of `_jit.report()`, by marshal.
"""

from __future__ import annotations

import atexit
import os
import sys
from collections.abc import Callable
from typing import NoReturn

from hone.tune import host


def beside(spool: str) -> str:
    """Where the compiler's report is, if there is one."""
    return f"{spool}.compiled"


def main(words: list[str], pages: Callable[[], int]) -> NoReturn:
    from hone import _core

    spool, rate, budget, seconds, native, tuned, *program = words
    atexit.register(_core.stop_sampler)  # the first to be registered is the last to run
    _core.before_exit(_core.name_sampled_threads)
    owner = os.getpid()
    _core.before_exit(lambda: _write_report(beside(spool), owner))
    atexit.register(_write_report, beside(spool), owner)
    prepare = _preparer(tuned, pages)
    _core.start_sampler(
        spool,
        rate=float(rate),
        budget=float(budget),
        seconds=float(seconds),
        waking_cost=_core.waking_cost(),
        native=native == "native",
    )
    if prepare is None:
        host.run(program)
    host.run(program, prepare, imports=True)


def _preparer(tuned: str, pages: Callable[[], int]) -> host.Prepare | None:
    if not tuned:
        return None
    from hone.tune import compiled, handover

    return compiled.preparer(handover.take_over(tuned), pages)


def _write_report(path: str, owner: int) -> None:
    engine = sys.modules.get("hone._jit")
    if engine is None or os.getpid() != owner:
        return
    import marshal

    with open(path, "wb") as file:
        marshal.dump(engine.report(), file)
