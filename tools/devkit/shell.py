# SPDX-License-Identifier: Apache-2.0
"""Running commands and talking to the person: the one place that prints and exits.

Progress goes to stderr so that stdout holds only what was asked for (`--list`, the closing line).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


class Stop(Exception):
    """Work can't go on; the text is the one sentence that says why and what would help."""


def say(text: str) -> None:
    """One line of progress."""
    print(f"· {text}", file=sys.stderr, flush=True)


def relative(path: Path) -> str:
    """PATH as seen from the repository, for messages."""
    try:
        return str(path.relative_to(ROOT))
    except ValueError:
        return str(path)


def run(
    command: Sequence[str | Path],
    *,
    cwd: Path = ROOT,
    env: Mapping[str, str] | None = None,
    check: bool = True,
) -> int:
    """Run COMMAND with its output shown; its exit code. `check` stops on failure."""
    words = [str(word) for word in command]
    sys.stdout.flush()
    status = subprocess.run(
        words, cwd=cwd, env=merged(env), stdin=subprocess.DEVNULL, check=False
    ).returncode
    if check and status != 0:
        raise Stop(f"this failed with status {status}: {' '.join(words)}")
    return status


def ask(
    command: Sequence[str | Path], *, cwd: Path = ROOT, env: Mapping[str, str] | None = None
) -> str | None:
    """The standard output of COMMAND, or None when it can't be run or fails."""
    try:
        done = subprocess.run(
            [str(word) for word in command],
            cwd=cwd,
            env=merged(env),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def quiet(
    command: Sequence[str | Path], *, cwd: Path = ROOT, env: Mapping[str, str] | None = None
) -> None:
    """Run COMMAND without showing it; on failure stop with the end of what it printed."""
    words = [str(word) for word in command]
    done = subprocess.run(
        words,
        cwd=cwd,
        env=merged(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode != 0:
        tail = "\n".join(done.stdout.splitlines()[-25:])
        raise Stop(f"{tail}\nthis failed with status {done.returncode}: {' '.join(words)}")


def merged(env: Mapping[str, str] | None) -> dict[str, str]:
    """The environment of a child: ours, less what would leak one interpreter into another."""
    base = {k: v for k, v in os.environ.items() if k not in ("PYTHONHOME", "PYTHONPATH")}
    return base | dict(env or {})


def need(program: str, package: str) -> str:
    """The path of PROGRAM, or stop and name the Debian package that has it."""
    found = shutil.which(program)
    if found is None:
        raise Stop(f"{program} is missing: install the package {package} (tools/bootstrap does)")
    return found
