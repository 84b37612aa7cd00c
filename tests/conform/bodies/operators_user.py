# SPDX-License-Identifier: Apache-2.0
"""User classes behind every operator, with reflected, in-place and odd answers."""

EXPECT_COMPILED = {"binary_all", "compare_all", "in_place_all"}


class Num:
    def __init__(self, v, log):
        self.v = v
        self.log = log

    def __add__(self, o):
        self.log.append("add")
        return ("add", self.v, value(o))

    def __radd__(self, o):
        self.log.append("radd")
        return ("radd", self.v, value(o))

    def __sub__(self, o):
        return ("sub", self.v, value(o))

    def __rsub__(self, o):
        return ("rsub", self.v, value(o))

    def __mul__(self, o):
        return NotImplemented

    def __rmul__(self, o):
        return ("rmul", self.v, value(o))

    def __truediv__(self, o):
        raise ArithmeticError("user truediv")

    def __floordiv__(self, o):
        return None

    def __mod__(self, o):
        return self

    def __pow__(self, o, m=None):
        return ("pow", value(o), m)

    def __and__(self, o):
        return "and"

    def __ror__(self, o):
        return "ror"

    def __lshift__(self, o):
        return "lshift"

    def __matmul__(self, o):
        return "matmul"

    def __rmatmul__(self, o):
        return "rmatmul"

    def __neg__(self):
        return "neg"

    def __pos__(self):
        return "pos"

    def __invert__(self):
        return "invert"

    def __lt__(self, o):
        self.log.append("lt")
        return "odd lt"

    def __gt__(self, o):
        self.log.append("gt")
        return []

    def __eq__(self, o):
        self.log.append("eq")
        return 2.5

    def __iadd__(self, o):
        self.log.append("iadd")
        return ("iadd", value(o))

    def __bool__(self):
        self.log.append("bool")
        return self.v > 0


def value(o):
    return o.v if isinstance(o, Num) else o


def attempt(f, *args):
    try:
        return f(*args)
    except Exception as error:
        return type(error).__name__, str(error)


def binary_all(a, b, op):
    if op == 0:
        return a + b
    if op == 1:
        return a - b
    if op == 2:
        return a * b
    if op == 3:
        return a / b
    if op == 4:
        return a // b
    if op == 5:
        return a % b
    if op == 6:
        return a**b
    if op == 7:
        return a & b
    if op == 8:
        return a | b
    if op == 9:
        return a ^ b
    if op == 10:
        return a << b
    if op == 11:
        return a >> b
    return a @ b


def case_binary(which):
    log = []
    n = Num(3, log)
    left, right = {"nn": (n, Num(4, log)), "ni": (n, 5), "in": (5, n), "fn": (1.5, n), "nf": (n, 1.5), "ns": (n, "s"), "sn": ("s", n), "ln": ([1], n),
                   "nN": (n, None), "bn": (True, n)}[which]
    return [attempt(binary_all, left, right, op) if op != 5 else attempt(binary_all, left, right, op) is n for op in range(13)], log


def compare_all(a, b):
    return a < b, a > b, a == b, a != b


def case_compare(k):
    log = []
    n = Num(1, log)
    pair = [(n, 1), (1, n), (n, Num(2, log)), ("a", n), (n, None), (2.5, n)][k]
    return compare_all(*pair), log, attempt(lambda: pair[0] <= pair[1])


def in_place_all(x, y):
    x += y
    return x


def case_in_place():
    log = []
    n = Num(1, log)
    out = [in_place_all(n, 2), in_place_all(2, n), in_place_all(n, n)]
    n -= 1
    return out, n, log


def case_bool_in_conditions():
    log = []
    yes, no = Num(1, log), Num(-1, log)
    out = []
    if yes:
        out.append("if")
    while no:
        out.append("never")
    out.append("ternary" if no else "other")
    out.append((yes and 1, no and 1, yes or 1, no or 1))
    out.append((not yes, not no))
    out.append([x for x in (1, 2) if yes])
    return out, log


def case_odd_comparison_in_condition():
    log = []
    n = Num(1, log)
    out = []
    if n < 5:
        out.append("truthy string")
    if n > 5:
        out.append("never: empty list")
    while n == 1:
        out.append("eq")
        break
    out.append(n < 1 < 2)
    return out, log


class BadBool:
    def __init__(self, answer):
        self.answer = answer

    def __bool__(self):
        if self.answer == "raise":
            raise ValueError("no truth")
        return self.answer


def case_bad_bool(answer, how):
    b = BadBool(answer)
    if how == 0:
        if b:
            return "yes"
        return "no"
    if how == 1:
        while b:
            return "loop"
        return "none"
    if how == 2:
        return not b
    if how == 3:
        return b and 1
    return 1 if b else 2


class BadLen:
    def __init__(self, answer):
        self.answer = answer

    def __len__(self):
        return self.answer


def case_len_as_truth(answer):
    if BadLen(answer):
        return "yes"
    return "no"


class Idx:
    def __init__(self, answer):
        self.answer = answer

    def __index__(self):
        return self.answer


def case_index_protocol(answer):
    items = [10, 20, 30]
    return items[Idx(answer)], (1, 2, 3)[Idx(answer)], "abc"[Idx(answer)], items[Idx(answer) :], list(range(Idx(answer)))


class Container:
    def __init__(self):
        self.log = []

    def __getitem__(self, k):
        self.log.append(("get", k))
        return k

    def __setitem__(self, k, v):
        self.log.append(("set", k, v))

    def __delitem__(self, k):
        self.log.append(("del", k))

    def __contains__(self, k):
        self.log.append(("in", k))
        return "yes" if k else ""

    def __len__(self):
        return 5


def case_container_protocol():
    c = Container()
    c[1] = 2
    c[1:2] = "x"
    c[1, 2] = 3
    c[...] = None
    c[-1] += 5
    del c[0], c[::2]
    return c[5], c[1:2:3], c[:], 1 in c, 0 in c, 0 not in c, c.log


class Meta(type):
    def __add__(cls, other):
        return ("meta add", cls.__name__, other)

    def __getitem__(cls, k):
        return ("meta get", k)

    def __len__(cls):
        return 3

    def __iter__(cls):
        return iter("meta")

    def __call__(cls, *args):
        return ("called", args)

    def __lt__(cls, o):
        return "meta lt"


class WithMeta(metaclass=Meta):
    pass


def case_metaclass_operators():
    return WithMeta + 1, WithMeta[2], len(WithMeta), list(WithMeta), WithMeta(1, 2), WithMeta < 3


class Left:
    def __add__(self, o):
        return "Left.add"

    def __eq__(self, o):
        return "Left.eq"


class Right(Left):
    def __radd__(self, o):
        return "Right.radd"

    def __eq__(self, o):
        return "Right.eq"


def case_subclass_reflected_first():
    return Left() + Right(), Right() + Left(), Left() == Right(), Left() + Left()


class Slotted:
    __slots__ = ("x", "y")

    def __init__(self, x, y):
        self.x = x
        self.y = y

    def __add__(self, o):
        return Slotted(self.x + o.x, self.y + o.y)

    def __mul__(self, k):
        return Slotted(self.x * k, self.y * k)

    def __eq__(self, o):
        return self.x == o.x and self.y == o.y


def case_vectors_in_loop(n):
    total = Slotted(0, 0.0)
    step = Slotted(1, 0.5)
    for i in range(n):
        total = total + step * i
    return total.x, total.y, total == Slotted(1, 2)


class Counter:
    def __init__(self):
        self.n = 0

    def __iadd__(self, k):
        self.n += k
        return self

    def __call__(self, x):
        return self.n * x


def case_iadd_in_loop(n):
    c = Counter()
    alias = c
    for i in range(n):
        c += i
    return c.n, alias is c, c(2)


class Hooked(int):
    def __add__(self, o):
        return Hooked(int(self) + int(o) + 100)

    __radd__ = __add__

    def __lt__(self, o):
        return not int.__lt__(self, o)

    def __bool__(self):
        return False

    def __hash__(self):
        return 42


class HookedFloat(float):
    def __mul__(self, o):
        return "mul"

    def __rmul__(self, o):
        return "rmul"

    def __eq__(self, o):
        return "eq"

    __hash__ = float.__hash__


class HookedList(list):
    def __getitem__(self, i):
        return ("item", i)

    def __len__(self):
        return 99

    def __iter__(self):
        return iter("hooked")

    def __contains__(self, x):
        return True


class HookedStr(str):
    def __add__(self, o):
        return "added"

    def __eq__(self, o):
        return False

    def __getitem__(self, i):
        return "item"

    __hash__ = str.__hash__


def add(a, b):
    return a + b


def loop_sum(items, start):
    total = start
    for x in items:
        total = total + x
    return total


def case_int_subclass():
    out = [add(1, 2), add(Hooked(1), 2), add(1, Hooked(2)), add(Hooked(1), Hooked(2)), Hooked(1) < 2, bool(Hooked(5)), 3 + Hooked(0) - 1]
    out.append("yes" if Hooked(3) else "no")
    out.append(loop_sum([1, Hooked(2), 3], 0))
    out.append([10, 20, 30][Hooked(1)])
    out.append({42: "x"}.get(Hooked(42)))
    out.append(list(range(Hooked(2))))
    return out, type(out[1])


def case_float_subclass():
    h = HookedFloat(2.5)
    return h * 2, 2.0 * h, 2 * h, h == 2.5, 2.5 == h, h + 1, type(h + 1), -h, abs(h), h > 2, int(h), round(h)


def case_list_subclass():
    h = HookedList([1, 2])
    return h[0], len(h), [x for x in h], 5 in h, h + [3], h == [1, 2], h[:], list.__len__(h), sum(1 for _ in h), bool(h)


def case_str_subclass():
    h = HookedStr("ab")
    return h + "c", "c" + h, h == "ab", "ab" == h, h[0], h.upper(), len(h), "a" in h, f"{h}", h * 2, "%s" % h, type(h.lower())


def case_subclass_after_warm_up(n):
    out = []
    for i in range(n):
        out.append(add(i, 1))
    out.append(add(Hooked(1), 1))
    out.append(add(True, 1))
    out.append(add(1.5, 1))
    out.append(add("a", "b"))
    return out[-5:]


def case_operators_removed_and_added():
    class C:
        pass

    c = C()
    out = [attempt(add, c, 1)]
    C.__add__ = lambda self, o: "late"
    out.append(attempt(add, c, 1))
    C.__add__ = lambda self, o: "later"
    out.append(attempt(add, c, 1))
    del C.__add__
    out.append(attempt(add, c, 1))
    C.__bool__ = lambda self: False
    out.append("truthy" if c else "falsy")
    return out


def case_unsupported_text(a, b):
    out = []
    for op in range(13):
        try:
            out.append(binary_all(a, b, op))
        except TypeError as error:
            out.append(str(error))
    return out


def case_unsupported_in_place(k):
    x = [None, {}, 1, "a", (1,)][k]
    x += object
    return x


def case_unary_unsupported(k):
    x = ["a", [], None][k % 3]
    if k < 3:
        return -x
    if k < 6:
        return ~x
    return +x


def case_compare_unsupported(a, b):
    return a < b


def case_mutating_operand():
    items = [1, 2, 3]

    class Nasty:
        def __radd__(self, o):
            items.clear()
            return 0

        def __index__(self):
            items.clear()
            return 1

    out = []
    total = 5
    try:
        for i in range(3):
            total = items[i] + (total + Nasty())
            out.append(total)
    except IndexError as error:
        out.append(str(error))
    items.extend([1, 2])
    try:
        out.append(items[Nasty()])
    except IndexError as error:
        out.append(str(error))
    return out


ARGS = {
    "case_binary": [(w,) for w in ("nn", "ni", "in", "fn", "nf", "ns", "sn", "ln", "nN", "bn")],
    "case_compare": [(k,) for k in range(6)],
    "case_bad_bool": [(a, h) for a in (1, "raise", None, True, False) for h in range(5)],
    "case_len_as_truth": [(0,), (3,), (-1,), ("x",), (2**70,)],
    "case_index_protocol": [(1,), (0,), (5,), ("x",), (2**70,), (True,), (1.0,)],
    "case_vectors_in_loop": [(0,), (10,)],
    "case_iadd_in_loop": [(0,), (10,)],
    "case_subclass_after_warm_up": [(5,), (60,)],
    "case_unsupported_text": [(1, "a"), (None, 1), ([], 1.5), ({}, {}), ("a", "b"), (1.5, 2.5), ((), []), (3 + 1j, 2)],
    "case_unsupported_in_place": [(k,) for k in range(5)],
    "case_unary_unsupported": [(k,) for k in range(9)],
    "case_compare_unsupported": [(1, "a"), (None, None), ([], ()), (1j, 2j), ({}, {}), (1.5, None), ("a", b"a")],
}
