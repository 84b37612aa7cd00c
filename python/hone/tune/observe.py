# SPDX-License-Identifier: Apache-2.0
"""The role `observe OUT PROGRAM…`: run the program under the call profiler, write its rows to OUT."""

from __future__ import annotations

import atexit
import marshal
import os
from collections.abc import Callable
from typing import NoReturn

from hone.tune import host


def _queued() -> float:
    """Seconds in which the program could have run but had no processor: that is not waiting."""
    try:
        with open("/proc/self/schedstat") as file:
            return int(file.read().split()[1]) * 1e-9
    except (OSError, IndexError, ValueError):
        return 0.0


def main(words: list[str], _pages: Callable[[], int]) -> NoReturn:
    from hone import _core

    out = os.path.abspath(words[0])
    owner = os.getpid()

    def write() -> None:
        if os.getpid() != owner:
            return  # a forked child's calls are not the program's own time
        profiler.disable()
        with open(out, "wb") as file:
            marshal.dump((profiler.rows(), _queued()), file)

    profiler = _core.Profiler()
    _core.before_exit(write)
    atexit.register(write)  # the first to be registered is the last to run
    profiler.enable()
    host.run(words[1:])
