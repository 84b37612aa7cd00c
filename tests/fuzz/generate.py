# SPDX-License-Identifier: Apache-2.0
"""Random Python programs, the same for the same seed, terminating by construction: every loop is a
`for` over a short range or list, and functions call only functions defined before them."""

from __future__ import annotations

import random

INTS = ("0", "1", "-1", "2", "7", "-3", "2**31", "2**62", "2**63 - 1", "-(2**63)", "True")
FLOATS = ("0.0", "-0.0", "1.5", "-2.25", "1e308", "float('inf')", "float('nan')")
OPERATORS = ("+", "-", "*", "/", "//", "%", "&", "|", "^")
COMPARISONS = ("<", "<=", "==", "!=", ">", ">=")
CAUGHT = "(ZeroDivisionError, TypeError, IndexError, OverflowError, ValueError)"
MAX_DEPTH = 3


class Generator:
    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._functions = 0

    def program(self) -> str:
        parts = [self._function() for _ in range(self._random.randint(1, 3))]
        return "\n\n".join(parts) + "\n"

    def _function(self) -> str:
        body = ["    a, b, c = x, y, 1", "    items = [x, y, 3]"]
        for _ in range(self._random.randint(3, 7)):
            body += self._statement(1, 0)
        name = f"case_{self._functions}"
        self._functions += 1
        return "\n".join(
            [f"def {name}(x={self._atom()}, y={self._atom()}):", *body, "    return a, b, c, items"]
        )

    def _statement(self, indent: int, depth: int) -> list[str]:
        pad = "    " * indent
        kind = self._random.randrange(5 if depth >= MAX_DEPTH else 9)
        target = self._random.choice("abc")
        if kind <= 1:
            return [f"{pad}{target} = {self._expression(0)}"]
        if kind == 2:
            return [f"{pad}{target} {self._random.choice('+-*')}= {self._expression(1)}"]
        if kind == 3:
            return [f"{pad}items[{self._random.randint(-4, 3)}] = {self._expression(1)}"]
        if kind == 4:
            return [f"{pad}a, b, c = {self._expression(1)}, a, b"]
        inner = self._block(indent + 1, depth + 1)
        if kind == 5:
            otherwise = self._block(indent + 1, depth + 1)
            return [f"{pad}if {self._condition()}:", *inner, f"{pad}else:", *otherwise]
        if kind == 6:
            return [f"{pad}for i{depth} in range({self._random.randint(0, 4)}):", *inner]
        if kind == 7:
            return [f"{pad}for {target} in list(items):", *inner]
        return [f"{pad}try:", *inner, f"{pad}except {CAUGHT} as error:", f"{pad}    c = str(error)"]

    def _block(self, indent: int, depth: int) -> list[str]:
        return [
            line
            for _ in range(self._random.randint(1, 3))
            for line in self._statement(indent, depth)
        ]

    def _condition(self) -> str:
        return f"{self._expression(1)} {self._random.choice(COMPARISONS)} {self._expression(1)}"

    def _atom(self) -> str:
        return self._random.choice(INTS if self._random.random() < 0.65 else FLOATS)

    def _expression(self, depth: int) -> str:
        kind = self._random.randrange(8)
        if depth >= MAX_DEPTH or kind <= 1:
            return self._random.choice("abc")
        if kind == 2:
            return self._atom()
        if kind == 3:
            return f"items[{self._random.randint(-3, 3)}]"
        if kind == 4 and self._functions:
            called = f"case_{self._random.randrange(self._functions)}"
            return f"{called}({self._random.choice('abc')})[0]"
        left, right = self._expression(depth + 1), self._expression(depth + 1)
        return f"({left} {self._random.choice(OPERATORS)} {right})"
