# SPDX-License-Identifier: Apache-2.0
"""The role `sample SPOOL RATE BUDGET SECONDS PROGRAM…`: run the program while it is sampled into SPOOL."""

from __future__ import annotations

import atexit
from collections.abc import Callable
from typing import NoReturn

from hone.tune import host


def main(words: list[str], _pages: Callable[[], int]) -> NoReturn:
    from hone import _core

    spool, rate, budget, seconds, *program = words
    atexit.register(_core.stop_sampler)  # the first to be registered is the last to run
    _core.before_exit(_core.name_sampled_threads)
    _core.start_sampler(
        spool,
        rate=float(rate),
        budget=float(budget),
        seconds=float(seconds),
        waking_cost=_core.waking_cost(),
    )
    host.run(program)
