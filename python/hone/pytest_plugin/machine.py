# SPDX-License-Identifier: Apache-2.0
"""What a file says about the machine and the source, with the names of pytest-benchmark's files."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# Fact -> its name in /proc/cpuinfo.
_CPU = {"vendor_id_raw": "vendor_id", "brand_raw": "model name", "stepping": "stepping", "model": "model",
    "family": "cpu family", "flags": "flags"}  # fmt: skip
_CHANGING = {"hz_actual", "hz_actual_friendly"}  # from one look to the next, on one machine


def info() -> dict[str, Any]:
    return {
        "node": platform.node(),
        "processor": platform.processor(),
        "machine": platform.machine(),
        "python_compiler": platform.python_compiler(),
        "python_implementation": platform.python_implementation(),
        "python_implementation_version": platform.python_version(),
        "python_version": platform.python_version(),
        "python_build": list(platform.python_build()),
        "release": platform.release(),
        "system": platform.system(),
        "cpu": _processor(),
    }


def _processor() -> dict[str, Any]:
    found: dict[str, Any] = {
        "arch": platform.machine().upper(),
        "bits": 64 if sys.maxsize > 1 << 32 else 32,
        "count": os.cpu_count(),
        "arch_string_raw": platform.machine(),
    }
    try:
        first = Path("/proc/cpuinfo").read_text().partition("\n\n")[0]
    except OSError:
        return found
    told = dict(_pair(line) for line in first.splitlines())
    for name, theirs in _CPU.items():
        value = told.get(theirs)
        if value is not None:
            found[name] = _value(name, value)
    return found


def _pair(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name.strip(), value.strip()


def _value(name: str, text: str) -> Any:
    if name == "flags":
        return sorted(text.split())
    return int(text) if text.isdecimal() else text


def differences(a: dict[str, Any], b: dict[str, Any], above: str = "") -> Iterator[str]:
    """What both say, and differently."""
    for name in a:
        if name not in b or name in _CHANGING or a[name] == b[name]:
            continue
        if isinstance(a[name], dict) and isinstance(b[name], dict):
            yield from differences(a[name], b[name], f"{above}{name}.")
        elif name == "flags":
            yield f"{above}flags"
        else:
            yield f"{above}{name} {a[name]}, was {b[name]}"


def commit() -> dict[str, Any]:
    """The state of the git repository around the working folder; without one, `unversioned`."""
    found: dict[str, Any] = {
        "id": "unversioned",
        "time": None,
        "author_time": None,
        "dirty": False,
        "project": Path.cwd().name,
        "branch": "(unknown)",
    }
    if _git("rev-parse", "--git-dir") is None:
        return found
    origin = _git("config", "--get", "remote.origin.url")
    if origin:
        found["project"] = origin.rstrip("/").replace(":", "/").rpartition("/")[2].removesuffix(".git")  # fmt: skip
    head = _git("log", "-1", "--format=%H%n%cI%n%aI")
    if head is None:
        return found | {"id": "unknown", "error": "no commit, or git failed"}
    found["id"], found["time"], found["author_time"] = head.splitlines()[:3]
    found["dirty"] = bool(_git("status", "--porcelain", "--untracked-files=no"))
    branch = _git("rev-parse", "--abbrev-ref", "HEAD")
    found["branch"] = "(detached head)" if branch == "HEAD" else branch
    return found


def _git(*words: str) -> str | None:
    """What it prints; None if it fails or isn't there."""
    try:
        done = subprocess.run(["git", *words], capture_output=True, text=True, check=False)
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None
