# SPDX-License-Identifier: Apache-2.0
"""The plan: what `hone tune` decided, in a `.hone` folder beside the script, for `hone run`.

It holds for the exact contents it was made for: each source file's hash stands in it, the one that
CPython's hash-based .pyc files have (PEP 552). `hone run` waits for this module: it imports little.
"""

from __future__ import annotations

import json
import os
import sys
from _imp import source_hash  # importlib.util's, whose import takes 5 ms, as hashlib's does
from collections.abc import Iterable

from hone import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

SCHEMA = "hone-plan/2"
_KEY = 0x686F6E65
Key = tuple[str, str, int]


class StalePlan(Exception):
    """The plan does not fit (any more); the text says why."""


def _hash(path: str) -> str:
    with open(path, "rb") as file:
        return source_hash(_KEY, file.read()).hex()


def _base(path: str) -> str:
    """The folder that the plan's names are relative to."""
    return os.path.dirname(os.path.dirname(os.path.realpath(path)))


def write(path: str, functions: Iterable[Key], speedup: float) -> None:
    functions = list(functions)
    base = _base(path)
    files = sorted({key[0] for key in functions})
    plan = {
        "schema": SCHEMA,
        **_measured_with(),
        "speedup": round(speedup, 3),
        "sources": {_portable(file, base): _hash(file) for file in files},
        "functions": [
            {"file": _portable(f, base), "name": n, "line": line} for f, n, line in functions
        ],
    }
    os.makedirs(os.path.dirname(path), exist_ok=True)
    fresh = f"{path}.{os.getpid()}"
    with open(fresh, "w", encoding="utf-8") as file:
        file.write(json.dumps(plan, indent=2) + "\n")
    os.replace(fresh, path)


def _portable(file: str, base: str) -> str:
    """Relative to the script's folder where it lies below it, so that a project can be moved."""
    return file.removeprefix(os.path.join(base, ""))


def read(path: str) -> list[Key]:
    """The functions to compile."""
    try:
        with open(path, encoding="utf-8") as file:
            plan = json.load(file)
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
        return _fitting(plan, _base(path))
    except (KeyError, TypeError, AttributeError):
        raise StalePlan(f"the plan {path} can't be read") from None


def _measured_with() -> dict[str, str]:
    """What a gain was measured with holds for nothing else."""
    return {"hone": __version__, "Python": ".".join(map(str, sys.version_info[:3]))}


def _fitting(plan: dict[str, Any], base: str) -> list[Key]:
    for file, known in plan["sources"].items():
        try:
            same = _hash(os.path.join(base, file)) == known
        except OSError:
            same = False
        if not same:
            raise StalePlan(f"{os.path.basename(file)} has changed since hone tune")
    return [
        (os.path.join(base, row["file"]), row["name"], row["line"]) for row in plan["functions"]
    ]
