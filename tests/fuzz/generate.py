# SPDX-License-Identifier: Apache-2.0
"""Random Python programs, the same for the same seed, terminating by construction: loops run over
short things or count down a variable of their own, functions call only functions defined before
them, and what could grow without end (products, concatenations) is cut in loops.

Each variable has a usual type, by its first letter; one assignment in ten gives it another.
"""

from __future__ import annotations

import random
from collections.abc import Callable

INTS = ("0", "1", "-1", "2", "3", "7", "-3", "255", "2**31", "2**53 + 1", "2**62", "2**63 - 1",
        "-(2**63)", "2**64", "True")  # fmt: skip
FLOATS = ("0.0", "-0.0", "1.5", "-2.25", "0.1", "1e308", "5e-324", "9007199254740993.0",
          "2.0", "7.75", "-3.5", "1e16",
          "float('inf')", "float('nan')")  # fmt: skip
STRINGS = ("''", "'a'", "'abc'", "'xyzzy'", "'\\u00e9\\u20ac'", "'%s-%s'")
LISTS = ("[4, 1, 2, 3]", "[1, 2, 3, 2**63]", "[1.5, -0.0, 2.5, 1e9]", "[1, 2.5, 3, True]", "[3, 1]",
         "[]", "[[1], [2, 3]]", "['a', 2, None]")  # fmt: skip
TUPLES = ("(1, 2)", "(1, 2, 3)", "(1.0, 2.0)", "(7, 2.5, 1)", "(1.0, 'b')", "((1, 2), 3)", "()")
DICTS = ("{}", "{1: 2}", "{'a': 1, 'b': 2.5}")
COMPLEXES = ("1j", "complex(1.5, -2)", "0j", "complex('nan')")
OTHERS = (
    "Num(3)",
    "Num(2.5)",
    "Num(0)",
    "Num(-1)",
    "Num(4)",
    "Num(1.5)",
    "None",
    "b'ab'",
    "range(3)",
    "{1, 2}",
    "slice(1, 2)",
    "Ellipsis",
)
USUAL = {"i": INTS, "f": FLOATS, "s": STRINGS, "l": LISTS, "t": TUPLES, "d": DICTS, "z": COMPLEXES,
         "o": OTHERS}  # fmt: skip
NAMES = ("i0", "i1", "i2", "f0", "f1", "s0", "l0", "l1", "t0", "d0", "z0", "o0")
COMPARISONS = ("<", "<=", "==", "!=", ">", ">=")
CAUGHT = ("ZeroDivisionError", "(TypeError, ValueError)", "IndexError", "LookupError",
          "ArithmeticError", "Exception", "(AttributeError, NameError)")  # fmt: skip
MAX_DEPTH = 3
BIG = "(2**70 + 3)"

PRELUDE = """\
import math

LOG = []
G = 3


class Num:
    def __init__(self, v):
        self.v = v

    def __add__(self, other):
        return Num(self.v + getattr(other, "v", other))

    def __radd__(self, other):
        return Num(other + self.v)

    def __mul__(self, other):
        return self.v * 2

    def __lt__(self, other):
        return self.v < getattr(other, "v", other)

    def __eq__(self, other):
        return self.v == getattr(other, "v", other)

    def __hash__(self):
        return 7

    def __bool__(self):
        return self.v > 2

    def __neg__(self):
        return Num(-self.v)

    def __len__(self):
        return 3

    def __getitem__(self, i):
        if i > 2:
            raise IndexError("Num")
        return i

    def __repr__(self):
        return f"Num({self.v!r})"

    def method(self, x, y=2):
        self.v = x
        return self.v, y


class Loud:
    def __init__(self, tag):
        self.tag = tag

    def __del__(self):
        LOG.append(self.tag)


class Guarded:
    def __init__(self, swallow):
        self.swallow = swallow

    def __enter__(self):
        LOG.append("enter")
        return self

    def __exit__(self, kind, error, trace):
        LOG.append(kind and kind.__name__)
        return self.swallow


def gen(n):
    for i in range(n):
        yield i
"""


class Generator:
    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._functions = 0
        self._loops = 0  # enclosing ones
        self._fresh = 0

    def program(self) -> str:
        parts = [PRELUDE]
        parts += [self._function() for _ in range(self._random.randint(1, 3))]
        rows = [
            f"    'case_{f}': [{', '.join(self._row() for _ in range(2))}],"
            for f in range(self._functions)
        ]
        return "\n\n".join(parts) + "\n\n\nARGS = {\n" + "\n".join(rows) + "\n}\n"

    def _row(self) -> str:
        return f"({self._arg('i')}, {self._arg('f')}, {self._arg('l')}, {self._arg('o')})"

    def _arg(self, usual: str) -> str:
        return self._atom(usual if self._random.random() < 0.88 else self._kind())

    def _kind(self) -> str:
        return self._random.choice("iiifffsslltdzo")

    def _leaf(self) -> str:
        """For items: a container in a loop would hold itself ever deeper."""
        return self._random.choice("iiiffsz") if self._loops else self._kind()

    def _function(self) -> str:
        body = ["    del LOG[:]"]
        body += [
            f"    {name} = {self._atom(name[0])}"
            for name in NAMES
            if name not in ("i0", "f0", "l0", "o0")
        ]
        for _ in range(self._random.randint(2, 4)):
            body += self._statement(1, 0)
        name = f"case_{self._functions}"
        self._functions += 1
        shown = ", ".join(NAMES)
        return "\n".join(
            [
                f"def {name}(i0=1, f0=2.0, l0=(), o0=Num(1)):",
                *body,
                f"    return {shown}, LOG[:], G",
            ]
        )

    # --- statements

    def _statement(self, indent: int, depth: int) -> list[str]:
        pad = "    " * indent
        simple = (
            self._assign, self._assign, self._assign, self._augment, self._store_item, self._unpack,
            self._mutate, self._mutate, self._log, self._call, self._leave, self._delete, self._loud,
            self._comprehension, self._globals,
        )  # fmt: skip
        if depth < MAX_DEPTH and self._random.random() < 0.42:
            compound = (
                self._if, self._if, self._for, self._for, self._for, self._while, self._try,
                self._try, self._with, self._closure,
            )  # fmt: skip
            return self._random.choice(compound)(indent, depth)
        return [pad + line for line in self._random.choice(simple)()]

    def _block(self, indent: int, depth: int) -> list[str]:
        return [
            line
            for _ in range(self._random.randint(1, 3))
            for line in self._statement(indent, depth + 1)
        ]

    def _likely(self, kinds: str) -> str:
        """A name of one of the kinds, mostly."""
        if self._random.random() < 0.06:
            return self._random.choice(NAMES)
        return self._random.choice([name for name in NAMES if name[0] in kinds])

    def _target(self) -> str:
        return self._random.choice(NAMES)

    def _assign(self) -> list[str]:
        name = self._target()
        kind = name[0] if self._random.random() < 0.96 else self._kind()
        value = self._expression(kind, 0)
        if self._loops:
            value = self._cut(kind, value)
        return [f"{name} = {value}"]

    def _cut(self, kind: str, value: str) -> str:
        if kind == "i":
            return f"({value}) % {BIG}" if self._random.random() < 0.5 else f"{value} & 0xffff"
        return f"({value})[-9:]" if kind in "slt" else self._atom(kind) if kind == "d" else value

    def _augment(self) -> list[str]:
        name = self._random.choice(("i0", "i1", "f0", "f1", "z0"))
        operator = self._random.choice(("+", "-", "*", "//", "%", "/") if name[0] != "i" else "+-")
        lines = [f"{name} {operator}= {self._expression(name[0], 1)}"]
        if self._random.random() < 0.15:
            lines = [f"l0[{self._index()}] {operator}= {self._expression('i', 2)}"]
        return lines

    def _store_item(self) -> list[str]:
        kind = self._leaf()
        return [
            self._random.choice(
                (
                    f"l0[{self._index()}] = {self._expression(kind, 1)}",
                    f"l1[{self._index()}] = {self._expression(kind, 1)}",
                    f"d0[{self._atom(self._random.choice('ifst'))}] = {self._expression(kind, 1)}",
                    f"l1[{self._bound()}:{self._bound()}] = {self._expression('l', 1)}[:3]",
                    f"del l1[{self._index()}]",
                    f"d0.pop({self._atom('i')}, None)",
                )
            )
        ]

    def _unpack(self) -> list[str]:
        a, b, c = (self._likely(self._random.choice(("i", "f", "if"))) for _ in range(3))
        return [
            self._random.choice(
                (
                    f"{a}, {b} = {b}, {a}",
                    f"{a}, {b}, {c} = {self._expression('i', 1)}, {b}, {self._expression('f', 1)}",
                    f"{a}, {b}, {c} = l0[:3]",
                    f"{a}, *l1 = {self._expression(self._random.choice('lts'), 1)}",
                    f"({a}, {b}), {c} = ({a}, {c}), {self._expression('i', 1)}",
                    f"{a}, {b} = divmod({self._expression('i', 1)}, {self._expression('i', 1)})",
                    f"{a} = {b} = {self._expression(self._kind(), 1)}",
                )
            )
        ]

    def _mutate(self) -> list[str]:
        name = self._random.choice(("l0", "l1"))
        item = self._expression(self._leaf(), 1)
        return [
            self._random.choice(
                (
                    f"{name}.append({item})", f"{name}.append({item})", f"{name}.pop()",
                    f"{name}.insert({self._index()}, {item})", f"{name}.reverse()",
                    f"{name}.extend({self._expression('t', 1)}[:4])", f"{name}.sort()",
                    f"{name}.clear()", f"{name} = {name}[:6]", f"{name}.count({item})",
                    f"o0.v = {self._expression('i', 1)}", f"d0.setdefault({self._atom('i')}, {item})",
                )
            )
        ]  # fmt: skip

    def _log(self) -> list[str]:
        return [f"LOG.append({self._expression(self._kind(), 1)})"]

    def _call(self) -> list[str]:
        if not self._functions or self._loops:
            return self._assign()
        called = f"case_{self._random.randrange(self._functions)}"
        args = ", ".join(self._expression(kind, 2) for kind in "ifl"[: self._random.randint(0, 3)])
        name = self._target()
        return [f"{name} = {called}({args})[{NAMES.index(name)}]"]

    def _leave(self) -> list[str]:
        choices = [f"if {self._condition()}: return {self._random.choice(NAMES)}, LOG[:]"]
        choices.append(f"assert {self._condition()}, {self._atom('s')}")
        choices.append(f"if {self._condition()}: raise ValueError({self._expression('i', 2)})")
        if self._loops:
            choices += [f"if {self._condition()}: {word}" for word in ("break", "continue")] * 2
        return [self._random.choice(choices)]

    def _delete(self) -> list[str]:
        name = self._random.choice(("f1", "o0", "i2", "z0"))
        return [f"del {name}"] if self._random.random() < 0.3 else self._assign()

    def _loud(self) -> list[str]:
        self._fresh += 1
        return [
            self._random.choice(("o0 = {}", "l1 = [{}]", "t0 = ({}, 1)", "d0 = {{1: {}}}")).format(
                f"Loud({self._fresh})"
            )
        ]

    def _comprehension(self) -> list[str]:
        name = self._likely("if")
        source = self._iterable()
        return [
            self._random.choice(
                (
                    f"l1 = [{name} for {name} in {source}]",
                    f"l1 = [x * 2 for x in {source} if {self._condition()}][:9]",
                    f"d0 = {{x: i1 for x in range({self._random.randint(0, 4)})}}",
                    f"i1 = sum(x for x in range({self._random.randint(0, 5)}))",
                    f"l1 = [(x, y) for x in range(2) for y in {source}][:9]",
                    f"f1 = max([f0, {self._expression('f', 2)}])",
                )
            )
        ]

    def _globals(self) -> list[str]:
        return [
            self._random.choice(
                (
                    f"globals()['G'] = {self._expression(self._random.choice('if'), 2)}",
                    "i1 = G",
                    "f1 = G * 1.5",
                    f"i2 = G + {self._expression('i', 2)}",
                )
            )
        ]

    # --- compound statements

    def _if(self, indent: int, depth: int) -> list[str]:
        pad = "    " * indent
        out = [f"{pad}if {self._condition()}:", *self._block(indent + 1, depth)]
        if self._random.random() < 0.3:
            out += [f"{pad}elif {self._condition()}:", *self._block(indent + 1, depth)]
        if self._random.random() < 0.5:
            out += [f"{pad}else:", *self._block(indent + 1, depth)]
        return out

    def _iterable(self) -> str:
        return self._random.choice(
            (
                f"range({self._random.randint(0, 4)})",
                f"range({self._atom('i')} & 3, {self._random.randint(-3, 5)}, {self._random.choice('123')})",
                "range(4, -2, -2)", "l0[:4]", "list(l0)[:4]", "l1[:5]", "t0", "s0[:4]", "d0.items()", "list(d0)",
                "enumerate(l0[:3])", "enumerate(t0, 5)", "zip(l0[:3], range(2), t0)", "reversed(l1[:3])",
                "gen(3)", "Num(2)", "(1, 2.5, 3)", "[f0, i0]", "map(abs, l0[:3])",
            )
        )  # fmt: skip

    def _for(self, indent: int, depth: int) -> list[str]:
        pad = "    " * indent
        source = self._iterable()
        target = self._likely("if")
        if source.startswith(("enumerate", "d0.items")) and self._random.random() < 0.9:
            target = f"{self._likely('i')}, {self._likely('if')}"
        if self._random.random() < 0.06:
            out = [  # a list that the body may change
                f"{pad}for {target} in l1:",
                f"{pad}    LOG.append('turn')",
                f"{pad}    if len(LOG) > 60: break",
            ]
        else:
            out = [f"{pad}for {target} in {source}:"]
        self._loops += 1
        out += self._block(indent + 1, depth)
        self._loops -= 1
        if self._random.random() < 0.25:
            out += [f"{pad}else:", *self._block(indent + 1, depth)]
        return out

    def _while(self, indent: int, depth: int) -> list[str]:
        pad = "    " * indent
        self._fresh += 1
        count = f"n{self._fresh}"
        self._loops += 1
        out = [
            f"{pad}{count} = {self._random.randint(1, 6)}",
            f"{pad}while {count} > 0"
            + self._random.choice(("", f" and ({self._condition()})"))
            + ":",
            f"{pad}    {count} -= 1",
            *self._block(indent + 1, depth),
        ]
        self._loops -= 1
        if self._random.random() < 0.25:
            out += [f"{pad}else:", *self._block(indent + 1, depth)]
        return out

    def _try(self, indent: int, depth: int) -> list[str]:
        pad = "    " * indent
        out = [f"{pad}try:", *self._block(indent + 1, depth)]
        handled = self._random.random() < 0.85
        if handled:
            out += [
                f"{pad}except {self._random.choice(CAUGHT)} as error:",
                f"{pad}    LOG.append(str(error))",
                *self._block(indent + 1, depth),
            ]
            if self._random.random() < 0.2:
                out += [f"{pad}else:", *self._block(indent + 1, depth)]
        if not handled or self._random.random() < 0.3:
            out += [f"{pad}finally:", *self._block(indent + 1, depth)]
        return out

    def _with(self, indent: int, depth: int) -> list[str]:
        pad = "    " * indent
        return [
            f"{pad}with Guarded({self._random.choice(('True', 'False', 'i0'))}):",
            *self._block(indent + 1, depth),
        ]

    def _closure(self, indent: int, depth: int) -> list[str]:
        pad = "    " * indent
        self._fresh += 1
        name, cell = f"inner{self._fresh}", f"c{self._fresh}"
        change = self._random.choice((f"{cell} += x", f"{cell} = x * 2", "pass"))
        return [
            f"{pad}{cell} = {self._atom(self._random.choice('if'))}",
            f"{pad}def {name}(x, y={self._atom('i')}):",
            f"{pad}    nonlocal {cell}",
            f"{pad}    {change}",
            f"{pad}    return {cell} + y",
            f"{pad}i1 = {name}({self._expression('i', 2)})",
            f"{pad}f1 = {name}({self._expression('f', 2)}, {self._expression('f', 2)}) + {cell}",
        ]

    # --- expressions

    def _condition(self) -> str:
        kind = self._random.choice("iiiffslo")
        left = self._expression(kind, 2)
        right = self._expression(kind if self._random.random() < 0.95 else self._kind(), 2)
        compare = f"{left} {self._random.choice(COMPARISONS)} {right}"
        return self._random.choice(
            (
                compare, compare, compare, left, f"not {left}", f"{compare} and {right}",
                f"{left} or {compare}", f"{left} in {self._expression('l', 2)}", f"{left} is None",
                f"0 {self._random.choice(COMPARISONS)} {left} {self._random.choice(COMPARISONS)} {right}",
                f"isinstance({left}, (int, str))",
            )
        )  # fmt: skip

    def _atom(self, kind: str) -> str:
        return self._random.choice(USUAL[kind])

    def _index(self) -> str:
        return self._random.choice(
            ("0", "0", "1", "-1", "2", "i0 & 1", "i1", "True", "i2 & 1", "i0 % len(l0)")
        )

    def _item(self, sequence: str) -> str:
        """Mostly one that is there."""
        item = f"{sequence}[{self._index()}]"
        return item if self._random.random() < 0.3 else f"({item} if len({sequence}) > 3 else 1)"

    def _bound(self) -> str:
        return self._random.choice(("", "", "0", "1", "-1", "2", "i0", "-5", "None", "i1 & 3"))

    def _variable(self, kind: str) -> str:
        return self._random.choice([name for name in NAMES if name[0] == kind])

    def _expression(self, kind: str, depth: int) -> str:
        draw = self._random.random()
        if draw < 0.02:
            kind = self._kind()
        if depth >= MAX_DEPTH or draw < 0.3:
            return self._variable(kind)
        if draw < 0.42:
            return self._atom(kind)
        if draw < 0.47:
            return f"({self._expression(kind, depth + 1)} if {self._condition()} else {self._variable(kind)})"
        makers: dict[str, Callable[[int], str]] = {
            "i": self._int, "f": self._float, "s": self._string, "l": self._list, "t": self._tuple,
            "d": lambda _: "dict(d0)", "z": self._complex, "o": self._other,
        }  # fmt: skip
        return makers[kind](depth + 1)

    def _int(self, depth: int) -> str:
        a, b = self._expression("i", depth), self._expression("i", depth)
        return self._random.choice(
            (
                f"({a} + {b})", f"({a} - {b})", f"({a} * {b})", f"({a} // {b})", f"({a} % ({b} or 1))", f"({a} // ({b} | 1))",
                f"({a} & {b})", f"({a} | {b})", f"({a} ^ {b})", f"({a} << ({b} & 7))",
                f"({a} >> ({b} & 70))", f"(-{a})", f"(~{a})", f"abs({a})", f"len({self._expression('l', depth)})",
                f"len({self._expression('s', depth)})", f"max({a}, {b})", f"min({a}, {b}, 5)",
                f"(({a} & 15) ** ({b} & 7))", f"int(min(max({self._expression('f', depth)}, -1e20), 1e20))",
                f"round(math.atan({self._expression('f', depth)}) * 1e3)", self._item("l0"), "sum(l1)",
                f"math.floor(math.sin({self._expression('f', depth)}) * 1e5)", f"hash({a})", f"({a} == {b}) + {a}",
                f"pow({a} & 9, {b} & 5, 7)", f"ord(({self._expression('s', depth)} or 'q')[0])", "(i1 := i0)",
                self._item("t0"), f"({a}).bit_length()", f"divmod({a}, {b})[0]", f"int('12') + {a}",
            )
        )  # fmt: skip

    def _float(self, depth: int) -> str:
        a, b = self._expression("f", depth), self._expression("f", depth)
        i = self._expression("i", depth)
        return self._random.choice(
            (
                f"({a} + {b})", f"({a} - {b})", f"({a} * {b})", f"({a} / {b})", f"({a} // {b})",
                f"({a} % {b})", f"({a} + {i})", f"({i} * {b})", f"({i} / {a})", f"({i} / ({i}))",
                f"(-{a})", f"abs({a})", f"max({a}, {b})", f"min({a}, {i})", f"float({i})",
                f"math.sqrt(abs({a}))", f"math.sin({a})", f"math.exp({a})", f"round({a}, 2)",
                f"({a} ** 2)", f"({a} ** 0.5)", f"divmod({a}, {b})[1]", f"math.atan2({a}, {i})",
                f"math.log({a})", f"math.fabs({i})", f"math.hypot({a}, {b})", f"math.pow({a}, {b})",
                self._item("l0"), "sum(l0)", "float('1.25')",
            )
        )  # fmt: skip

    def _string(self, depth: int) -> str:
        a = self._expression("s", depth)
        return self._random.choice(
            (
                f"({a} + {self._expression('s', depth)})", self._item(a),
                f"{a}[{self._bound()}:{self._bound()}]", f"({a} * ({self._expression('i', depth)} & 3))",
                f"str({self._expression('i', depth)})", "f'{i0}-{f0!r:>8}-{i1:x}'",
                f"repr({self._expression('f', depth)})", f"{a}.upper()", "''.join(map(str, l0[:3]))",
                "('%s %r' % (i0, f0))", f"'%5.2f' % {self._expression('f', depth)}", f"{a}.replace('a', 'bb')",
                f"chr({self._expression('i', depth)} & 255)", f"format({self._expression('f', depth)}, '.3g')",
            )
        )  # fmt: skip

    def _list(self, depth: int) -> str:
        a = self._expression("l", depth)
        item = self._expression(self._leaf(), depth)
        return self._random.choice(
            (
                f"[{item}, {self._expression('i', depth)}]", f"({a} + l1)[:8]", f"{a}[{self._bound()}:{self._bound()}]",
                f"{a}[::{self._random.choice(('2', '-1', '-2', '3', '1', '-1', '2', '0'))}]", f"({a} * ({self._expression('i', depth)} & 2))[:8]",
                f"list({self._expression('t', depth)})", "sorted(l0[:5])", f"list(range({self._random.randint(0, 4)}))",
                f"[*{a}, {item}][:8]", "list(d0)", "list(zip(l0, t0))", f"[{item}] * 3",
            )
        )  # fmt: skip

    def _tuple(self, depth: int) -> str:
        a, b = (self._expression(self._leaf(), depth) for _ in range(2))
        return self._random.choice(
            (
                f"({a}, {b})", f"({a},)", f"tuple({self._expression('l', depth)})", f"(*t0, {a})[:8]",
                f"t0[{self._bound()}:{self._bound()}]", f"(t0 + ({a},))[:8]",
                f"divmod({self._expression('i', depth)}, {self._expression('i', depth)})", "tuple(d0.items())",
            )
        )  # fmt: skip

    def _complex(self, depth: int) -> str:
        a, b = self._expression("z", depth), self._expression("z", depth)
        f = self._expression("f", depth)
        return self._random.choice(
            (
                f"({a} + {b})", f"({a} - {b})", f"({a} * {b})", f"({a} / {b})", f"({a} * {f})",
                f"({f} + {b})", f"complex({f}, 2.0)", f"{a}.conjugate()", f"(-{a})", f"({a} ** 2)",
                f"complex(abs({a}), {a}.imag)", f"({a} - {self._expression('i', depth)})",
            )
        )  # fmt: skip

    def _other(self, depth: int) -> str:
        a = self._expression("o", depth)
        return self._random.choice(
            (
                f"({a} + {self._expression('i', depth)})", f"({self._expression('f', depth)} + {a})",
                f"({a} < {self._expression('i', depth)})", f"(-{a})", f"{a}.v", f"Num(1).method({self._variable('i')})",
                f"{a}.method({self._variable('f')}, y=5)", f"d0.get({self._expression('i', depth)})", f"type({a})",
                f"Num({self._expression('i', depth)})", f"(lambda x, y=1: (x, y))({a})", f"bool({a})", f"{a}[1]",
                f"getattr({a}, 'v', 0)", "sorted(l1, key=lambda x: -x)", f"repr({a})[:9]",
            )
        )  # fmt: skip
