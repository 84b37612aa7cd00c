# SPDX-License-Identifier: Apache-2.0
"""What a callable consists of: the Python functions within it, and the same callable around others.

Classes, methods, properties, partials and so on are taken apart here and put together again.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import cached_property, partial, partialmethod
from types import (
    BuiltinFunctionType,
    ClassMethodDescriptorType,
    CodeType,
    FunctionType,
    MethodDescriptorType,
    MethodType,
    MethodWrapperType,
    WrapperDescriptorType,
)
from typing import Any

NATIVE = (
    BuiltinFunctionType,
    ClassMethodDescriptorType,
    MethodDescriptorType,
    MethodWrapperType,
    WrapperDescriptorType,
)

Remake = Callable[[Any], Any]

# Kind -> the parts with callables in them.
_PARTS: tuple[tuple[Any, tuple[str, ...]], ...] = (
    ((classmethod, staticmethod, MethodType), ("__func__",)),
    ((partial, partialmethod, cached_property), ("func",)),
    (property, ("fget", "fset", "fdel")),
)


def parts_of(thing: object) -> tuple[str, ...]:
    """The attributes in which a wrapper of a known kind keeps callables; () for anything else."""
    return next((parts for kinds, parts in _PARTS if isinstance(thing, kinds)), ())


def within(thing: object) -> Iterator[FunctionType]:
    """The Python functions that run when it is called, each once. TypeError: it can't be called."""
    seen: set[int] = set()
    for function in _within(thing, seen):
        if id(function) not in seen:
            seen.add(id(function))
            yield function


def _within(thing: object, classes: set[int]) -> Iterator[FunctionType]:
    if isinstance(thing, FunctionType):
        yield thing
    elif parts := parts_of(thing):
        for part in parts:
            if (inner := getattr(thing, part)) is not None:
                yield from _within(inner, classes)
    elif isinstance(thing, type):
        if id(thing) in classes:
            return
        classes.add(id(thing))
        for member in own_members(thing).values():
            yield from _within(member, classes)
    elif not callable(thing):
        raise TypeError(f"{thing!r} is no function, and there is none in it")
    elif not isinstance(thing, NATIVE):
        called = type(thing).__call__
        if isinstance(called, FunctionType):
            yield called


def own_members(owner: type) -> dict[str, Any]:
    """What a class's body defines that can be called, classes included; not what it took from outside."""
    return {name: member for name, member in vars(owner).items() if _is_own(member, owner)}


def _is_own(member: Any, owner: type) -> bool:
    if isinstance(member, FunctionType) and not is_written(member.__code__):
        return False
    if isinstance(member, FunctionType | type):
        return is_inside(member, owner)
    parts = (getattr(member, part) for part in parts_of(member))
    return any(_is_own(part, owner) for part in parts)


def is_inside(inner: type | FunctionType, owner: type) -> bool:
    """Was it defined in the other's body?"""
    return inner.__module__ == owner.__module__ and inner.__qualname__.startswith(
        f"{owner.__qualname__}."
    )


def remade(thing: Any, remake: Remake) -> Any:
    """The same kind of wrapper, with its callables replaced by what `remake` makes of them."""
    parts = parts_of(thing)
    new: list[Any] = [
        None if (old := getattr(thing, part)) is None else remake(old) for part in parts
    ]
    made: Any
    match thing:
        case MethodType():
            made = MethodType(new[0], thing.__self__)
        case partial() | partialmethod():
            made = type(thing)(new[0], *thing.args, **thing.keywords)
        case property():
            kind: Any = type(thing)
            made = kind(*new, thing.__doc__)
            if hasattr(thing, "__name__"):  # 3.13 and later
                made.__name__ = thing.__name__
        case cached_property():
            made = type(thing)(new[0])
            made.attrname = thing.attrname
        case _:
            made = type(thing)(*new)
    for name, value in getattr(thing, "__dict__", {}).items():
        if isinstance(getattr(made, "__dict__", None), dict):
            made.__dict__.setdefault(name, value)
    return made


def is_written(code: CodeType) -> bool:
    """Not one that the compiler adds from 3.14 on to work out annotations, bounds of type parameters and
    values of `type` statements when they are asked for: their one argument can't be named."""
    first = code.co_varnames[:1] if code.co_posonlyargcount == code.co_argcount == 1 else ()
    return first != (".format",) and (code.co_name, first) != ("__annotate__", ("format",))


def lines_of(code: CodeType) -> Iterator[int]:
    """Of a function's own code, without that of functions within."""
    return (line for _, _, line in code.co_lines() if line is not None)


def bytecode_of(function: FunctionType) -> CodeType:
    """Its code as the interpreter runs it: not that which leads to compiled code."""
    compiler = sys.modules.get("hone._jit")
    code = function.__code__
    return code if compiler is None else plain_code(code, compiler)


def prepared_code(function: FunctionType, chosen: CodeType) -> CodeType | None:
    """CHOSEN, which does what the function's bytecode does, so that it leads to compiled code as the function's
    own code does; None if that does not."""
    compiler = sys.modules.get("hone._jit")
    code = function.__code__
    if compiler is None or (plain := plain_code(code, compiler)) is code:
        return None
    if chosen is plain:
        return code
    places = {place(each) for each, _ in prepared_within(code)}
    prepared: CodeType = compiler.prepare(chosen, select=places)
    return prepared


def prepared_within(code: CodeType) -> Iterator[tuple[CodeType, CodeType]]:
    """Of a tree of code objects those that lead to compiled code, and what they were before."""
    compiler = sys.modules.get("hone._jit")
    if compiler is None:
        return
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from prepared_within(constant)
    if (plain := plain_code(code, compiler)) is not code:
        yield code, plain


def place(code: CodeType) -> tuple[str, str, int]:
    """What a function's code has in common with copies of it that are watched."""
    return code.co_filename, code.co_qualname, code.co_firstlineno


def plain_code(code: CodeType, compiler: Any) -> CodeType:
    plain: CodeType = compiler.original(code)
    return plain
