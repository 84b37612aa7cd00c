# SPDX-License-Identifier: Apache-2.0
"""Subscripts, membership and method calls on containers and objects whose type is not known before: keys that
equal each other across types, keys with code of their own, values that die loudly."""

import sys

EXPECT_COMPILED = {"get_all", "set_all", "has_all", "count_words", "speak_all", "name_all", "rename_all"}


def caught(f, *args):
    try:
        return f(*args)
    except Exception as error:
        return type(error).__name__, str(error)


def get_all(container, keys):
    out = []
    for key in keys:
        out.append(container[key])
    return out


def set_all(container, keys, value):
    for key in keys:
        container[key] = value
    return len(container)


def has_all(container, keys):
    out = []
    for key in keys:
        out.append((key in container, key not in container))
    return out


def count_words(words):
    seen = {}
    for word in words:
        if word in seen:
            seen[word] += 1
        else:
            seen[word] = 1
    return seen


class Key:
    log = []

    def __init__(self, v):
        self.v = v

    def __hash__(self):
        Key.log.append(("hash", sys._getframe(1).f_lineno > 0))
        return hash(self.v)

    def __eq__(self, other):
        frame = sys._getframe(1)
        Key.log.append(("eq", frame.f_code.co_name, frame.f_lineno - frame.f_code.co_firstlineno))
        return self.v == getattr(other, "v", other)


class Raising:
    def __hash__(self):
        return hash(3)

    def __eq__(self, other):
        raise ValueError("no comparing")


class Missing(dict):
    def __missing__(self, key):
        return ("missing", key)


class Str(str):
    def __eq__(self, other):
        return "odd"

    def __hash__(self):
        return str.__hash__(self)


def case_equal_keys():
    keys = [1, 1.0, True, 0, False, 0.0, -0.0, "1", b"1", None, (1, 2), (1.0, 2), (True, "a"), 1 + 0j, 2**80, -1, -2]
    d = {1: "one", 0: "zero", "1": "text", None: "none", (1, 2): "pair", (1, "a"): "mixed", 2**80: "big", -1: "m1", -2: "m2", b"1": "bytes"}
    return get_all(d, keys), has_all(d, keys), has_all(keys, keys), has_all(tuple(keys), [2, 1.0, "x", (1, 2)])


def case_keys_with_code():
    Key.log = []
    d = {Key(1): "one", 2: "two", Key("a"): "letter"}
    out = [get_all(d, [1, 2, Key(2), Key(1), "a"]), has_all(d, [1, 3, Key("a"), Key(9)]), caught(get_all, d, [Key(7)])[0]]
    out.append(set_all(d, [1, 2, Key(2), Key("n")], 5))
    return out, Key.log


def case_comparing_raises():
    d = {Raising(): 1}
    return caught(get_all, d, [3]), caught(has_all, d, [3]), caught(set_all, d, [3], 1), get_all({4: 1}, [4]), caught(has_all, [Raising()], [3])


def case_unhashable():
    return caught(get_all, {}, [[]]), caught(set_all, {}, [[]], 1), caught(has_all, {}, [{}]), caught(get_all, {}, [(1, [])])


def case_missing_keys():
    return caught(get_all, {}, [1]), caught(get_all, {"a": 1}, ["a", "b"]), caught(get_all, {1: 1}, [(1, 2)]), get_all(Missing(a=1), ["a", "b"])


def case_str_subclass_keys():
    d = {"a": 1, "b": 2}
    odd = {Str("a"): 3, "b": 4}
    return get_all(d, ["a", "b"]), has_all(d, [Str("a")]), has_all(odd, ["a", "b", "c"]), get_all(odd, ["a"])


def case_sequences():
    items = list(range(5))
    return (get_all(items, [0, -1, 4, -5, True]), get_all(tuple(items), [0, -1, 4]), get_all("abc", [0, -1]), get_all(range(9), [3, -1]),
            caught(get_all, items, [5]), caught(get_all, items, [-6]), caught(get_all, items, [2**70]), caught(get_all, items, ["a"]),
            caught(get_all, tuple(items), [9]), caught(get_all, items, [1.0]), set_all(items, [0, -1], "v"), items,
            caught(set_all, items, [5], 1), caught(set_all, (1, 2), [0], 1), get_all(b"abc", [0, -1]), get_all(items, [slice(1, 3)]))


def case_contains_kinds():
    nan = float("nan")
    return (has_all("abc", ["a", "", "d", "bc"]), caught(has_all, "abc", [1]), has_all([nan, 1], [nan, float("nan"), 1]), has_all((1, "a", None), [None, "a", 2]),
            has_all({1, "a"}, [1, "a", 2]), has_all(range(5), [3, 5, 2.0]), has_all([[1], [2]], [[1], 1]), caught(has_all, 5, [1]), has_all(b"ab", [97, b"b"]))


def case_counting(words):
    return count_words(words), list(count_words(words).items())


class Loud:
    log = []

    def __init__(self, n):
        self.n = n

    def __del__(self):
        Loud.log.append(self.n)


def put(container, key, n):
    for i in range(n):
        container[key] = Loud(i)
        Loud.log.append("put")


def case_values_die():
    Loud.log = []
    for _ in range(70):
        put({}, 1, 2)
    Loud.log = []
    put({"k": Loud("first")}, "k", 2)
    put([Loud("item")], 0, 2)
    return Loud.log


def case_lengths():
    def size(x):
        return len(x)

    class Sized:
        def __len__(self):
            return 3

    return [size(x) for x in ([1], (1, 2), {}, "abc", {1}, b"ab", range(4), Sized(), Missing(a=1), frozenset([1]))], caught(size, 5)


class Animal:
    kind = "animal"

    def __init__(self, name):
        self.name = name

    def speak(self, loud=False):
        return self.name + ("!" if loud else "")


class Dog(Animal):
    kind = "dog"

    def speak(self, loud=False):
        return "woof " + self.name


class Cat(Animal):
    __slots__ = ("lives",)

    def speak(self, loud=False):
        return "meow"


class Fish:
    __slots__ = ("name",)
    kind = "fish"

    def __init__(self, name):
        self.name = name

    def speak(self, loud=False):
        return self.name[::-1]


class Robot:
    kind = property(lambda self: "robot")

    def __init__(self, name):
        self.name = name
        self.speak = lambda loud=False: f"beep {loud}"


class Ghost:
    def __getattr__(self, name):
        return {"name": "ghost", "kind": "none"}.get(name) or (lambda loud=False: "boo")


class Exceptional(Exception):
    kind = "error"

    def __init__(self, name):
        super().__init__(name)
        self.name = name

    def speak(self, loud=False):
        return str(self)


def speak_all(animals):
    out = []
    for a in animals:
        out.append(a.speak())
        out.append(a.speak(loud=True))
        out.append(a.speak(False))
    return out


def name_all(animals):
    out = []
    for a in animals:
        out.append((a.name, a.kind))
    return out


def rename_all(animals, suffix):
    for a in animals:
        a.name = a.name + suffix
        a.tag = suffix
    return len(animals)


def zoo():
    return [Animal("a"), Dog("d"), Cat("c"), Robot("r"), Ghost(), Exceptional("e"), Animal("b"), Dog("dd")]


def case_many_classes():
    out = []
    for _ in range(70):
        animals = zoo()
        out = [speak_all(animals + [Fish("nemo")]), name_all(animals + [Fish("f")])]
        rename_all(animals, "+")
        out.append([list(vars(a).items())[:1] for a in animals])
        out.append(name_all(animals))
    out.append(caught(rename_all, [Fish("x")], "y"))
    return out[0], out[1], out[3], out[4]


def case_many_classes_change():
    for _ in range(70):
        speak_all(zoo())
        name_all(zoo())
    original = Animal.speak
    animals = zoo()
    animals[0].speak = lambda loud=False: "own"
    animals[1].__dict__["kind"] = "special"
    animals[6].__dict__ = {"name": "moved", "speak": lambda loud=False: "moved"}
    out = [speak_all(animals), name_all(animals)]
    Animal.speak = lambda self, loud=False: "patched"
    try:
        out.append(speak_all(zoo()))
    finally:
        Animal.speak = original
    out.append(speak_all(zoo()))
    out.append(caught(speak_all, [None]))
    out.append(caught(name_all, [3]))
    return out


def case_ever_new_classes():
    out = []
    for i in range(80):
        class Fresh:
            def __init__(self, name):
                self.name = name

            kind = i

            def speak(self, loud=False):
                return (self.kind, loud)

        animals = [Fresh("x"), Dog("d")]
        out.append((speak_all(animals), name_all(animals)))
    return out[-3:]


ARGS = {"case_counting": [(["a", "b", "a"],), ([1, 1.0, True, 2],), ([],), ([(1, 2), (1, 2)],)]}
