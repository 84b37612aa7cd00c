# SPDX-License-Identifier: Apache-2.0
"""Calls to the builtins a compiler wants to know, with usual and unusual arguments."""

import math

EXPECT_COMPILED = {"case_len_kinds", "case_abs", "case_min_max", "case_sum", "case_int_of", "case_enumerate",
                   "case_zip", "case_loop_of_builtins", "case_hypotenuse"}


def caught(f, *args, **kwargs):
    try:
        return f(*args, **kwargs)
    except Exception as error:
        return type(error).__name__, str(error)


def case_len_kinds(x):
    return len(x)


def case_abs(x):
    return abs(x)


def case_min_max(a, b, c):
    return min(a, b, c), max(a, b, c), min(a, b), max(b, c)


def case_min_max_iterables(items):
    return caught(min, items), caught(max, items), caught(min, items, default=None), caught(max, items, key=lambda v: -v)


def case_sum(items):
    return sum(items), sum(items, 10)


def case_sum_start(items, start):
    return sum(items, start)


def case_int_of(x):
    return int(x)


def case_int_base(x, base):
    return int(x, base)


def case_float_of(x):
    return float(x)


def case_bool_of(x):
    return bool(x), not x, not not x


def case_round_kinds(x):
    return round(x), round(x, 1), round(x, -1), round(x, None)


def case_divmod_kinds(a, b):
    return divmod(a, b)


def case_pow_kinds(a, b):
    return pow(a, b), a**b


def case_enumerate(items, start):
    out = []
    for i, item in enumerate(items, start):
        out.append((i, item))
    return out


def case_enumerate_big_start():
    return [i for i, _ in enumerate("abc", 2**63 - 2)]


def case_zip(a, b):
    total = 0
    for x, y in zip(a, b):
        total += x * y
    return total


def case_zip_three_uneven(a, b, c):
    return [row for row in zip(a, b, c)], list(zip()), list(zip(a))


def case_zip_strict(a, b):
    out = []
    for pair in zip(a, b, strict=True):
        out.append(pair)
    return out


def case_loop_of_builtins(n):
    total = 0
    for i in range(n):
        total += abs(i - 5) + min(i, 3) + max(i, 7) + len(range(i)) + int(i / 2) + round(i * 0.5)
    return total


def case_sorted_and_friends(items):
    return sorted(items), sorted(items, reverse=True), list(reversed(items)), any(items), all(items), sorted(items, key=lambda v: v % 3)


def case_map_filter(items):
    return list(map(lambda v: v * 2, items)), list(filter(None, items)), list(map(pow, items, items))


def case_isinstance(x):
    return isinstance(x, int), isinstance(x, (str, float)), issubclass(type(x), object), type(x), callable(x), hash(x) == hash(x)


def case_ord_chr(text):
    total = 0
    for c in text:
        total = total * 31 + ord(c)
    return total, "".join(chr((ord(c) + 1) % 0x110000) for c in text)


def case_str_repr(x):
    return str(x), repr(x), ascii(x), format(x), f"{x}"


def case_bin_hex_oct(x):
    return bin(x), hex(x), oct(x)


def case_iter_next():
    it = iter([1, 2])
    return next(it), next(it), next(it, "end"), next(it, None)


def case_next_exhausted():
    it = iter(())
    return next(it)


def case_wrong_arity():
    return [caught(len), caught(len, 1, 2), caught(abs), caught(divmod, 1), caught(pow, 1), caught(int, 1, 2, 3),
            caught(range), caught(min), caught(math.sqrt), caught(len, x=[]), caught(zip, [1], [2, 3], strict=True) and None]


def case_wrong_types():
    return [caught(len, 5), caught(abs, "a"), caught(int, "x"), caught(int, None), caught(float, "x"), caught(sum, 5),
            caught(sum, ["a"]), caught(max, 1), caught(min, []), caught(max, [1, "a"]), caught(range, 1.5),
            caught(math.sqrt, "x"), caught(math.sqrt, -1), caught(round, "x"), caught(divmod, "a", 2), caught(enumerate, 5),
            caught(zip, 5), caught(chr, -1), caught(ord, "ab"), caught(int, float("nan")), caught(int, float("inf"))]


def case_hypotenuse(points):
    total = 0.0
    for x, y in points:
        total += math.sqrt(x * x + y * y)
    return total


def case_math_ints(n):
    return math.factorial(n), math.gcd(n, 12), math.isqrt(n), math.comb(n, 3), math.floor(n), math.ceil(n), math.prod([n, 2, 3])


def case_print(x):
    print(x, end="")
    print("a", 1, 2.5, None, sep="-", end="!\n")
    return print()


def case_getattr_setattr():
    class Box:
        pass

    box = Box()
    setattr(box, "x", 5)
    out = [getattr(box, "x"), getattr(box, "y", "none"), hasattr(box, "y"), vars(box)]
    delattr(box, "x")
    return out, hasattr(box, "x")


class WithLen:
    def __init__(self, n):
        self.n = n

    def __len__(self):
        return self.n


class WithIndex:
    def __index__(self):
        return 7

    def __int__(self):
        return 8

    def __float__(self):
        return 2.5

    def __abs__(self):
        return "absolute"

    def __round__(self, n="none"):
        return ("rounded", n)

    def __divmod__(self, other):
        return ("divmod", other)

    def __pow__(self, other, modulo=None):
        return ("pow", other, modulo)


def case_user_protocols():
    w = WithIndex()
    return [len(WithLen(3)), caught(len, WithLen(-1)), caught(len, WithLen("a")), caught(len, WithLen(2**70)), int(w), float(w), abs(w),
            round(w), round(w, 2), divmod(w, 3), pow(w, 2), pow(w, 2, 5), range(w), [0] * w, "abcdefgh"[w], bin(w), bool(w),
            bool(WithLen(0)), math.sqrt(w)]


ARGS = {
    "case_len_kinds": [([1, 2],), ("abc",), ((),), ({1: 2},), (range(10),), (range(0),), ({1},), (b"xy",), (WithLen(4),), (5,), (None,)],
    "case_abs": [(5,), (-5,), (0,), (-(2**63),), (2**70,), (-1.5,), (-0.0,), (True,), (3 + 4j,), ("x",)],
    "case_min_max": [(1, 2, 3), (3, 2, 1), (1.0, 1, True), (True, 1, 1.0), (-0.0, 0.0, 0), (float("nan"), 1, 2), (1, float("nan"), 2),
                     ("a", "b", ""), (2**70, 1, -(2**70)), (1, "a", 2), ([1], [0], [2])],
    "case_min_max_iterables": [([3, 1, 2],), ([],), ((2.5, -1),), (range(5),), ({4, 2},)],
    "case_sum": [([1, 2, 3],), ([],), ([1.5, 2],), ([0.1] * 10,), ([True, True],), ([2**62, 2**62, 2**62],), ((1, 2.5, 10**30),), (range(100),),
                 ([1e100, 1.0, -1e100],)],
    "case_sum_start": [([[1], [2]], []), ([(1,), (2,)], ()), ([1], 2.5), (["a"], ""), ([1], None)],
    "case_int_of": [(5,), (5.9,), (-5.9,), ("12",), (" -7_0 ",), (True,), (2.0**70,), (b"3",), (1e300,), ("",), (None,), (float("nan"),)],
    "case_int_base": [("ff", 16), ("0x1F", 0), ("12", 3), ("z", 36), ("9", 8), (5, 10), ("1", 40)],
    "case_float_of": [(1,), ("1.5",), (" inf ",), ("-nan",), (2**53 + 1,), (10**400,), (True,), ("1e400",), ("x",), (None,)],
    "case_bool_of": [(0,), (1,), (0.0,), (-0.0,), (float("nan"),), ("",), ("a",), ([],), ([0],), (None,), (WithLen(0),), (WithLen(2),), (range(0),)],
    "case_round_kinds": [(0.5,), (2.675,), (-1.5,), (15,), (25,), (-15,), (2**70,), (True,), (1e300,)],
    "case_divmod_kinds": [(7, 2), (-7, 2), (7.5, -2), (-7, 2.0), (True, 2), (2**70, 3), (1, 0), (1.0, 0)],
    "case_pow_kinds": [(2, 3), (2, -1), (2.0, 0.5), (-8, 1 / 3), (0, 0), (0.0, -1), (True, 2), (2**40, 3)],
    "case_enumerate": [([], 0), ("ab", 0), ([1, 2], -1), ((1.5,), 5), ({"k": 1}, 2)],
    "case_zip": [([1, 2, 3], [4, 5, 6]), ([1.5], [2, 3]), ([], [1]), ((1, 2), range(5)), ([2**40], [2**40]), ([1, 2], ["a", "b"])],
    "case_zip_three_uneven": [("abc", [1, 2], (3, 4, 5)), ("", [1], (2,))],
    "case_zip_strict": [([1, 2], [3, 4]), ([1], [2, 3]), ([1, 2], [3])],
    "case_loop_of_builtins": [(0,), (30,)],
    "case_sorted_and_friends": [([3, 1, 2],), ([],), ((5, 4, 9, 1),), ([2.5, -1.0, 0],)],
    "case_map_filter": [([0, 1, 2],), ([],)],
    "case_isinstance": [(1,), (True,), ("a",), (1.5,), (None,), (int,)],
    "case_ord_chr": [("hello",), ("",), ("é€😀",)],
    "case_str_repr": [(1,), ("a'b",), (1.5,), (None,), ([1, "x"],), ({"k": (1,)},), ("é",)],
    "case_bin_hex_oct": [(5,), (-255,), (2**64,), (True,)],
    "case_hypotenuse": [([(3, 4), (5.0, 12.0)],), ([],), ([(1, 2, 3)],), ([(1, "a")],)],
    "case_math_ints": [(5,), (20,), (21,), (30,)],
    "case_print": [("x",), (1.5,)],
}
