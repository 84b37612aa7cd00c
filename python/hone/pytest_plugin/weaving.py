# SPDX-License-Identifier: Apache-2.0
"""Putting a benchmark around a function that a test doesn't call itself."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any


def weave(target: Any, benchmark: Callable[..., Any], **options: Any) -> Callable[[], None]:
    """Replace TARGET, a function, a method or its dotted name; returns what undoes it. The option `lazy`
    is taken and means nothing here. Raises TypeError and LookupError."""
    unknown = set(options) - {"lazy"}
    if unknown:
        raise TypeError(f"no options of weave(): {', '.join(sorted(unknown))}")
    owner, name = _named(target) if isinstance(target, str) else _found(target)
    kept = vars(owner).get(name)
    plain = getattr(owner, name)
    function = kept.__func__ if isinstance(kept, (staticmethod, classmethod)) else plain

    @functools.wraps(function)
    def woven(*args: Any, **kwargs: Any) -> Any:
        return benchmark(function, *args, **kwargs)

    around: Any = type(kept)(woven) if isinstance(kept, (staticmethod, classmethod)) else woven
    setattr(owner, name, around)

    def undo() -> None:
        if kept is None:
            delattr(owner, name)  # it was inherited
        else:
            setattr(owner, name, kept)

    return undo


def _named(path: str) -> tuple[Any, str]:
    """The longest part of PATH that is a module, then attributes."""
    words = path.split(".")
    for end in range(len(words) - 1, 0, -1):
        try:
            owner: Any = import_module(".".join(words[:end]))
        except ModuleNotFoundError:
            continue
        return _inside(owner, words[end:], path)
    raise LookupError(f"there is no {path} to weave: give module.function")


def _found(target: Any) -> tuple[Any, str]:
    module = sys.modules.get(getattr(target, "__module__", None) or "")
    place = getattr(target, "__qualname__", "")
    if module is None or not callable(target) or isinstance(target, type) or "<locals>" in place:
        raise TypeError(f"{target!r} is no function that can be found by its name")
    if getattr(target, "__self__", None) is not None and not isinstance(
        target.__self__, (type, type(sys))
    ):
        return target.__self__, target.__name__
    return _inside(module, place.split("."), place)


def _inside(owner: Any, words: list[str], path: str) -> tuple[Any, str]:
    for word in words[:-1]:
        owner = getattr(owner, word, None)
    if not callable(getattr(owner, words[-1], None)):
        raise LookupError(f"there is no function {path}")
    return owner, words[-1]
