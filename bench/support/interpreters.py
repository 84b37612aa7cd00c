# SPDX-License-Identifier: Apache-2.0
"""The interpreters and tools of this machine that a benchmark can compare."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache" / "bench"
PYPERFORMANCE = "pyperformance==1.14.0"
NUMBA = "numba==0.68.1"


@dataclass(frozen=True)
class Tool:
    """One column: a name, the runner's tool, and how its process is started."""

    name: str
    kind: str  # the runner's "tool"
    python: Path
    environment: dict[str, str] = field(default_factory=dict)


def version_of(python: Path) -> str | None:
    """`3.14.10` or `PyPy 3.11.17`; None if it does not start."""
    question = "import platform as p; print(p.python_implementation(), p.python_version())"
    try:
        answer = subprocess.run(
            [python, "-I", "-c", question], capture_output=True, text=True, timeout=20, check=True
        ).stdout.split()
    except (OSError, subprocess.SubprocessError):
        return None
    return answer[1] if answer[0] == "CPython" else f"{answer[0]} {answer[1]}"


def _candidates() -> Iterator[Path]:
    yield from sorted((ROOT / ".pythons" / "bin").glob("python3.*"))
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    yield from sorted((pyenv / "versions").glob("3.*/bin/python3"))
    yield from sorted(Path("/usr/bin").glob("python3.[0-9][0-9]"))
    yield Path(sys.executable)


def cpythons() -> dict[str, Path]:
    """Version -> executable, 3.11 and later, one of each version and place."""
    found: dict[str, Path] = {}
    for path in _candidates():
        version = version_of(path)
        if version is None or version.startswith("PyPy") or int(version.split(".")[1]) < 11:
            continue
        found.setdefault(version, path)
    return found


def pypy() -> Path | None:
    for path in (ROOT / ".pythons" / "bin" / "pypy3", Path("/usr/bin/pypy3")):
        if version_of(path):
            return path
    return None


def hone_packages() -> dict[str, Path]:
    """Version -> the folder to put on PYTHONPATH, for each CPython that hone is built for."""
    found = {}
    for module in sorted(ROOT.glob("build/dev/python/*/hone/_jit*.so")):
        found[module.parents[1].name] = module.parents[1]
    return found


def _pip(python: Path, *words: str) -> bool:
    command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *words]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def pyperformance() -> Path | None:
    """The folder of pyperformance's programs, their sources as published; None without a network."""
    folder = CACHE / PYPERFORMANCE
    programs = folder / "pyperformance" / "data-files" / "benchmarks"
    if not programs.is_dir() and not _pip(
        Path(sys.executable), "--no-deps", "--target", str(folder), PYPERFORMANCE
    ):
        return None
    return programs if programs.is_dir() else None


def numba() -> Path | None:
    """An interpreter with the pinned Numba: the newest CPython at hand that it installs on."""
    for version, python in sorted(cpythons().items(), key=lambda row: _key(row[0]), reverse=True):
        folder = CACHE / f"{NUMBA}-{version}"
        inside = folder / "bin" / "python"
        if (folder / "works").exists():
            return inside
        if (folder / "declined").exists():
            continue
        made = subprocess.run([python, "-m", "venv", folder], check=False, capture_output=True)
        fine = made.returncode == 0 and _pip(inside, "--only-binary=:all:", NUMBA)
        if folder.is_dir():
            (folder / ("works" if fine else "declined")).touch()
        if fine:
            return inside
    return None


def _key(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())
