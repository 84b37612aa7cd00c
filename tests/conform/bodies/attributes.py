# SPDX-License-Identifier: Apache-2.0
"""Attributes of instances and classes in every place where CPython keeps them, and every way to move them
while a loop is running."""

import sys
import traceback

EXPECT_COMPILED = {"sum_x", "bump", "slots_sum", "Point.norm", "call_get", "read_scale", "walk", "area", "fresh"}


class Point:
    scale = 3
    unit = 0.5

    def __init__(self, x, y):
        self.x = x
        self.y = y

    def norm(self):
        return self.x * self.x + self.y * self.y

    def get(self):
        return self.x

    def moved(self, dx):
        self.x += dx
        return self

    @property
    def area(self):
        return self.x * self.y

    @staticmethod
    def twice(v):
        return 2 * v

    @classmethod
    def named(cls, v):
        return cls.__name__, v


class Sub(Point):
    scale = 5

    def get(self):
        return -self.x


class Slotted:
    __slots__ = ("x", "y")

    def __init__(self, x, y):
        self.x = x
        self.y = y

    def norm(self):
        return self.x * self.x + self.y * self.y


class Node:
    def __init__(self, value, following):
        self.value = value
        self.following = following


def sum_x(points):
    total = 0
    for p in points:
        total += p.x
    return total


def bump(points, dx):
    for p in points:
        p.x += dx
        p.y = p.x
    return points


def slots_sum(points):
    total = 0
    for p in points:
        p.x = p.x + 1
        total += p.x * p.y + p.norm()
    return total


def call_get(points):
    out = []
    for p in points:
        out.append(p.get())
    return out


def read_scale(points):
    total = 0
    for p in points:
        total += p.scale
    return total


def norms(points):
    total = 0
    for p in points:
        total += p.norm()
    return total


def area(points):
    total = 0
    for p in points:
        total += p.area
    return total


def walk(node):
    total = 0
    while node is not None:
        total += node.value
        node = node.following
    return total


def fresh(n):
    out = []
    for i in range(n):
        out.append(Point(i, i + 1).norm())
    return out


def points(n=8):
    return [Point(i, i + 0.5) for i in range(n)]


def caught(f, *args):
    try:
        return f(*args)
    except Exception as error:
        where = [(frame.name, frame.line, frame.colno, frame.end_colno) for frame in traceback.extract_tb(error.__traceback__)[1:]]
        return type(error).__name__, str(error), where, getattr(error, "name", None), type(getattr(error, "obj", None)).__name__


def warm():
    for _ in range(70):
        sum_x(points(2))
        bump(points(2), 1)
        call_get(points(2))
        read_scale(points(2))
        norms(points(2))
        area(points(2))
        slots_sum([Slotted(1, 2)])


def case_plain():
    warm()
    all = points()
    return sum_x(all), [vars(p) for p in bump(all, 2)], call_get(all), read_scale(all), norms(all), area(all)


def case_slots():
    warm()
    return slots_sum([Slotted(i, 1.5) for i in range(5)]), caught(slots_sum, [Slotted(1, 2), Slotted.__new__(Slotted)])


def case_list_of_nodes(n):
    node = None
    for i in range(n):
        node = Node(i, node)
    return walk(node)


def case_fresh_instances(n):
    return fresh(n)


def case_subclasses():
    warm()
    mixed = [Point(1, 2), Sub(3, 4), Point(5, 6), Sub(7, 8)]
    return sum_x(mixed), call_get(mixed), read_scale(mixed), norms(mixed), area(mixed), [vars(p) for p in bump(mixed, 1)]


def case_dict_touched():
    warm()
    all = points()
    all[3].__dict__["x"] = 100
    first = sum_x(all)
    all[4].__dict__["z"] = 7
    del all[5].__dict__["x"]
    all[5].__dict__["x"] = 11
    bump(all, 1)
    held = all[2].__dict__
    bump(all, 1)
    return first, sum_x(all), [list(vars(p).items()) for p in all], held, norms(all)


def case_dict_replaced():
    warm()
    all = points()
    all[2].__dict__ = {"x": 40, "y": 2}
    all[3].__dict__ = {"y": 3, "x": 41, "get": lambda: "own get", "scale": 9}
    out = [sum_x(all), call_get(all), read_scale(all), norms(all), [vars(p) for p in bump(all, 1)]]
    all[4].__dict__ = {}
    return out, caught(sum_x, all), caught(bump, all, 1)


def case_deleted():
    warm()
    all = points()
    del all[3].x
    out = [caught(sum_x, all), caught(bump, all, 1), caught(norms, all), caught(area, all)]
    all[3].x = 5
    return out, sum_x(all), [list(vars(p)) for p in all]


def case_missing():
    warm()
    return caught(sum_x, [Point(1, 2), object()]), caught(sum_x, [None]), caught(call_get, [Slotted(1, 2)]), caught(bump, [5], 1), caught(bump, [Point("a", 1)], 1)


def case_shadowed():
    """An instance attribute of a method's or a class attribute's name."""
    warm()
    all = points()
    all[5].get = lambda: "shadow"
    all[6].scale = 100
    all[7].norm = lambda: 1000
    return call_get(all), read_scale(all), norms(all), vars(all[6])


def case_property_not_shadowed():
    warm()
    all = points()
    all[1].__dict__["area"] = 99
    return area(all), caught(setattr, all[0], "area", 1)


def get_later(points, change, at):
    out = []
    for i, p in enumerate(points):
        if i == at:
            change(p)
        out.append((p.x, p.scale, p.get(), p.norm(), p.area))
    return out


def case_class_changed_in_the_loop():
    out = []
    for _ in range(3):
        class Own(Point):
            pass

        def rebind(p):
            Own.scale = 17

        def patch(p):
            Own.get = lambda self: ("patched", self.x)

        def patch_base(p):
            Point.norm = lambda self: "patched norm"

        def make_data_descriptor(p):
            Own.x = property(lambda self: "from property", lambda self, v: None)

        original = Point.norm
        for change in (rebind, patch, patch_base, make_data_descriptor):
            all = [Own(i, 2) for i in range(6)]
            out.append(get_later(all, lambda p: None, 3))
            try:
                out.append(get_later(all, change, 3))
            finally:
                Point.norm = original
    return out


def case_class_assigned_in_the_loop():
    def change(p):
        p.__class__ = Sub

    out = []
    for _ in range(30):
        out.append(get_later(points(5), change, 2)[1:4])
    return out


def case_dict_moved_in_the_loop():
    out = []
    for _ in range(30):
        all = points(5)
        out.append(get_later(all, lambda p: p.__dict__.update(x=50), 2))
        out.append(get_later(all, lambda p: setattr(p, "__dict__", {"x": 1, "y": 2, "q": 3}), 2))
    return out[:4], out[-4:]


class Counted:
    total = 0

    def __init__(self):
        self.n = 0

    def hit(self):
        Counted.total += 1
        self.n += 1
        return Counted.total


def hits(c, n):
    out = 0
    for _ in range(n):
        out += c.hit()
    return out


def case_class_attribute_counts():
    Counted.total = 0
    c = Counted()
    return [hits(c, 5) for _ in range(40)], c.n, Counted.total


class Guarded:
    def __init__(self):
        self.log = []
        self.x = 1

    def __getattr__(self, name):
        self.log.append(name)
        if name == "nothing":
            raise AttributeError("no nothing here")
        return name + "!"


class Refusing:
    def __init__(self):
        object.__setattr__(self, "x", 1)
        object.__setattr__(self, "seen", [])

    def __setattr__(self, name, value):
        self.seen.append((name, value))
        object.__setattr__(self, name, value)

    def __getattribute__(self, name):
        return object.__getattribute__(self, name)


def use_guarded(g, n):
    out = []
    for _ in range(n):
        out.append((g.x, g.other))
        g.x = g.x + 1
    return out


def case_getattr():
    g = Guarded()
    out = [use_guarded(g, 2) for _ in range(70)]
    del g.x
    return out[-1], caught(use_guarded, g, 1), caught(lambda: g.nothing), g.log[-3:]


def case_setattr():
    r = Refusing()
    for _ in range(70):
        bump_x(r)
    return r.x, r.seen[-2:]


def bump_x(o):
    o.x = o.x + 1
    return o.x


class Described:
    class Data:
        def __get__(self, instance, owner):
            return ("data", instance is None, owner.__name__)

        def __set__(self, instance, value):
            instance.__dict__["set"] = value

    class NonData:
        def __get__(self, instance, owner):
            return ("non-data", instance is None)

    d = Data()
    n = NonData()
    plain = [1, 2]

    def __init__(self):
        self.__dict__["d"] = "never seen"


def read_described(o):
    o.d = 5
    return o.d, o.n, o.plain, o.set


def case_descriptors():
    o = Described()
    out = [read_described(o) for _ in range(70)][-1]
    o.n = "instance"
    out2 = read_described(o)
    Described.NonData.__set__ = lambda self, instance, value: None
    try:
        return out, out2, read_described(o)
    finally:
        del Described.NonData.__set__


class Late:
    def __get__(self, instance, owner):
        return "descriptor now"


class Holder:
    thing = None

    def __init__(self):
        self.own = 1


def read_thing(o):
    return o.thing, o.own


def case_value_becomes_descriptor():
    class Plain:
        pass

    Holder.thing = plain = Plain()
    o = Holder()
    before = [read_thing(o)[1] for _ in range(70)][-1]
    Plain.__get__ = lambda self, instance, owner: "became"
    after = read_thing(o)
    Holder.thing = None
    return before, after, plain is not None


class Trace:
    log = []

    def __init__(self, name):
        self.name = name

    def __del__(self):
        Trace.log.append(self.name)


class Box:
    def __init__(self, content):
        self.content = content
        self.count = 0


def refill(box, n):
    for i in range(n):
        box.content = Trace(i)
        Trace.log.append(("stored", i))
        box.count = box.count + 1
    return box.count


def case_finalizers_in_order():
    Trace.log = []
    for _ in range(70):
        refill(Box(None), 2)
    Trace.log = []
    box = Box(Trace("first"))
    refill(box, 3)
    box.content = None
    return Trace.log


class Meddler:
    def __init__(self, target, what):
        self.target = target
        self.what = what

    def __del__(self):
        self.what(self.target)


def replace_and_read(box, points):
    out = []
    for p in points:
        x = p.x
        box.content = None
        out.append((x, p.x, p.scale, p.get()))
    return out


def case_finalizer_changes_class():
    out = []
    for _ in range(60):
        replace_and_read(Box(1), points(3))

    def to_sub(p):
        p.__class__ = Sub

    def to_dict(p):
        p.__dict__ = {"x": 77, "y": 1, "get": lambda: "own"}

    for what in (to_sub, to_dict):
        all = points(3)
        out.append(replace_and_read(Box(Meddler(all[0], what)), all))
    return out


class Looker:
    """Looks at the frame that dropped it."""

    def __init__(self, log):
        self.log = log

    def __del__(self):
        frame = sys._getframe(1)
        self.log.append((frame.f_code.co_name, frame.f_lineno - frame.f_code.co_firstlineno))


def drop_lookers(box, n, log):
    for _ in range(n):
        box.content = Looker(log)
    box.content = None
    return len(log)


def case_finalizer_sees_frame():
    log = []
    for _ in range(70):
        drop_lookers(Box(None), 2, log)
    return log[-3:]


def case_insertion_order():
    out = []
    for i in range(70):
        p = Point.__new__(Point)
        if i % 2:
            p.y = 1
        p.x = i
        p.y = 2
        q = bump([p], 1)[0]
        out.append(list(q.__dict__.items()))
    return out[-4:]


def fill(p, a, b, c):
    p.first = a
    p.second = b
    p.third = c
    return p


def case_many_new_attributes():
    out = []
    for _ in range(40):
        out.append(list(vars(fill(Point(1, 2), 1, "b", None)).items()))
    return out[0], out[-1]


class Wide:
    pass


def set_many(o, n):
    for i in range(n):
        setattr(o, f"a{i}", i)
    o.a1 = "changed"
    return o.a0, o.a1


def case_more_than_shared_keys_hold():
    few = [set_many(Wide(), 4) for _ in range(70)]
    many = Wide()
    out = set_many(many, 60)
    return few[-1], out, len(vars(many)), set_many(Wide(), 3)


class Broken(Exception):
    def __init__(self, code):
        super().__init__(code)
        self.code = code


class Items(list):
    def __init__(self, *args):
        super().__init__(*args)
        self.name = "items"


def read_odd(e, items):
    e.code += 1
    items.name = items.name[:20]
    return e.code, items.name, len(items)


def case_instances_of_builtin_subclasses():
    e, items = Broken(0), Items([1, 2])
    return [read_odd(e, items) for _ in range(70)][-1]


def case_class_methods_and_static():
    out = []
    for p in [Point(1, 2), Sub(3, 4)] * 40:
        out.append((p.twice(p.x), p.named(p.y), Point.twice(3), Sub.named(4), Point.scale, Sub.scale, Point.norm(p)))
    return out[-2:]


def case_bound_methods_kept():
    all = points(3)
    out = []
    for _ in range(40):
        for p in all:
            get = p.get
            out.append(get())
    return out[-3:], all[0].get == all[0].get, all[0].get.__self__ is all[0]


class Failing:
    def __init__(self, n):
        self.n = n

    def inner(self, d):
        return self.n // d

    @property
    def bad(self):
        return self.n // 0

    def outer(self, d):
        return self.inner(d) + 1


def fail_in_method(o, d):
    return o.outer(d)


def fail_in_property(o, d):
    return (o.n + d,
            o.bad)


def case_tracebacks():
    o = Failing(7)
    for _ in range(70):
        fail_in_method(o, 2)
    bad = [caught(fail_in_property, o, 1) for _ in range(70)]
    return caught(fail_in_method, o, 0), bad[-1], caught(fail_in_method, Failing("a"), 1)


def set_on(o):
    o.x = 1
    o.y = o.x


def case_set_where_it_cannot_be():
    class NoDict:
        __slots__ = ("x",)

    class ReadOnly:
        @property
        def x(self):
            return 5

    return [caught(set_on, o) for o in (NoDict(), ReadOnly(), object(), 5, Point)], delattr(Point, "x") or delattr(Point, "y")


def grow(p, n):
    for i in range(n):
        p.x = p.x * 2 + i
    return p.x


def case_int_outgrows():
    warm()
    p = Point(1, 2)
    return [grow(p, 40) for _ in range(6)], type(p.x).__name__


def case_types_change():
    warm()
    return [sum_x([Point(v, 0) for v in row]) for row in ([1, 2], [1.5, 2], [True, 2.5], [2**70, 1], [1j, 2])] * 20


def case_weird_names():
    p = Point(1, 2)
    name = "".join(["x", ""])
    p.__dict__["na" + "me with space"] = 4
    setattr(p, "sc" + "ale", 8)
    return getattr(p, name), vars(p), [read_scale([p]) for _ in range(70)][-1]


ARGS = {"case_list_of_nodes": [(0,), (1,), (50,)], "case_fresh_instances": [(0,), (9,)]}
