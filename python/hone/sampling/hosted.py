# SPDX-License-Identifier: Apache-2.0
"""The role `sample SPOOL RATE BUDGET SECONDS NATIVE TUNED PROGRAM…`: run the program while it is sampled
into SPOOL; NATIVE is `native` if C stacks are wanted, too.

TUNED is what hone.tune.handover gave, or empty. What the compiler did is written beside the spool.
"""

from __future__ import annotations

import atexit
from collections.abc import Callable
from typing import NoReturn

from hone.sampling import compiled


def main(words: list[str], pages: Callable[[], int]) -> NoReturn:
    from hone import _core

    spool, rate, budget, seconds, native, tuned, *program = words
    atexit.register(_core.stop_sampler)  # the first to be registered is the last to run
    _core.before_exit(_core.name_sampled_threads)
    compiled.report_at_end(spool)
    prepare = compiled.preparer(tuned, pages)
    _core.start_sampler(
        spool,
        rate=float(rate),
        budget=float(budget),
        seconds=float(seconds),
        waking_cost=_core.waking_cost(),
        native=native == "native",
    )
    compiled.run(program, prepare)
