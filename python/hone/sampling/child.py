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
_SENT_TO_BOTH = (signal.SIGINT, signal.SIGQUIT)


def run(command: Sequence[str], *files: int) -> int:
    """Its exit code, or minus the signal that ended it. It gets the descriptors FILES, and those that we
    were started with."""
    sys.stdout.flush()
    sys.stderr.flush()
    process: subprocess.Popen[bytes] | None = None

    def pass_on(number: int, _frame: Any) -> None:
        if process is not None:
            process.send_signal(number)

    # Handlers, not SIG_IGN, which the program would inherit. What the terminal sends, the program gets
    # by itself.
    wanted = dict.fromkeys(_PASSED_ON, pass_on) | dict.fromkeys(_SENT_TO_BOTH, _let_be)
    kept = {
        number: signal.signal(number, handler)
        for number, handler in wanted.items()
        if signal.getsignal(number) != signal.SIG_IGN  # then it stays so, for the program too
    }
    try:
        for file in files:
            os.set_inheritable(file, True)
        process = subprocess.Popen(command, close_fds=False)
        return process.wait()
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)


def _let_be(_number: int, _frame: Any) -> None: ...


def end_like(status: int) -> int:
    """The exit code for such an end; does not return if it was a signal that can end us, too."""
    if status >= 0:
        return status
    _die_of(-status)
    return 128 - status


def _die_of(number: int) -> None:
    import resource

    sys.stdout.flush()
    sys.stderr.flush()
    if number != signal.SIGKILL:
        signal.signal(number, signal.SIG_DFL)
    # The program has left its core file, if any.
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    os.kill(os.getpid(), number)
