# SPDX-License-Identifier: Apache-2.0
"""Tools of others, pinned, put beside the running interpreter's version into .cache/bench/."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec

from support.interpreters import CACHE

FOLDER = CACHE / f"rivals-{sys.version_info[0]}.{sys.version_info[1]}"
PINNED = {"memray": "1.20.0", "scalene": "2.4.0", "py-spy": "0.4.3"}
PY_SPY = FOLDER / "bin" / "py-spy"


def fetch(*, bring: bool) -> list[str]:
    """Brings what is not there, if it is to, and lets this process import it; sentences about what can't be had."""
    for name, version in PINNED.items():
        if bring and not has(name):
            command = [sys.executable, "-m", "pip", "install", "-q", "--upgrade", "--target"]
            subprocess.run(
                [*command, str(FOLDER), f"{name}=={version}"], capture_output=True, check=False
            )
    if str(FOLDER) not in sys.path:
        sys.path.append(str(FOLDER))
    return [
        f"{name} is not to be had on Python {sys.version.split()[0]}"
        for name in (*PINNED, "line_profiler", "profiling.sampling")
        if not has(name)
    ]


def has(name: str) -> bool:
    """Of a pinned tool: in its version."""
    if name in PINNED:
        return (FOLDER / f"{name.replace('-', '_')}-{PINNED[name]}.dist-info").is_dir()
    try:
        return find_spec(name) is not None
    except ImportError:
        return False
