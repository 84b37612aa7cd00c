# SPDX-License-Identifier: Apache-2.0
"""Decoding against `dis` over the standard library: offsets, jumps, depths, lines, feedback."""

from __future__ import annotations

import dis
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from types import CodeType
from typing import Any

import pytest

testing = pytest.importorskip(
    "hone._testing", reason="the testing module is built with the developer build only"
)

MODULES = [
    "argparse",
    "ast",
    "base64",
    "bisect",
    "calendar",
    "collections/__init__",
    "configparser",
    "contextlib",
    "copy",
    "csv",
    "dataclasses",
    "datetime",
    "decimal",
    "difflib",
    "dis",
    "enum",
    "fractions",
    "functools",
    "gettext",
    "glob",
    "heapq",
    "html/parser",
    "inspect",
    "ipaddress",
    "json/decoder",
    "json/encoder",
    "logging/__init__",
    "mailbox",
    "numbers",
    "optparse",
    "os",
    "pathlib",
    "pdb",
    "pickle",
    "pickletools",
    "platform",
    "plistlib",
    "pprint",
    "random",
    "re/_compiler",
    "re/_parser",
    "shutil",
    "statistics",
    "string",
    "subprocess",
    "tarfile",
    "tempfile",
    "textwrap",
    "threading",
    "tokenize",
    "traceback",
    "turtle",
    "typing",
    "unittest/mock",
    "urllib/parse",
    "uuid",
    "xml/dom/minidom",
    "zipfile/__init__",
    "_pydecimal",
    "_pydatetime",
    "_strptime",
    "_pyio",
]

VANISH = {"CACHE", "RESUME", "NOT_TAKEN", "EXTENDED_ARG", "PRECALL", "KW_NAMES"}
# Pops and pushes of the normalised instructions; a callable takes (arg, extra).
JUMPS = {
    "Jump",
    "PopJumpIfTrue",
    "PopJumpIfFalse",
    "PopJumpIfNone",
    "PopJumpIfNotNone",
    "JumpIfTrueOrPop",
    "JumpIfFalseOrPop",
    "ForIter",
}


def nested(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from nested(constant)


def stdlib() -> Iterator[CodeType]:
    folder = Path(sysconfig.get_paths()["stdlib"])
    for name in MODULES:
        path = folder / f"{name}.py"
        if path.exists():
            yield from nested(compile(path.read_text(encoding="utf-8"), str(path), "exec"))


CODES = list(stdlib())


def test_there_is_enough_to_decode() -> None:
    assert len(CODES) > 3000


def test_offsets_lines_and_jumps_are_those_of_dis() -> None:
    for code in CODES:
        rows, _, _ = testing.decode(code)
        offsets = [row[3] for row in rows]
        assert offsets == sorted(offsets)
        at = {row[3]: row for row in rows}
        follow = following(code)
        start = None  # of the prefix that belongs to the next instruction
        for instruction in dis.get_instructions(code):
            if instruction.opname in ("EXTENDED_ARG", "KW_NAMES", "PRECALL"):
                start = instruction.offset if start is None else start
            if instruction.opname in VANISH:
                continue
            row = at.get((instruction.offset if start is None else start) // 2)
            start = None
            assert row is not None, instruction
            if instruction.opcode in dis.hasjrel and row[0] in JUMPS:
                target = rows[row[1]][3] if row[1] < len(rows) else None
                expected = int(instruction.argval) // 2
                if row[0] == "ForIter":
                    assert expected <= target <= expected + 1, (code, instruction)
                else:
                    assert follow[expected] == target, (code, instruction)


def following(code: CodeType) -> dict[int, int]:
    """For each unit where an instruction begins, the first at or behind it whose instruction is kept."""
    found: dict[int, int] = {}
    kept = -1
    for instruction in reversed(list(dis.get_instructions(code))):
        if instruction.opname not in VANISH - {"PRECALL", "KW_NAMES", "EXTENDED_ARG"}:
            kept = instruction.offset // 2
        found[instruction.offset // 2] = kept
    return found


def effect(row: Any) -> int | None:
    """The change of depth when the instruction does not jump; None where dis has to be asked."""
    op, arg, extra, *_ = row
    fixed = {
        "Nop": 0,
        "PopTop": -1,
        "PushNull": 1,
        "Copy": 1,
        "Swap": 0,
        "LoadConst": 1,
        "LoadFast": 1,
        "LoadFastCheck": 1,
        "LoadFastAndClear": 1,
        "StoreFast": -1,
        "DeleteFast": 0,
        "LoadDeref": 1,
        "StoreDeref": -1,
        "DeleteDeref": 0,
        "LoadClosure": 1,
        "MakeCell": 0,
        "CopyFreeVars": 0,
        "LoadGlobal": 1,
        "LoadGlobalNull": 2,
        "StoreGlobal": -1,
        "DeleteGlobal": 0,
        "LoadName": 1,
        "StoreName": -1,
        "DeleteName": 0,
        "UnaryPositive": 0,
        "UnaryNegative": 0,
        "UnaryNot": 0,
        "UnaryInvert": 0,
        "ToBool": 0,
        "BinaryOp": -1,
        "BinarySubscr": -1,
        "StoreSubscr": -3,
        "DeleteSubscr": -2,
        "BinarySlice": -2,
        "StoreSlice": -4,
        "CompareOp": -1,
        "CompareOpBool": -1,
        "IsOp": -1,
        "ContainsOp": -1,
        "LoadAttr": 0,
        "LoadMethod": 1,
        "StoreAttr": -2,
        "DeleteAttr": -1,
        "ListAppend": -1,
        "SetAdd": -1,
        "MapAdd": -2,
        "ListExtend": -1,
        "SetUpdate": -1,
        "DictUpdate": -1,
        "DictMerge": -1,
        "ListToTuple": 0,
        "FormatSimple": 0,
        "FormatWithSpec": -1,
        "ConvertValue": 0,
        "GetLen": 1,
        "Jump": 0,
        "PopJumpIfTrue": -1,
        "PopJumpIfFalse": -1,
        "PopJumpIfNone": -1,
        "PopJumpIfNotNone": -1,
        "JumpIfTrueOrPop": -1,
        "JumpIfFalseOrPop": -1,
        "LoadAssertionError": 1,
        "BeforeWith": 1,
        "LoadBuildClass": 1,
        "CallIntrinsic1": 0,
        "CallIntrinsic2": -1,
        "ForIter": 1,
        "SetFunctionAttribute": -1,
    }
    if op in fixed:
        return fixed[op]
    tables = {
        "BuildTuple": 1 - arg,
        "BuildList": 1 - arg,
        "BuildSet": 1 - arg,
        "BuildMap": 1 - 2 * arg,
        "BuildConstKeyMap": -arg,
        "BuildString": 1 - arg,
        "BuildSlice": 1 - arg,
        "UnpackSequence": arg - 1,
        "UnpackEx": (arg & 255) + (arg >> 8),
        "Call": -1 - arg,
        "EndFor": -extra,
        "FormatValue": -1 if arg & 4 else 0,
        "CallKw": -1 - arg - (1 if sys.version_info >= (3, 13) else 0),
        "GetIter": 1 if sys.version_info >= (3, 15) else 0,
        "PopIter": -2 if sys.version_info >= (3, 15) else -1,
    }
    return tables.get(op)


def depths(code: CodeType, rows: list[Any], unsupported: dict[int, str]) -> Iterator[int]:
    """Depth before each instruction reached from the start without handlers, checked where paths meet."""
    seen: dict[int, int] = {}
    work = [(0, 0)]
    while work:
        index, depth = work.pop()
        while index < len(rows):
            if index in seen:
                assert seen[index] == depth, (code, index, rows[index])
                break
            seen[index] = depth
            yield depth
            row = rows[index]
            op = row[0]
            change = effect(row)
            if change is None or index in unsupported:
                break  # left to the interpreter: what follows is reached by its own rules
            if op == "Jump":
                index = row[1]
                continue
            if op == "ForIter":
                work.append((row[1], depth - row[2]))
            elif op in ("JumpIfTrueOrPop", "JumpIfFalseOrPop"):
                work.append((row[1], depth))
            elif op in JUMPS:
                work.append((row[1], depth - 1))
            depth += change
            index += 1


def test_depths_stay_within_the_stack() -> None:
    reached = total = 0
    for code in CODES:
        rows, unsupported, size = testing.decode(code)
        for depth in depths(code, rows, dict(unsupported)):
            assert 0 <= depth <= size, code
            reached += 1
        total += len(rows)
    assert reached > total * 0.4


def test_most_opcodes_are_known() -> None:
    rows = unknown = 0
    names: set[str] = set()
    for code in CODES:
        decoded, unsupported, _ = testing.decode(code)
        rows += len(decoded)
        unknown += len(unsupported)
        names |= {name for _, name in unsupported}
    assert unknown < rows * 0.06, sorted(names)
    assert not {name for name in names if name.startswith("<")}


def test_feedback_comes_from_warm_code() -> None:
    def warm(items: list[float], n: int) -> float:
        total = 0.0
        for i in range(n):
            total = total + items[i]
        return total

    seen = {(row[0], row[5]) for row in testing.decode(warm)[0]}
    assert all(value == 0 for _, value in seen)
    testing.decline(warm)
    for _ in range(100):
        warm([1.0] * 20, 20)
    ops = {row[0]: row[5] for row in testing.decode(warm)[0]}
    int_, float_, list_int = 1, 2, 4
    assert ops["BinaryOp"] == float_
    assert ops["BinarySubscr"] == list_int
    assert int_ not in (ops["BinaryOp"],)
