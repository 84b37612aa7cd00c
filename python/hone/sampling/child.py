# SPDX-License-Identifier: Apache-2.0
"""Running a program as a child that stands in for us: it has our terminal and streams, it gets the signals
that are sent to us, and we end as it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

_PASSED_ON = (signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)


def run(command: Sequence[str]) -> int:
    """Its exit code, or minus the signal that ended it."""
    sys.stdout.flush()
    sys.stderr.flush()
    process: subprocess.Popen[bytes] | None = None

    def pass_on(number: int, _frame: Any) -> None:
        if process is not None:
            process.send_signal(number)

    # Handlers, not SIG_IGN, which the program would inherit. What the terminal sends, the program gets
    # by itself.
    kept = {number: signal.signal(number, pass_on) for number in _PASSED_ON if _ours(number)}
    kept |= {number: signal.signal(number, lambda *_: None) for number in (signal.SIGINT, signal.SIGQUIT) if _ours(number)}  # fmt: skip
    try:
        process = subprocess.Popen(command)
        return process.wait()
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)


def _ours(number: int) -> bool:
    """A signal that was ignored when we started stays ignored, for the program too."""
    return signal.getsignal(number) != signal.SIG_IGN


def end_like(status: int) -> int:
    """The exit code for such an end; does not return if it was a signal that can end us, too."""
    if status >= 0:
        return status
    _die_of(-status)
    return 128 - status


def _die_of(number: int) -> None:  # type: ignore[return]
    sys.stdout.flush()
    sys.stderr.flush()
    if number in (signal.SIGKILL, signal.SIGSTOP):
        os.kill(os.getpid(), number)
    signal.signal(number, signal.SIG_DFL)
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    os.kill(os.getpid(), number)
