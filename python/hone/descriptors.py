# SPDX-License-Identifier: Apache-2.0
"""Writing a report where the program has used up its descriptors. None is held in reserve, which the
program would see."""

from __future__ import annotations

import _thread
import errno
import os
from collections.abc import Callable

from hone import _core

NEEDED = 2  # a file to write, and one to read on the way


def with_some(work: Callable[[], None]) -> None:
    """WORK(), with descriptors for it: if there are none, in a thread that has a table of its own and
    closes some of the program's there."""
    if _are_free() or not _in_thread(work):
        work()


def _are_free() -> bool:
    held = []
    try:
        for _ in range(NEEDED):
            held.append(os.open("/", os.O_RDONLY | os.O_CLOEXEC))
    except OSError as error:
        return error.errno != errno.EMFILE
    finally:
        for number in held:
            os.close(number)
    return True


def _in_thread(work: Callable[[], None]) -> bool:
    """False: there can be no other thread, or none with its own table, and nothing was done."""
    begun = False
    raised: list[BaseException] = []
    ended = _thread.allocate_lock()
    ended.acquire()

    def run() -> None:
        nonlocal begun
        try:
            _core.unshare_descriptors()
            begun = True
            _close_some()
            work()
        except BaseException as error:
            raised.append(error)
        finally:
            ended.release()

    try:
        _thread.start_new_thread(run, ())
    except RuntimeError:
        return False
    ended.acquire()
    if begun and raised:
        raise raised[0]
    return begun


def _close_some() -> None:
    """Those with the highest numbers: what is standard for something has a low one; of these the standard
    input is the one that is not needed."""
    closed = 0
    for number in (*range(os.sysconf("SC_OPEN_MAX") - 1, 2, -1), 0):
        try:
            os.close(number)
        except OSError:
            continue
        closed += 1
        if closed == NEEDED:
            return
