# SPDX-License-Identifier: Apache-2.0
"""Which members of a class or module are meant when it is chosen as a whole.

A policy is a word, for functions, classes and modules each: "exact" and "children" (defined right
there), "descendants" (or deeper inside), "siblings" (or beside it: in the class's module, in the
module's package), "none" (anything found). Functions are profiled, classes and modules gone into; with
"exact" no class or module is.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import FunctionType, ModuleType

WORDS = ("exact", "children", "descendants", "siblings", "none")
KINDS = ("func", "class", "module")
DEFAULT = {"func": "siblings", "class": "siblings", "module": "exact"}

Policies = Mapping[str, str]


def policies(given: str | Policies | None) -> dict[str, str]:
    """ValueError if a word is none, KeyError if a kind is missing."""
    if given is None:
        return dict(DEFAULT)
    words = {kind: str(given if isinstance(given, str) else given[kind]) for kind in KINDS}
    for word in words.values():
        if word.lower() not in WORDS:
            raise ValueError(f"{word!r} is not one of {', '.join(WORDS)}")
    return {kind: word.lower() for kind, word in words.items()}


def takes(policy: str, owner: type | ModuleType, member: type | ModuleType | FunctionType) -> bool:
    """Is this member of the owner's to be profiled (gone into)?"""
    if isinstance(member, ModuleType) and isinstance(owner, type):
        return False  # a class's attribute is no part of it
    if policy == "none":
        return True
    if policy == "exact" and not isinstance(member, FunctionType):
        return False
    if isinstance(owner, type):
        return not isinstance(member, ModuleType) and _in_class(policy, owner, member)
    if isinstance(member, ModuleType):
        return _module_in_module(policy, owner, member)
    return _in_module(policy, owner.__name__, str(member.__module__))


def _in_class(policy: str, owner: type, member: type | FunctionType) -> bool:
    if owner.__module__ != member.__module__:
        return False
    if policy == "siblings":
        return True
    if policy == "descendants":
        return member.__qualname__.startswith(f"{owner.__qualname__}.")
    return member.__qualname__ == f"{owner.__qualname__}.{member.__name__}"


def _in_module(policy: str, owner: str, module: str) -> bool:
    if policy in ("exact", "children"):
        return module == owner
    package = owner.rpartition(".")[0]
    return _is_within(module, owner) or (
        policy == "siblings" and bool(package) and _is_within(module, package)
    )


def _module_in_module(policy: str, owner: ModuleType, member: ModuleType) -> bool:
    package = owner.__name__.rpartition(".")[0]
    match policy:
        case "children":
            return member.__name__.rpartition(".")[0] == owner.__name__
        case "descendants":
            return member.__name__.startswith(f"{owner.__name__}.")
        case _:
            return bool(package) and member.__name__.startswith(f"{package}.")


def _is_within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")
