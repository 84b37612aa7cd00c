# SPDX-License-Identifier: Apache-2.0
"""The commands that start this interpreter again, with the options that it was started with."""

from __future__ import annotations

import subprocess
import sys


def command(*words: str) -> list[str]:
    """Its own options (-X dev, -W error, …) hold for the new process too."""
    options = subprocess._args_from_interpreter_flags()  # type: ignore[attr-defined]
    return [sys.executable, *options, *words]


def hosted(role: str, *words: str) -> list[str]:
    """The command for a process of hone's in one of the roles of boot.py."""
    return command(boot_file(), role, *words)


def boot_file() -> str:
    import hone

    return hone.__file__.rpartition("/")[0] + "/boot.py"
