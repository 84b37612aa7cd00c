# SPDX-License-Identifier: Apache-2.0
"""What a global function's name stands for changes while its callers run."""

EXPECT_COMPILED = {"sum_of_current", "case_redefined_in_loop", "case_deleted_in_loop"}


def current():
    return 1


def sum_of_current(n, at, change):
    total = 0
    for i in range(n):
        total += current()
        if i == at:
            change()
    return total


def restore():
    exec("def current():\n    return 1\n", globals())


def to_hundred():
    exec("def current():\n    return 100\n", globals())


def to_raising():
    exec("def current():\n    raise KeyError('current')\n", globals())


def case_redefined_in_loop():
    try:
        return sum_of_current(10, 5, to_hundred), sum_of_current(4, 9, to_hundred)
    finally:
        restore()


def case_redefined_to_raise():
    try:
        return sum_of_current(10, 5, to_raising)
    finally:
        restore()


def forget():
    del globals()["current"]


def case_deleted_in_loop():
    try:
        return sum_of_current(10, 5, forget)
    finally:
        restore()


def other_code():
    return 7


def swap_code():
    current.__code__, other_code.__code__ = other_code.__code__, current.__code__


def case_code_swapped_in_loop():
    try:
        return sum_of_current(10, 5, swap_code), other_code()
    finally:
        swap_code()


def with_default(x=1):
    return x * 10


def change_default():
    with_default.__defaults__ = (5,)


def drop_default():
    with_default.__defaults__ = None


def case_default_changed_in_loop(at, change):
    with_default.__defaults__ = (1,)
    total = []
    for i in range(6):
        total.append(with_default())
        if i == at:
            change()
    return total


def keyword_default(*, x=1):
    return x * 10


def change_keyword_default():
    keyword_default.__kwdefaults__["x"] = 5


def replace_keyword_defaults():
    keyword_default.__kwdefaults__ = {"x": 6}


def case_keyword_default_changed(at, change):
    keyword_default.__kwdefaults__ = {"x": 1}
    total = []
    for i in range(6):
        total.append(keyword_default())
        if i == at:
            change()
    return total


def shadowed(values):
    total = 0
    for v in values:
        total += len(v)
        if v == "shadow":
            globals()["len"] = lambda _: 1000
    return total


def case_builtin_shadowed():
    try:
        return shadowed(["a", "bb", "shadow", "ccc", "d"])
    finally:
        globals().pop("len", None)


class Strange(str):
    """A key that equals the name without being it."""

    def __hash__(self):
        return hash("current")

    def __eq__(self, other):
        return str(other) == "current"


def strange_key():
    globals()[Strange("not it")] = other_code


def case_rebound_by_equal_key():
    try:
        return sum_of_current(6, 2, strange_key)
    finally:
        restore()


ARGS = {
    "case_default_changed_in_loop": [(2, change_default), (2, drop_default), (9, drop_default)],
    "case_keyword_default_changed": [(2, change_keyword_default), (2, replace_keyword_defaults)],
}
ALONE = {
    "case_redefined_in_loop": "it rebinds the module's own names",
    "case_redefined_to_raise": "it rebinds the module's own names",
    "case_deleted_in_loop": "it rebinds the module's own names",
    "case_code_swapped_in_loop": "it rebinds the module's own names",
    "case_default_changed_in_loop": "it rebinds the module's own names",
    "case_keyword_default_changed": "it rebinds the module's own names",
    "case_builtin_shadowed": "it rebinds the module's own names",
    "case_rebound_by_equal_key": "it rebinds the module's own names",
}
