# SPDX-License-Identifier: Apache-2.0
"""The role `observe OUT PROGRAM…`: run the program under the call profiler, write its rows to OUT."""

from __future__ import annotations

import atexit
import marshal
import os
from typing import NoReturn

from hone.tune import host


def main(words: list[str]) -> NoReturn:
    from hone import _core

    out = os.path.abspath(words[0])  # noqa: PTH100
    owner = os.getpid()
    profiler = None

    def write() -> None:
        if os.getpid() != owner:
            return  # a forked child's calls are not the program's own time
        profiler.disable()
        times = _core.process_times()
        with open(out, "wb") as file:
            marshal.dump((profiler.stats(), times), file)

    profiler = _core.CallProfiler(before_exit=write)
    atexit.register(write)  # the first to be registered is the last to run
    profiler.enable()
    host.run(words[1:])
