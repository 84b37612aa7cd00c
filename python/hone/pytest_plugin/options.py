# SPDX-License-Identifier: Apache-2.0
"""The options of the fixture, by the names and with the meanings of pytest-benchmark 5.3, and ours."""

from __future__ import annotations

import sys
from argparse import ArgumentTypeError
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from importlib import import_module
from pathlib import Path
from typing import Any

from hone.pytest_plugin import checks, names

COLUMNS = ("min", "max", "mean", "stddev", "median", "iqr", "outliers", "ops", "rounds", "iterations")  # fmt: skip
SORTS = ("min", "max", "mean", "stddev", "name", "fullname")
PROFILE_COLUMNS = ("ncalls_recursion", "ncalls", "tottime", "tottime_per", "cumtime", "cumtime_per", "function_name")  # fmt: skip
UNITS = ("ns", "us", "ms", "s", "auto")
CLOCK = "time.perf_counter"

# What @pytest.mark.benchmark may say.
MARKS = frozenset(
    {
        "calibration_precision",
        "confidence",
        "cprofile",
        "disable_gc",
        "group",
        "max_time",
        "min_rounds",
        "min_time",
        "precision",
        "timer",
        "warmup",
        "warmup_iterations",
    }
)


def seconds(word: str) -> str:
    """The word itself: headers show it as it was written."""
    try:
        number = Decimal(word)
    except InvalidOperation as error:
        raise ArgumentTypeError(f"Invalid decimal value {word!r}: {error!r}") from None
    if not number.is_finite() or number < 0:
        raise ArgumentTypeError(f"{word} is not a number of seconds")
    return word


def rounds(word: str) -> int:
    try:
        number = int(word)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from None
    if number < 1:
        raise ArgumentTypeError("Value for --benchmark-rounds must be at least 1.")
    return number


def fraction(word: str) -> float:
    try:
        number = float(word)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from None
    if not 0 < number < 1:
        raise ArgumentTypeError(f"{word} is not a share between 0 and 1")
    return number


def loops(word: str) -> int | None:
    """None: as many as a round has."""
    if word == "auto":
        return None
    if not word.isdecimal() or int(word) < 1:
        raise ArgumentTypeError(f"{word!r} is neither `auto` nor a number above 0")
    return int(word)


def warmup(word: str) -> bool:
    match word.lower().strip():
        case "auto":
            return sys.implementation.name == "pypy"
        case "on" | "true" | "yes" | "":
            return True
        case "off" | "false" | "no":
            return False
    raise ArgumentTypeError(f"{word!r} is none of auto, on, off")


def timer(word: str) -> str:
    clock(word)
    return word


def clock(word: str) -> Callable[[], float]:
    module, dot, name = word.rpartition(".")
    if not dot:
        raise ArgumentTypeError(
            "Value for --benchmark-timer must be in dotted form. Eg: 'module.attr'."
        )
    try:
        # pep418 was a package of what the module time has had since 3.3.
        found: Callable[[], float] = getattr(import_module(module.replace("pep418", "time")), name)
    except (ImportError, AttributeError) as error:
        raise ArgumentTypeError(f"there is no timer {word}: {error}") from None
    return found


def name_of(function: Any) -> str:
    """As files and headers show a timer: with its module."""
    module = getattr(function, "__module__", None)
    name = getattr(function, "__name__", None) or repr(function)
    return f"{module}.{name}" if module else name


def short_name(function: Any) -> str:
    function = getattr(function, "func", function)  # of a functools.partial
    return str(getattr(function, "__name__", function))


def sort(word: str) -> str:
    word = word.lower().strip()
    if word not in SORTS:
        raise ArgumentTypeError(
            f"Unacceptable value: {word!r}. Value for --benchmark-sort must be one of: "
            f"{', '.join(map(repr, SORTS))}."
        )
    return word


def columns(word: str) -> list[str]:
    chosen = [part.strip() for part in word.lower().split(",")]
    unknown = [part for part in chosen if part not in COLUMNS]
    if unknown:
        raise ArgumentTypeError(f"no columns: {', '.join(unknown)}; there are {', '.join(COLUMNS)}")
    return chosen


def name_format(word: str) -> str:
    word = word.lower().strip()
    if word not in names.FORMATS:
        raise ArgumentTypeError(f"{word!r} is none of {', '.join(names.FORMATS)}")
    return word


def save_name(word: str) -> str:
    bad = sorted(set(word) & set(r"\/:*?<>|"))
    if bad or not word:
        raise ArgumentTypeError(f"{word!r} can't be a part of a file's name")
    return word


def add(parser: Any) -> None:
    """All options into pytest's PARSER."""
    group = parser.getgroup("benchmark")
    for name, how in KNOWN.items():
        group.addoption(f"--benchmark-{name}", **how)
    group = parser.getgroup("hone", "hone's additions to the fixture `benchmark`")
    group.addoption(
        "--hone-compare-fail",
        action="append",
        default=[],
        metavar="median:P%",
        type=checks.sure,
        help="fail what is slower than the compared run by more than P %% of the median for sure: all of "
        "the interval lies beyond it",
    )
    group.addoption(
        "--hone-no-intervals",
        action="store_true",
        help="leave the medians with their intervals out of the report",
    )


_FLAG: dict[str, Any] = {"action": "store_true", "default": False}

_MEASURING: dict[str, dict[str, Any]] = {
    "min-time": {"metavar": "SECONDS", "type": seconds, "default": "0.000005",
        "help": "a round takes at least so long. Default: %(default)r"},
    "max-time": {"metavar": "SECONDS", "type": seconds, "default": "1.0",
        "help": "rounds are made for so long, but at least --benchmark-min-rounds of them. Default: %(default)r"},
    "min-rounds": {"metavar": "NUM", "type": rounds, "default": 5,
        "help": "at least so many rounds. Default: %(default)r"},
    "precision": {"metavar": "FRACTION", "type": fraction, "default": None,
        "help": "stop as soon as the mean's relative error is below this, as 0.02"},
    "confidence": {"metavar": "FRACTION", "type": fraction, "default": 0.99,
        "help": "the level of that error. Default: %(default)r"},
    "timer": {"metavar": "FUNC", "type": timer, "default": CLOCK,
        "help": "the clock, as module.function. Default: %(default)r"},
    "calibration-precision": {"metavar": "NUM", "type": int, "default": 10,
        "help": "a round is at least so many steps of the clock long. Default: %(default)r"},
    "warmup": {"metavar": "KIND", "nargs": "?", "type": warmup, "default": warmup("auto"), "const": True,
        "help": "on, off or auto: whether untimed calls come first; auto: on PyPy only"},
    "warmup-iterations": {"metavar": "NUM", "type": int, "default": 100000,
        "help": "so many of them at most. Default: %(default)r"},
    "disable-gc": {**_FLAG, "help": "no garbage collection while the clock runs"},
}  # fmt: skip
_CHOOSING: dict[str, dict[str, Any]] = {
    "skip": {**_FLAG, "help": "skip tests with the fixture"},
    "disable": {**_FLAG, "help": "call what they time once, without a clock"},
    "enable": {**_FLAG, "help": "undo --benchmark-disable"},
    "only": {**_FLAG, "help": "skip tests without it; stronger than --benchmark-skip"},
}
_FILES: dict[str, dict[str, Any]] = {
    "save": {"metavar": "NAME", "type": save_name, "help": "keep the results as STORAGE/MACHINE/NNNN_NAME.json"},
    "autosave": {**_FLAG, "help": "the same, named by commit and time"},
    "save-data": {**_FLAG, "help": "with the times of all rounds"},
    "json": {"metavar": "PATH", "type": Path, "help": "write the results there, with the times of all rounds"},
    "compare": {"metavar": "NUM|_ID", "nargs": "?", "default": [], "const": True,
        "help": "show a kept run beside this one: the last, or the one of that number"},
    "compare-fail": {"metavar": "EXPR", "nargs": "+", "type": checks.parse,
        "help": "fail when a figure is worse by more, as min:5%% or mean:0.001 (seconds)"},
    "cprofile": {"metavar": "COLUMN", "choices": PROFILE_COLUMNS, "default": None,
        "help": f"profile the calls, too, and sort by one of {', '.join(PROFILE_COLUMNS)}"},
    "cprofile-loops": {"metavar": "LOOPS", "type": loops, "default": 1, "help": "calls to profile, or auto"},
    "cprofile-top": {"metavar": "COUNT", "type": int, "default": 25, "help": "rows to show"},
    "cprofile-dump": {"metavar": "FILENAME-PREFIX", "nargs": "?", "action": "append", "default": [], "const": "",
        "help": "write PREFIX-TEST.prof for each"},
    "storage": {"metavar": "URI", "default": "file://./.benchmarks",
        "help": "the folder of kept runs, file://PATH. Default: %(default)r."},
}  # fmt: skip
_SHOWING: dict[str, dict[str, Any]] = {
    "verbose": {**_FLAG, "help": "tell what is done"},
    "quiet": {**_FLAG, "help": "no report"},
    "sort": {"metavar": "COL", "type": sort, "default": "min",
        "help": f"the order of rows: {', '.join(SORTS)}. Default: %(default)r"},
    "group-by": {"metavar": "LABEL", "default": "group",
        "help": "which are a table: group, name, func, fullname, fullfunc, param or param:NAME, or several "
        "with commas. Default: %(default)r"},
    "columns": {"metavar": "LABELS", "type": columns, "default": None,
        "help": f"with commas, of {', '.join(COLUMNS)}"},
    "name": {"metavar": "FORMAT", "type": name_format, "default": "normal",
        "help": f"how tests are named: {', '.join(names.FORMATS)}. Default: %(default)r"},
    "time-unit": {"metavar": "UNIT", "choices": UNITS, "default": None, "help": f"{', '.join(UNITS)}"},
    "histogram": {"metavar": "FILENAME-PREFIX", "nargs": "?", "action": "append", "default": [], "const": "",
        "help": "draw the rounds of each group as boxes, into PREFIX-GROUP.svg"},
}  # fmt: skip

# Name without --benchmark- -> what argparse is told.
KNOWN = {**_MEASURING, **_CHOOSING, **_FILES, **_SHOWING}
