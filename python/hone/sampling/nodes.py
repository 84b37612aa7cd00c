# SPDX-License-Identifier: Apache-2.0
"""The tree of stacks that a spool has, as stacks of a recording."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from hone.recording.model import Recording
from hone.recording.rows import NONE, Function, Kind
from hone.sampling.places import Places
from hone.sampling.spool import FIRST_PLACE, Code, Place
from hone.sampling.symbols import Object

_PACKAGE = Path(__file__).parent.parent
_OWN = tuple(os.path.join(folder, "") for folder in {str(_PACKAGE), str(_PACKAGE.resolve())})

Node = tuple[int, int, int]  # its caller, the code or place, the unit in it
# Functions that carry out Python's own: where one is the frame of none, Python's function is.
_EVALUATOR = ("_PyEval_EvalFrameDefault", "_TAIL_CALL_")


class Nodes:
    """`codes` and `nodes` may grow; node 0 is the empty stack."""

    def __init__(
        self,
        recording: Recording,
        codes: Mapping[int, Code],
        nodes: Sequence[Node],
        places: Sequence[Place] = (),
    ) -> None:
        self._recording, self._codes, self._nodes = recording, codes, nodes
        self._native, self._objects = places, dict[str, Object]()
        self._functions: dict[int, int] = {}  # code -> function
        self._named: dict[Function, int] = {}
        self._places: dict[int, Places] = {}
        self._stacks: dict[int, int] = {0: NONE}  # node -> stack
        self.own: set[int] = set()  # stacks that are hone's

    def place(self, code: int) -> Places:
        if code not in self._places:
            self._places[code] = Places(self._codes[code])
        return self._places[code]

    def stack(self, node: int) -> int:
        """Callers were told before what they call."""
        path = []
        while node not in self._stacks:
            path.append(node)
            node = self._nodes[node][0]
        stack = self._stacks[node]
        for node in reversed(path):
            _, code, unit = self._nodes[node]
            if code >= FIRST_PLACE:
                stack = self._stacks[node] = self._below(stack, node)
                continue
            own = self._codes[code].file.startswith(_OWN)
            inside = stack == NONE or stack in self.own
            stack = self._recording.stacks.append(
                stack, self.function(code), self.place(code).line(unit)
            )
            self._stacks[node] = stack
            if own and inside:
                self.own.add(stack)
        return stack

    def python(self, node: int) -> Node:
        """The innermost node that is Python's."""
        while self._nodes[node][1] >= FIRST_PLACE:
            node = self._nodes[node][0]
        return self._nodes[node]

    def is_native(self, node: int) -> bool:
        return self._nodes[node][1] >= FIRST_PLACE

    def callee(self, node: int) -> str:
        """What the innermost Python function of NODE calls there, as its source has it; "" if unknown."""
        _, code, unit = self.python(node)
        return self.place(code).callee(unit)

    def _below(self, stack: int, node: int) -> int:
        """A native function, whichever of its places it was met at."""
        caller, code, _ = self._nodes[node]
        place = self._native[code - FIRST_PLACE]
        known = self._objects.get(place.object)
        if known is None:
            known = self._objects[place.object] = Object(place.object)
        name = known.name(place.address, place.function)
        if name.startswith(_EVALUATOR):
            return stack
        # Without names there is at least that of the call.
        name = name or ("" if self.is_native(caller) else self.callee(caller))
        name = name or f"{known.title}!{place.function:#x}"
        row = Function(place.object, 0, name, known.title, Kind.NATIVE)
        below = self._recording.stacks.add(stack, self._recording.functions.add(row))
        if stack in self.own:
            self.own.add(below)
        return below

    def function(self, number: int) -> int:
        """A function that hone has prepared for compiling is still itself; two lambdas of one line are
        two."""
        found = self._functions.get(number)
        if found is None:
            code = self._codes[number]
            row = Function(code.file, max(code.first_line, 0), code.name)
            if code.name.endswith(">") and code.name != "<module>":
                found = len(self._recording.functions)
                self._recording.functions.append(row)
            else:
                found = self._named.setdefault(row, len(self._recording.functions))
                if found == len(self._recording.functions):
                    self._recording.functions.append(row)
            self._functions[number] = found
        return found
