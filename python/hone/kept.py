# SPDX-License-Identifier: Apache-2.0
"""What hone needs when a program has ended, kept from before the program ran.

A program may leave anything behind: a json.py in the first folder of sys.path, no entry in sys.modules,
functions of its own in os, time or builtins, a recursion limit of 60, a user who may not read Python's files.
"""

from __future__ import annotations

import builtins
import sys
from collections.abc import Callable
from importlib import import_module
from sys import getrecursionlimit, setrecursionlimit
from types import ModuleType
from typing import Any

_ROOM = 1000  # frames that our own work may take, wherever the program stands
_MOST = (1 << 31) - 1
_ABSENT = object()
_Space = tuple[dict[str, Any], dict[str, Any]]  # variables, and what they were


class Kept:
    """Modules and what is in them, as they are when this is made: before the program's folder is on sys.path.

    `names`: modules that only hone needs. They and what they import are not in sys.modules afterwards: a
    program that imports one gets, and may change, its own. Of what the program can see as well, classes
    are not kept, only what the modules' names stand for; nor are sys.stdout and sys.stderr.
    """

    def __init__(self, *names: str) -> None:
        before, paths = dict(sys.modules), set(sys.path_importer_cache)
        for name in names:
            import_module(name)
        after = dict(sys.modules)
        _hide(before, paths)
        after.pop("__main__", None)
        finding = {name: list(getattr(sys, name)) for name in ("path", "meta_path", "path_hooks")}
        # The first is what the work on the others is done with.
        self._spaces: list[_Space] = [
            _space(builtins),
            (sys.modules, after),
            (vars(sys), {"modules": sys.modules, **finding}),
            *(_space(module) for module in _shared(after)),
        ]

    def back(self, work: Callable[[], None]) -> None:
        """WORK() with what was kept, then the program's own again. Other threads of it that still run see
        hone's for that time, where it differs."""
        changed: list[tuple[dict[str, Any], str, Any]] = []
        for now, kept in self._spaces:
            for name, value in kept.items():
                found = now.get(name, _ABSENT)
                if found is not value:
                    changed.append((now, name, found))
                    now[name] = value
        limit = getrecursionlimit()
        setrecursionlimit(min(limit + _ROOM, _MOST))
        try:
            work()
        finally:
            _set_limit(limit)
            for now, name, found in reversed(changed):
                if found is _ABSENT:
                    now.pop(name, None)
                else:
                    now[name] = found


def _space(module: ModuleType) -> _Space:
    return vars(module), dict(vars(module))


def _shared(modules: dict[str, Any]) -> list[ModuleType]:
    """Of MODULES those that a program may change. Our own ones change by themselves."""
    return [
        module
        for name, module in modules.items()
        if isinstance(module, ModuleType)
        and module not in (sys, builtins)
        and name.partition(".")[0] != "hone"
    ]


def _hide(before: dict[str, Any], paths: set[str]) -> None:
    """Leave no trace of imports since: importing again takes a program as many calls as ever."""
    added = [name for name in sys.modules if name not in before]
    for name in added:
        module = sys.modules.pop(name)
        parent, _, own = name.rpartition(".")
        if parent in before and vars(before[parent]).get(own) is module:
            delattr(before[parent], own)
    for path in [path for path in sys.path_importer_cache if path not in paths]:
        del sys.path_importer_cache[path]
    if added and "re" in before:
        before["re"].purge()


def _set_limit(limit: int) -> None:
    try:  # noqa: SIM105 - no module contextlib for this
        setrecursionlimit(limit)
    except RecursionError:
        pass  # the program stood at its very limit
