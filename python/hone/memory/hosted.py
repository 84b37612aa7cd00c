# SPDX-License-Identifier: Apache-2.0
"""The role `memory STORE EVERY SEED TUNED PROGRAM…`: run the program while its memory is profiled into STORE;
TUNED and what is written beside the store are as in hone.sampling.hosted."""

from __future__ import annotations

import atexit
import sys
from collections.abc import Callable
from typing import NoReturn

from hone.sampling import compiled

REFUSED = 2  # the exit status if the program was not run


def main(words: list[str], pages: Callable[[], int]) -> NoReturn:
    from hone import _core

    store, every, seed, tuned, *program = words
    atexit.register(_core.stop_memory)  # the first to be registered is the last to run
    compiled.report_at_end(store)
    prepare = compiled.preparer(tuned, pages)
    try:
        _core.start_memory(store, every=float(every), seed=int(seed))
    except RuntimeError as error:
        sys.stderr.write(f"hone: {error}; nothing was run\n")
        sys.exit(REFUSED)
    compiled.run(program, prepare)
