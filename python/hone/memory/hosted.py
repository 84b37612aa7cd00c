# SPDX-License-Identifier: Apache-2.0
"""The role `memory STORE EVERY SEED PROGRAM…`: run the program while its memory is profiled into STORE."""

from __future__ import annotations

import atexit
import sys
from collections.abc import Callable
from typing import NoReturn

from hone.tune import host

REFUSED = 2  # the exit status if the program was not run


def main(words: list[str], _pages: Callable[[], int]) -> NoReturn:
    from hone import _core

    store, every, seed, *program = words
    atexit.register(_core.stop_memory)  # the first to be registered is the last to run
    try:
        _core.start_memory(store, every=float(every), seed=int(seed))
    except RuntimeError as error:
        sys.stderr.write(f"hone: {error}; nothing was run\n")
        sys.exit(REFUSED)
    host.run(program)
