# SPDX-License-Identifier: Apache-2.0
"""Callees that compiled code meets at run time: functions passed as arguments, methods of ever other
classes, classes that make instances. Frames that are looked at or kept, errors on the way, functions
and classes that change between two calls, and what is no plain function or class after all.
"""

import gc
import sys
import traceback
import weakref

EXPECT_COMPILED = {"apply", "apply_twice", "total_area", "make_points", "length_of"}


def apply(f, x):
    return f(x)


def apply_twice(f, x):
    return f(f(x))


def one_more(x):
    return x + 1


def twice(x):
    return x * 2


def with_default(x, y=10):
    return x + y


def case_functions(n):
    out = []
    for f in (one_more, twice, with_default, abs, str, lambda x: x - 1):
        out.append(apply(f, n))
    return out, apply_twice(twice, n), apply_twice(one_more, 1 << 70)


def fails(x):
    raise ValueError(x)


def where(error):
    return [(f.name, f.lineno) for f in traceback.extract_tb(error.__traceback__)]


def case_errors():
    out = []
    for f, x in ((fails, 3), (one_more, "a"), (with_default, None), (5, 1), (one_more, None)):
        try:
            apply(f, x)
        except (ValueError, TypeError) as error:
            out.append((type(error).__name__, str(error), where(error)))
    return out


def call_with(f, args):
    if len(args) == 1:
        return f(args[0])
    if len(args) == 2:
        return f(args[0], args[1])
    return f()


def case_counts():
    out = []
    for f in (one_more, with_default):
        for args in ((), (1,), (1, 2)):
            try:
                out.append(call_with(f, args))
            except TypeError as error:
                out.append((str(error), where(error)))
    return out


class Square:
    def __init__(self, side):
        self.side = side

    def area(self):
        return self.side * self.side


class Circle:
    def __init__(self, radius):
        self.radius = radius

    def area(self):
        return self.radius * 3


class Box(Square):
    def area(self):
        return 6 * super().area()


class Odd:
    def __init__(self, value):
        self.area = lambda: value


class Slotted:
    __slots__ = ("size",)

    def __init__(self, size):
        self.size = size

    def area(self):
        return self.size


def total_area(shapes):
    total = 0
    for shape in shapes:
        total += shape.area()
    return total


def case_methods(n):
    shapes = [Square(n), Circle(2), Box(3), Odd(n), Slotted(7), Square(2.5), Circle(1 << 65)]
    return total_area(shapes), total_area(shapes[::-1])


def case_method_replaced(n):
    shapes = [Square(n), Circle(n), Box(n)]
    before = total_area(shapes)
    old = Circle.area
    Circle.area = lambda self: 1000
    try:
        return before, total_area(shapes)
    finally:
        Circle.area = old


def case_code_replaced():
    def changing(x):
        return x + 100

    out = [apply(changing, 1)]
    changing.__code__ = one_more.__code__
    out.append(apply(changing, 1))
    changing.__defaults__ = (5,)
    changing.__code__ = with_default.__code__
    out.append(apply(changing, 1))
    return out


def case_other_globals():
    scope = {"__name__": "other", "__builtins__": __builtins__, "offset": 7}
    exec("def moved(x):\n    return x + offset\n", scope)
    moved = scope["moved"]
    out = [apply(moved, 1) for _ in range(3)]
    twin = type(moved)(one_more.__code__, {"__name__": "empty"})
    out.append(apply(twin, 1))
    scope["offset"] = 8
    out.append(apply(moved, 1))
    return out


seen = []


def look(x):
    frame = sys._getframe()
    caller = frame.f_back
    seen.append((caller.f_code.co_name, caller.f_lineno - caller.f_code.co_firstlineno))
    seen.append({k: v for k, v in caller.f_locals.items() if k in ("x", "y")})
    return x


def show_caller(f, x):
    y = x + 1
    y = f(y) + f(x)
    return y


def case_frames():
    seen.clear()
    return show_caller(look, 3), list(seen)


def keep(x):
    seen.append(sys._getframe())
    return x


def case_frames_kept():
    seen.clear()
    result = show_caller(keep, 5)
    out = [(f.f_code.co_name, f.f_back.f_code.co_name, f.f_locals.get("x")) for f in seen]
    seen.clear()
    return result, out


def rise(f, n):
    return 0 if n == 0 else 1 + f(f, n - 1)


def deeper(f, n):
    return 1 + f(f, n + 1)


def case_recursion():
    old = sys.getrecursionlimit()
    frame, depth = sys._getframe(), 0
    while frame is not None:
        frame, depth = frame.f_back, depth + 1
    sys.setrecursionlimit(depth + 40)
    try:
        deeper(deeper, 0)
    except RecursionError as error:
        lines = len(where(error))
        return rise(rise, 20), str(error), lines
    finally:
        sys.setrecursionlimit(old)


# --- classes


class Point:
    def __init__(self, x, y):
        self.x = x
        self.y = y


def length_of(x, y):
    p = Point(x, y)
    return p.x * p.x + p.y * p.y


def make_points(n):
    return [Point(i, i + 1) for i in range(n)]


def case_instances(n):
    points = make_points(n)
    return length_of(3, 4), length_of(1.5, n), [(type(p).__name__, vars(p)) for p in points]


class Returns:
    def __init__(self, what):
        self.what = what
        if what:
            return what


class Raises:
    def __init__(self, what):
        self.what = what
        if what:
            raise ValueError(what)

    def __del__(self):
        frame = sys._getframe(1)
        seen.append((self.what, frame.f_code.co_name, frame.f_locals.get("tag")))


def build_returns(what):
    tag = "r"
    made = Returns(what)
    return made.what, tag


def build_raises(what):
    tag = what + "!"
    made = Raises(what)
    return made.what, tag


def case_init_fails():
    out = []
    seen.clear()
    for build, what in (
        (build_returns, 0),
        (build_returns, 5),
        (build_returns, [1]),
        (build_raises, ""),
        (build_raises, "no"),
    ):
        try:
            out.append(build(what))
        except (TypeError, ValueError) as error:
            out.append((type(error).__name__, str(error), where(error)))
            error.__traceback__ = None
        gc.collect()
    return out, list(seen)


class Looks:
    def __init__(self, n):
        caller = sys._getframe(1)
        self.seen = caller.f_code.co_name, caller.f_locals.get("label"), sys.getrefcount(self)
        self.n = n


def build_looks(n):
    label = n * 2
    made = Looks(n)
    return made.seen, made.n, label


class New:
    def __new__(cls, x):
        made = super().__new__(cls)
        made.given = x
        return made

    def __init__(self, x):
        self.x = x


class Meta(type):
    def __call__(cls, *args):
        return (cls.__name__, *args)


class WithMeta(metaclass=Meta):
    def __init__(self, x):
        self.x = x


class Defaults:
    def __init__(self, x, y=2, *, z=3):
        self.all = x, y, z


def build_others(n):
    plain = Slotted(n)
    new = New(n)
    meta = WithMeta(n)
    default = Defaults(n)
    return plain.size, new.given, new.x, meta, default.all


def case_other_classes(n):
    return build_looks(n), build_others(n)


class Changes:
    def __init__(self, x):
        self.x = x


def build_changes(x):
    return Changes(x).x


def case_init_replaced():
    old = Changes.__init__
    out = [build_changes(1)]

    def other(self, x):
        self.x = -x

    Changes.__init__ = other
    out.append(build_changes(1))
    Changes.__new__ = lambda cls, x: object.__new__(cls)
    out.append(build_changes(2))
    del Changes.__new__
    Changes.__init__ = old
    out.append(build_changes(3))
    try:
        del Changes.__init__
        build_changes(4)
    except TypeError as error:
        out.append(str(error))
    finally:
        Changes.__init__ = old
    return out


def case_wrong_counts():
    out = []
    for build in (lambda: Point(1), lambda: Point(1, 2, 3), lambda: Point()):
        try:
            build()
        except TypeError as error:
            out.append((str(error), where(error)))
    return out


def alive(n):
    made = Point(n, n)
    watch = weakref.ref(made)
    made = Point(n + 1, n)
    return watch() is None, made.x


def case_lifetimes():
    return alive(1), alive(2.5)


class Node:
    def __init__(self, value):
        self.value = value
        self.me = self

    def __del__(self):
        seen.append(self.value)


def cycles(n):
    total = 0
    for i in range(n):
        total += Node(i).value
    return total


def case_collections():
    seen.clear()
    total = cycles(3000)
    gc.collect()
    return total, len(seen), sorted(seen) == list(range(3000))


ARGS = {
    "case_functions": [(3,), (2.5,)],
    "case_methods": [(3,), (2.5,)],
    "case_method_replaced": [(3,)],
    "case_instances": [(3,), (5,)],
    "case_other_classes": [(3,), ("ab",)],
}
ALONE = {
    "case_frames": "it records frames in a module's list",
    "case_frames_kept": "it keeps frames in a module's list",
    "case_recursion": "it sets the process's recursion limit",
    "case_method_replaced": "it changes a class",
    "case_init_fails": "it records finalizers in a module's list",
    "case_init_replaced": "it changes a class",
    "case_collections": "it records finalizers in a module's list",
}
