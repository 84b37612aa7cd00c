# SPDX-License-Identifier: Apache-2.0
"""Canonical encodings: any Python value as plain JSON data, such that two values have equal
encodings exactly when a program could not tell them apart.

Types are exact (``True`` is not ``1``), floats are their bits (``-0.0``, NaN payloads), dicts keep
their order, shared and cyclic containers are back references, exceptions carry text, notes, chain
and traceback entries with columns. No method of a user class is ever called: an odd ``__eq__``,
``__iter__`` or ``__repr__`` in a body must not run, or fail, in here.
"""

from __future__ import annotations

import array
import collections
import itertools
import re
import struct
import traceback
import types
from collections.abc import Iterable
from typing import Any

Json = Any  # what json.dumps accepts: lists, dicts, strings, ints

NODE_BUDGET = 200_000
LOCALS_BUDGET = 400
_CO_OPTIMIZED = 0x1
_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,}\b")
_FUNCTIONS = (types.FunctionType, types.BuiltinFunctionType, types.WrapperDescriptorType)
_METHODS = (types.MethodType, types.MethodWrapperType)
_CONTAINER_BASES: tuple[type, ...] = (
    int,
    float,
    complex,
    str,
    bytes,
    bytearray,
    list,
    tuple,
    dict,
    set,
    frozenset,
)


class Canon:
    """One encoding pass. Holds what it met, so that identities stay valid while it runs."""

    def __init__(self, root: str, budget: int = NODE_BUDGET) -> None:
        self._root = root
        self._left = budget
        self._met: dict[int, int] = {}
        self._alive: list[object] = []

    def text(self, text: str) -> str:
        """Text of the program, without addresses and without the folder of its source."""
        return _ADDRESS.sub("0x", text.replace(self._root, ""))

    def encode(self, value: object) -> Json:
        self._left -= 1
        if self._left < 0:
            return ["…"]
        kind = type(value)
        if value is None or value is Ellipsis or value is NotImplemented:
            return [repr(value)]
        if kind is bool:
            return ["bool", repr(value)]
        if kind in (int, float, complex, str, bytes):
            return self._scalar(kind, value)
        if kind is tuple:
            return ["tuple", [self.encode(item) for item in tuple.__iter__(value)]]  # type: ignore[call-overload]
        if kind is range or kind is slice:
            return [
                kind.__name__,
                [self.encode(getattr(value, name)) for name in ("start", "stop", "step")],
            ]
        if isinstance(value, type):
            return ["type", f"{value.__module__}.{type.__getattribute__(value, '__qualname__')}"]
        known = self._met.get(id(value))
        if known is not None:
            return ["ref", known]
        self._met[id(value)] = len(self._met)
        self._alive.append(value)
        return self._object(kind, value)

    def _scalar(self, kind: type, value: Any) -> Json:
        if kind is int:
            return ["int", hex(value)]
        if kind is float:
            return ["float", struct.pack(">d", value).hex()]
        if kind is complex:
            return ["complex", struct.pack(">dd", value.real, value.imag).hex()]
        if kind is str:
            return ["str", value]
        return ["bytes", bytes(value).hex()]

    def _object(self, kind: type, value: Any) -> Json:
        if isinstance(value, _FUNCTIONS):
            return ["function", getattr(value, "__qualname__", value.__name__)]
        if isinstance(value, _METHODS):
            return ["method", value.__name__, self.encode(value.__self__)]
        if isinstance(value, types.ModuleType):
            return ["module", value.__name__]
        if isinstance(value, (types.GeneratorType, types.CoroutineType, types.AsyncGeneratorType)):
            return ["generator", value.__qualname__]
        if isinstance(value, (types.FrameType, types.CodeType, types.TracebackType)):
            return ["opaque", kind.__name__]
        if isinstance(value, BaseException):
            return self.exception(value)
        name = f"{kind.__module__}.{kind.__qualname__}"
        return [name, self._payload(kind, value), self._attributes(kind, value)]

    def _payload(self, kind: type, value: Any) -> Json:
        """What a builtin container, or a user's subclass of one, holds."""
        if kind is collections.deque or isinstance(value, collections.deque):
            return [self.encode(item) for item in collections.deque.__iter__(value)]
        if isinstance(value, array.array):
            return [value.typecode, array.array.tobytes(value).hex()]
        base = next((base for base in _CONTAINER_BASES if isinstance(value, base)), None)
        if base is None:
            return None
        if base is dict:
            return [[self.encode(key), self.encode(item)] for key, item in dict.items(value)]
        if base in (set, frozenset):
            members = base.__iter__(value)  # type: ignore[attr-defined]
            return sorted((self.encode(item) for item in members), key=repr)
        if base in (list, tuple):
            return [self.encode(item) for item in base.__iter__(value)]  # type: ignore[attr-defined]
        if base is bytearray:
            return bytes(value).hex()
        if base is int:
            return ["int", int.__format__(value, "x")]
        if base is float:
            return ["float", struct.pack(">d", value).hex()]
        if base is complex:
            return self._scalar(complex, complex.__pos__(value))
        return self._scalar(base, base.__getitem__(value, slice(None)))  # type: ignore[attr-defined]

    def _attributes(self, kind: type, value: Any) -> Json:
        """Instance dict in order, then slots. Read through the types, never through the instance."""
        rows: list[Json] = []
        try:
            attributes = object.__getattribute__(value, "__dict__")
        except AttributeError:
            attributes = {}
        if type(attributes) is dict:
            rows += [[str(name), self.encode(item)] for name, item in attributes.items()]
        for owner in kind.__mro__:
            for name, slot in owner.__dict__.items():
                if isinstance(slot, types.MemberDescriptorType) and owner.__module__ != "builtins":
                    try:
                        rows.append([name, self.encode(slot.__get__(value, kind))])
                    except AttributeError:
                        rows.append([name, ["unset"]])
        return rows

    def exception(self, error: BaseException) -> Json:
        kind = type(error)
        known = {"name": getattr(error, "name", None), "errno": getattr(error, "errno", None)}
        return {
            "type": f"{kind.__module__}.{kind.__qualname__}",
            "args": self.encode(error.args),
            "text": self.text(_text_of(error)),
            "notes": [str(note) for note in getattr(error, "__notes__", ())],
            "dict": [[k, self.encode(v)] for k, v in error.__dict__.items() if k != "__notes__"],
            "known": [[k, v] for k, v in known.items() if isinstance(v, (str, int))],
            "cause": self._chained(error.__cause__),
            "context": self._chained(error.__context__),
            "suppressed": error.__suppress_context__,
            "entries": [self._entry(tb) for tb in traceback_chain(error.__traceback__)],
        }

    def _chained(self, error: BaseException | None) -> Json:
        if error is None:
            return None
        if id(error) in self._met:
            return ["ref", self._met[id(error)]]
        self._met[id(error)] = len(self._met)
        self._alive.append(error)
        return self.exception(error)

    def _entry(self, tb: types.TracebackType) -> Json:
        code = tb.tb_frame.f_code
        return [self.text(code.co_filename), code.co_qualname, tb.tb_lineno, list(position_of(tb))]


def _text_of(error: BaseException) -> str:
    try:
        return str(error)
    except Exception as failed:  # a user's __str__ may raise; that it does is part of the result
        return f"<str() raised {type(failed).__name__}>"


def traceback_chain(tb: types.TracebackType | None) -> Iterable[types.TracebackType]:
    while tb is not None:
        yield tb
        tb = tb.tb_next


def position_of(tb: types.TracebackType) -> tuple[int | None, ...]:
    """Line, end line, column, end column of the instruction a traceback entry stands at."""
    positions = tb.tb_frame.f_code.co_positions()
    return next(itertools.islice(positions, tb.tb_lasti // 2, None), (None, None, None, None))


def strip_to(error: BaseException, filename: str) -> None:
    """Drop the harness's own entries from the head of a traceback."""
    tb = error.__traceback__
    while tb is not None and tb.tb_frame.f_code.co_filename != filename:
        tb = tb.tb_next
    error.__traceback__ = tb


def traceback_text(error: BaseException, root: str) -> str:
    """The text the interpreter would print, carets and suggestions included."""
    return Canon(root).text("".join(traceback.format_exception(error)))


def traceback_locals(error: BaseException, root: str, filename: str) -> Json:
    """Locals of the body's own frames a traceback keeps alive: a post-mortem debugger shows them."""
    canon = Canon(root, LOCALS_BUDGET)
    rows: list[Json] = []
    for tb in traceback_chain(error.__traceback__):
        code = tb.tb_frame.f_code
        if code.co_filename == filename and code.co_flags & _CO_OPTIMIZED:
            names = dict(tb.tb_frame.f_locals)
            rows.append(
                [code.co_qualname, [[name, canon.encode(names[name])] for name in sorted(names)]]
            )
    return rows
