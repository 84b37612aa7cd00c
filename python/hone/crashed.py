# SPDX-License-Identifier: Apache-2.0
"""What profilers do in the copy of a process that has crashed (`_core.after_crash`)."""

from __future__ import annotations

import io
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def sentence(number: int) -> str:
    import _signal  # type: ignore[import-not-found]

    return (
        f"the program crashed ({_signal.strsignal(number)}): this is what was recorded up to then"
    )


def fresh_stdout() -> Any:
    """sys.stdout from now on. What the program had not flushed is lost in a crash, here as without hone."""
    if sys.stdout is not None:
        sys.stdout = io.open(1, "w", closefd=False)  # noqa: UP020, SIM115 - the builtin one may be another
    return sys.stdout
