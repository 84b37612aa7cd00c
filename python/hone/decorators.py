# SPDX-License-Identifier: Apache-2.0
"""Decorators for source that names what is to be compiled; `hone run` needs none of them."""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType
from typing import TypeVar

from hone import _jit

F = TypeVar("F", bound=Callable[..., object])


def jit(function: F) -> F:
    """Compile FUNCTION when it has become hot; it stays the same object and does the same.

    What can't be compiled stays interpreted: `hone explain FILE:FUNCTION` says which line and why.
    """
    if not isinstance(function, FunctionType):
        raise TypeError(f"hone.jit takes a Python function, not {type(function).__name__}")
    return _jit.compile(function)
