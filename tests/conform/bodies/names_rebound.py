# SPDX-License-Identifier: Apache-2.0
"""Globals, builtins and module attributes that change after the code that uses them was compiled:
between calls, in the middle of a loop by a callee, by every road that leads into a dict."""

import builtins
import math
import types
from unittest import mock

EXPECT_COMPILED = {"uses_helper", "uses_constant", "uses_len", "uses_sqrt", "loop_while_rebound"}
ALONE = {
    "case_function_rebound": "rebinds a global",
    "case_constant_rebound": "rebinds a global",
    "case_constant_changes_type": "rebinds a global",
    "case_builtin_shadowed": "shadows a builtin",
    "case_builtin_patched": "patches builtins",
    "case_builtin_deleted": "patches builtins",
    "case_module_attribute": "patches math",
    "case_module_attribute_deleted": "patches math",
    "case_module_rebound": "rebinds a global",
    "case_in_the_middle_of_a_loop": "rebinds a global",
    "case_rebound_by_every_road": "rebinds a global",
    "case_deleted": "deletes a global",
    "case_mock_patch": "patches a global",
    "case_mock_patch_dict": "patches a global",
    "case_rebound_by_a_finaliser": "rebinds a global",
    "case_rebound_by_an_operator": "rebinds a global",
    "case_rebound_in_a_comparison": "rebinds a global",
    "case_rebound_by_iteration": "rebinds a global",
    "case_default_and_code_replaced": "replaces a function's code",
    "case_many_times": "rebinds a global",
    "case_other_globals": "makes functions over a dict of its own",
    "case_global_statement": "rebinds a global",
    "case_recursive_rebinding": "rebinds a global",
    "case_odd_keys": "puts odd keys into the globals",
}

CONSTANT = 5


def helper(x):
    return x + 1


def other_helper(x):
    return x * 100


def uses_helper(n):
    total = 0
    for i in range(n):
        total += helper(i)
    return total


def uses_constant(n):
    total = 0
    for _ in range(n):
        total = total * 10 + CONSTANT
    return total


def uses_len(x):
    return len(x)


def uses_sqrt(x):
    return math.sqrt(x)


def case_function_rebound():
    global helper
    out = [uses_helper(4)]
    kept = helper
    helper = other_helper
    out.append(uses_helper(4))
    helper = len
    try:
        out.append(uses_helper(4))
    except TypeError as error:
        out.append(str(error))
    helper = kept
    out.append(uses_helper(4))
    return out


def case_constant_rebound():
    global CONSTANT
    out = [uses_constant(3)]
    CONSTANT += 1
    out.append(uses_constant(3))
    CONSTANT = 5
    out.append(uses_constant(3))
    return out


def case_constant_changes_type():
    global CONSTANT
    out = []
    for value in (5, 2.5, True, 2**70, "x", None, (1,), 5):
        CONSTANT = value
        try:
            out.append(uses_constant(3))
        except TypeError as error:
            out.append(str(error))
    return out


def case_builtin_shadowed():
    out = [uses_len([1, 2])]
    globals()["len"] = lambda x: ("shadow", x)
    out.append(uses_len([1, 2]))
    del globals()["len"]
    out.append(uses_len([1, 2]))
    return out


def case_builtin_patched():
    out = [uses_len([1, 2])]
    kept = builtins.len
    builtins.len = lambda x: "patched"
    try:
        out.append(uses_len([1, 2]))
    finally:
        builtins.len = kept
    out.append(uses_len([1, 2]))
    return out


def case_builtin_deleted():
    kept = builtins.ord
    out = [uses_ord("a")]
    del builtins.ord
    try:
        out.append(uses_ord("a"))
    except NameError as error:
        out.append(str(error))
    finally:
        builtins.ord = kept
    out.append(uses_ord("a"))
    return out


def uses_ord(x):
    return ord(x) + 1


def case_module_attribute():
    out = [uses_sqrt(4.0)]
    kept = math.sqrt
    math.sqrt = lambda x: ("patched", x)
    try:
        out.append(uses_sqrt(4.0))
    finally:
        math.sqrt = kept
    out.append(uses_sqrt(4.0))
    return out


def case_module_attribute_deleted():
    kept = math.sqrt
    del math.sqrt
    try:
        return uses_sqrt(4.0)
    except AttributeError as error:
        return str(error)
    finally:
        math.sqrt = kept


def case_module_rebound():
    global math
    kept = math
    out = [uses_sqrt(9.0)]
    math = types.SimpleNamespace(sqrt=lambda x: ("namespace", x))
    try:
        out.append(uses_sqrt(9.0))
    finally:
        math = kept
    out.append(uses_sqrt(9.0))
    return out


def set_constant(value):
    globals()["CONSTANT"] = value


def loop_while_rebound(n):
    seen = []
    for i in range(n):
        seen.append((CONSTANT, helper(i)))
        if i == n // 2:
            set_constant(i + 0.5)
        seen.append(CONSTANT)
    return seen


def case_in_the_middle_of_a_loop():
    try:
        return loop_while_rebound(6)
    finally:
        set_constant(5)


def _set_item(names):
    names["CONSTANT"] = 1


def _update(names):
    names.update(CONSTANT=2)


def _update_mapping(names):
    names.update({"CONSTANT": 3})


def _or(names):
    names |= {"CONSTANT": 4}


def _pop(names):
    names.pop("CONSTANT")
    names.setdefault("CONSTANT", 6)


def _exec(names):
    exec("CONSTANT = 7", names)


def _exec_def(names):
    exec("def helper(x):\n    return -x", names)


def _dunder(names):
    names.__setitem__("CONSTANT", 8)


def _loop(names):
    for names["CONSTANT"] in (9, 10):
        pass


def _delete_and_add(names):
    del names["CONSTANT"]
    names["CONSTANT"] = 11


def case_rebound_by_every_road():
    names = globals()
    kept, out = helper, []
    roads = (
        _set_item, _update, _update_mapping, _or, _pop, _exec, _exec_def, _dunder, _loop,
        _delete_and_add,
    )  # fmt: skip
    try:
        for road in roads:
            before = uses_constant(2), uses_helper(3)
            road(names)
            out.append((before, uses_constant(2), uses_helper(3)))
    finally:
        names["CONSTANT"] = 5
        names["helper"] = kept
    return out


def case_deleted():
    global CONSTANT
    del CONSTANT
    try:
        return uses_constant(3)
    except NameError as error:
        return str(error)
    finally:
        CONSTANT = 5


def case_mock_patch():
    out = [uses_helper(3), uses_sqrt(16.0)]
    with mock.patch("math.sqrt", return_value="mocked"):
        out.append(uses_sqrt(16.0))
    with mock.patch.object(math, "sqrt", lambda x: -x):
        out.append(uses_sqrt(16.0))
    out += [uses_helper(3), uses_sqrt(16.0)]
    return out


def case_mock_patch_dict():
    out = [uses_helper(3)]
    with mock.patch.dict(globals(), {"helper": lambda x: 7, "CONSTANT": 1}):
        out.append(uses_helper(3))
        out.append(uses_constant(3))
    out.append(uses_helper(3))
    out.append(uses_constant(3))
    return out


class Rebinds:
    def __init__(self, value):
        self.value = value

    def __del__(self):
        globals()["CONSTANT"] = self.value

    def __add__(self, other):
        globals()["CONSTANT"] = self.value
        return self

    def __lt__(self, other):
        globals()["CONSTANT"] = self.value
        return True

    def __iter__(self):
        for i in range(3):
            globals()["CONSTANT"] = self.value + i
            yield i


def _finaliser(n):
    out = []
    for i in range(n):
        thing = Rebinds(i * 10)
        out.append(CONSTANT)
        thing = None
        out.append(CONSTANT)
    return out, thing


def case_rebound_by_a_finaliser():
    try:
        return _finaliser(4)
    finally:
        set_constant(5)


def _operator(thing):
    before = CONSTANT
    thing = thing + 1
    return before, CONSTANT


def case_rebound_by_an_operator():
    try:
        thing = Rebinds(77)
        return _operator(thing), _operator(thing)
    finally:
        thing = None
        set_constant(5)


def _comparison(thing):
    before = CONSTANT
    if thing < 3:
        return before, CONSTANT
    return None


def case_rebound_in_a_comparison():
    try:
        thing = Rebinds(78)
        return _comparison(thing)
    finally:
        thing = None
        set_constant(5)


def _iteration(thing):
    out = []
    for item in thing:
        out.append((item, CONSTANT))
    return out


def case_rebound_by_iteration():
    try:
        thing = Rebinds(79)
        return _iteration(thing)
    finally:
        thing = None
        set_constant(5)


def inlined(x, y=2):
    return x * y


def uses_inlined(n):
    total = 0
    for i in range(n):
        total += inlined(i) + inlined(i, 5)
    return total


def replacement(x, y=3):
    return x - y


def case_default_and_code_replaced():
    code, defaults = inlined.__code__, inlined.__defaults__
    out = [uses_inlined(4)]
    inlined.__defaults__ = (9,)
    out.append(uses_inlined(4))
    inlined.__code__ = replacement.__code__
    out.append(uses_inlined(4))
    inlined.__defaults__ = None
    try:
        out.append(uses_inlined(4))
    except TypeError as error:
        out.append(str(error))
    inlined.__code__, inlined.__defaults__ = code, defaults
    out.append(uses_inlined(4))
    return out


def case_many_times():
    global CONSTANT
    out = []
    for i in range(60):
        CONSTANT = i
        out.append(uses_constant(2))
    CONSTANT = 5
    return out


def case_other_globals():
    out = []
    for constant in (1, 2.0, "s"):
        names = {"CONSTANT": constant, "__builtins__": builtins}
        function = types.FunctionType(uses_constant.__code__, names, "other")
        try:
            out.append(function(2))
        except TypeError as error:
            out.append(str(error))
        names.clear()
        try:
            out.append(function(2))
        except NameError as error:
            out.append(str(error))
    out.append(uses_constant(2))
    limited = types.FunctionType(
        uses_len.__code__, {"__builtins__": {"len": lambda x: "limited"}}, "limited"
    )
    out.append(limited([]))
    return out


def counts(n):
    global CONSTANT
    for _ in range(n):
        CONSTANT += 1
    return CONSTANT


def case_global_statement():
    try:
        return counts(5), counts(3), uses_constant(2)
    finally:
        set_constant(5)


def recursive(n):
    global CONSTANT
    if n == 0:
        return []
    before = CONSTANT
    CONSTANT = n
    rest = recursive(n - 1)
    return [(before, CONSTANT), *rest]


def case_recursive_rebinding():
    try:
        return recursive(5)
    finally:
        set_constant(5)


class Odd(str):
    pass


def case_odd_keys():
    names = globals()
    out = [uses_constant(2)]
    names[Odd("CONSTANT")] = 3
    out.append(uses_constant(2))
    names["CONSTANT"] = 5
    names[17] = 1
    del names[17]
    out.append(uses_constant(2))
    return out
