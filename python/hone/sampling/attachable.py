# SPDX-License-Identifier: Apache-2.0
"""`hone.attachable()`: a program's consent to `hone attach`."""

from __future__ import annotations


def attachable(allowed: bool = True) -> None:
    """Let `hone attach PID`, of the same user or root, sample this process from now on; with False no
    longer. Needed before CPython 3.14 only, and there for programs that import hone; the environment
    variable HONE_ATTACH=1 does the same. Raises RuntimeError if the process can't listen."""
    from hone import _core

    if allowed:
        _core.listen_for_attach()
    else:
        _core.stop_listening()
