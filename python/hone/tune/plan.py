# SPDX-License-Identifier: Apache-2.0
"""The plan: what `hone tune` decided, in a `.hone` folder beside the script, for `hone run`.

It holds for the exact contents it was made for: each source file's digest stands in it.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from hone import __version__

SCHEMA = "hone-plan/1"
Key = tuple[str, str, int]


class StalePlan(Exception):
    """The plan does not fit (any more); the text says why."""


def _digest(path: str) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def write(path: Path, functions: Iterable[Key], speedup: float) -> None:
    functions = list(functions)
    base = path.resolve().parent.parent
    files = sorted({key[0] for key in functions})
    plan = {
        "schema": SCHEMA,
        **_measured_with(),
        "speedup": round(speedup, 3),
        "sources": {_portable(file, base): _digest(file) for file in files},
        "functions": [
            {"file": _portable(f, base), "name": n, "line": line} for f, n, line in functions
        ],
    }
    path.parent.mkdir(exist_ok=True)
    fresh = path.with_suffix(f".{os.getpid()}")
    fresh.write_text(json.dumps(plan, indent=2) + "\n", encoding="utf-8")
    fresh.replace(path)


def _portable(file: str, base: Path) -> str:
    """Relative to the script's folder where it lies below it, so that a project can be moved."""
    path = Path(file)
    return str(path.relative_to(base)) if path.is_relative_to(base) else file


def read(path: Path) -> list[Key]:
    """The functions to compile."""
    try:
        plan: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise StalePlan("there is no plan yet (hone tune makes one)") from None
    except ValueError:
        raise StalePlan(f"the plan {path} can't be read") from None
    if not isinstance(plan, dict) or plan.get("schema") != SCHEMA:
        raise StalePlan(f"the plan {path} is of another version of hone")
    for name, value in _measured_with().items():
        if plan.get(name) != value:
            raise StalePlan(f"the plan {path} was made with {name} {plan.get(name)}, not {value}")
    try:
        return _fitting(plan, path.resolve().parent.parent)
    except (KeyError, TypeError, AttributeError):
        raise StalePlan(f"the plan {path} can't be read") from None


def _measured_with() -> dict[str, str]:
    """What a gain was measured with holds for nothing else."""
    return {"hone": __version__, "Python": ".".join(map(str, sys.version_info[:3]))}


def _fitting(plan: dict[str, Any], base: Path) -> list[Key]:
    for file, digest in plan["sources"].items():
        try:
            same = _digest(str(base / file)) == digest
        except OSError:
            same = False
        if not same:
            raise StalePlan(f"{Path(file).name} has changed since hone tune")
    return [(str(base / row["file"]), row["name"], row["line"]) for row in plan["functions"]]
