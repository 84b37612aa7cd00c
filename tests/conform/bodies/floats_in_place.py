# SPDX-License-Identifier: Apache-2.0
"""Floats stored over floats: whoever took the old one keeps its value, wherever it is kept."""

EXPECT_COMPILED = {"add_all", "Body.move", "Slotted.move", "swap_halves"}


class Body:
    def __init__(self, x, v):
        self.x = x
        self.v = v

    def move(self, dt):
        self.x += dt * self.v


class Slotted:
    __slots__ = ("x", "v")

    def __init__(self, x, v):
        self.x = x
        self.v = v

    def move(self, dt):
        self.x += dt * self.v


class Noisy(float):
    log = []

    def __del__(self):
        Noisy.log.append(float(self))


def add_all(items, d, turns):
    for _ in range(turns):
        for i in range(len(items)):
            items[i] += d
    return items


def keep_in_local(items):
    first = items[0]
    items[0] += 1.5
    second = items[0]
    items[0] = items[0] * 2.0
    return first, second, items[0], first is items[0], second is items[0]


def swap_halves(items):
    kept = []
    for i in range(len(items)):
        kept.append(items[i])
        items[i] = items[i] / 2.0
    return kept, items


def case_plain_lists():
    return [add_all([0.5, -1.0, 2.0**52], 0.25, n) for n in range(12)]


def case_same_float_twice():
    x = float("2.5")
    a, b = [x, x], [x]
    add_all(a, 1.0, 3)
    return a, b, x, a[0] is a[1]


def case_constants_stay():
    def fresh():
        return [1.25, 1.25, 2.5]

    return [add_all(fresh(), 0.5, 4) for _ in range(6)], fresh()


def case_local_keeps():
    return [keep_in_local([float(i), 3.0]) for i in range(8)]


def case_kept_in_another_list():
    return [swap_halves([float(i + j) for j in range(5)]) for i in range(6)]


def case_zip_holds_tuples():
    items = [float(i) for i in range(6)]
    seen = []
    for a, b in zip(items, items[1:]):
        items[0] += a
        items[1] -= b
        seen.append((a, b))
    return seen, items


def case_an_iterator_holds_the_item():
    items = [float(i) for i in range(6)]
    seen = []
    for i, x in enumerate(items):
        items[i] += 10.0
        seen.append(x)
    return seen, items


def case_attributes():
    out = []
    for kind in (Body, Slotted):
        body = kind(0.5, 2.0)
        for i in range(10):
            before = body.x
            body.move(0.125)
            out.append((before, body.x))
    return out


def case_attribute_shared_by_instances():
    x = float("7.5")
    bodies = [kind(x, 1.0) for kind in (Body, Slotted) for _ in range(3)]
    for body in bodies:
        body.move(0.5)
    return [body.x for body in bodies], x


def case_attribute_missing():
    out = []
    for kind in (Body, Slotted):
        body = kind(0.5, 2.0)
        del body.x
        try:
            body.move(1.0)
        except AttributeError as e:
            out.append(str(e))
        body.x = 1.0
        body.move(1.0)
        out.append(body.x)
    return out


def case_other_types_in_the_place():
    out = []
    for odd in (3, True, "s", None, 2**70, 1j, (1, 2)):
        items = [1.0, odd, 2.0]
        try:
            add_all(items, 0.5, 2)
        except TypeError as e:
            out.append(str(e))
        out.append(items)
    return out


def set_half(items, i, x):
    items[i] = x * 0.5
    return items


def case_something_loud_is_replaced():
    Noisy.log.clear()
    out = [set_half([1.0, 2.0], 1, float(i)) for i in range(5)]
    items = [Noisy(4.0), 2.0]
    set_half(items, 0, 3.0)
    out.append(list(Noisy.log))
    body = Body(Noisy(8.0), 1.0)
    body.x = float("3.5") * 2.0
    out.append(list(Noisy.log))
    return out, items


def case_special_values():
    items = [float("nan"), float("inf"), -0.0, 5e-324]
    add_all(items, -0.0, 3)
    return [repr(x) for x in items]
