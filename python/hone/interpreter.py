# SPDX-License-Identifier: Apache-2.0
"""The commands that start this interpreter again, with the options that it was started with."""

from __future__ import annotations

import sys

# Flags that a new process is told of, if they are set (subprocess._args_from_interpreter_flags).
_TOLD = (
    *("debug", "optimize", "dont_write_bytecode", "no_user_site", "no_site", "ignore_environment"),
    *("verbose", "bytes_warning", "quiet", "isolated", "dev_mode", "safe_path"),
)


def command(*words: str) -> list[str]:
    """Its own options (-X dev, -W error, …) hold for the new process too."""
    return [sys.executable, *_options(), *words]


def _options() -> list[str]:
    told = any(getattr(sys.flags, name) for name in _TOLD)
    if not told and not sys.warnoptions and not sys._xoptions:
        return []
    import subprocess  # 5 to 10 ms, for which `hone run` would wait

    options: list[str] = subprocess._args_from_interpreter_flags()  # type: ignore[attr-defined]
    return options


def hosted(role: str, *words: str) -> list[str]:
    """The command for a process of hone's in one of the roles of boot.py."""
    return command(boot_file(), role, *words)


def boot_file() -> str:
    import hone

    return hone.__file__.rpartition("/")[0] + "/boot.py"
