# SPDX-License-Identifier: Apache-2.0
"""Comparing one real call: the original runs on a forked twin, the compiled function here.

The twin is a copy of the whole process, so the arguments need no pickling and share what they share;
a system-call filter lets it compute and report, nothing else. A call that tries to have an effect is
not compared. The compiled call is the program's own: its result or exception is handed back.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

HAD_EFFECTS = 77


@dataclass(frozen=True)
class Comparison:
    """`verdict`: "equal", "different", "had effects" or "not compared"; the call's own outcome beside it."""

    verdict: str
    detail: str
    value: Any = None
    error: BaseException | None = None


def _call(
    function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[Any, BaseException | None]:
    try:
        return function(*args, **kwargs), None
    except BaseException as error:
        return None, error


def _digest(
    value: Any, error: BaseException | None, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> bytes:
    """Of result and arguments together: what is mutated, and what is shared between them, counts."""
    from hone import _core

    digest, objects, opaque = _core.fingerprint((value, error, args, kwargs))
    return f"{digest} {objects} {opaque}".encode()


def _run_twin(
    pipe: int, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> None:
    import gc

    from hone import _core

    gc.disable()  # finalisers of unrelated garbage are none of this call's effects
    _core.confine(pipe)
    os.write(pipe, _digest(*_call(function, args, kwargs), args, kwargs))
    os._exit(0)


def compare_call(
    original: Callable[..., Any],
    compiled: Callable[..., Any],
    args: tuple[Any, ...] = (),
    kwargs: dict[str, Any] | None = None,
) -> Comparison:
    kwargs = kwargs or {}
    if threading.active_count() > 1:
        # Another thread may hold a lock that the twin, which has one thread, would wait for.
        value, error = _call(compiled, args, kwargs)
        return Comparison("not compared", "the program has several threads", value, error)
    read_end, write_end = os.pipe()
    twin = os.fork()
    if twin == 0:
        try:
            _run_twin(write_end, original, args, kwargs)
        finally:
            os._exit(1)
    os.close(write_end)
    value, error = _call(compiled, args, kwargs)
    mine = _digest(value, error, args, kwargs)
    with open(read_end, "rb") as file:
        theirs = file.read()
    status = os.waitstatus_to_exitcode(os.waitpid(twin, 0)[1])
    verdict, detail = _judge(status, mine, theirs)
    return Comparison(verdict, detail, value, error)


def _judge(status: int, mine: bytes, theirs: bytes) -> tuple[str, str]:
    if status == HAD_EFFECTS:
        return "had effects", "the original tried to act on the outside"
    if status != 0:
        return "not compared", f"the twin ended with {status}"
    if mine != theirs:
        return (
            "different",
            f"result, exception or arguments differ ({theirs.decode()} and {mine.decode()})",
        )
    opaque = int(mine.split()[2])
    return "equal", f"{opaque} objects have state that was not looked at" if opaque else ""
