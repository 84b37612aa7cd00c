# SPDX-License-Identifier: Apache-2.0
"""Compares what a body did under a variant with what it did plainly.

Every comparator answers with differences, never with a bool: a difference names its kind, the row,
and shows both sides at the first place where they part.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from tests.conform.body import Declarations
from tests.conform.runner import BodyRun

FIELDS = (
    "value",
    "exception",
    "traceback",
    "locals",
    "stdout",
    "stderr",
    "warnings",
    "unraisable",
    "arguments",
)
WINDOW = 160


@dataclass(frozen=True)
class Difference:
    kind: str
    row: str
    detail: str

    def __str__(self) -> str:
        return f"[{self.kind}] {self.row}: {self.detail}"


def compare(plain: BodyRun, other: BodyRun) -> list[Difference]:
    """All differences of two runs of one body, crashes of either side first."""
    out = [Difference("plain-crash", row, text) for row, text in plain.crashes.items()]
    out += [Difference("crash", row, text) for row, text in other.crashes.items()]
    for row, records in plain.records.items():
        if row in other.crashes:
            continue
        if row not in other.records:
            out.append(Difference("missing", row, "this row did not run"))
        else:
            out += _records(row, _expanded(records), _expanded(other.records[row]))
    out += [
        Difference("extra", row, "runs only here")
        for row in other.records
        if row not in plain.records
    ]
    for case, found in other.leaks.items():
        if case in plain.leaks:  # else it took too long, there or on a machine that was busy
            out += _leaks(case, plain.leaks[case], found)
    return out


def compare_threads(plain: BodyRun, other: BodyRun) -> list[Difference]:
    """Each thread's last outcome against the plain one. Streams and warnings are the process's."""
    out = [Difference("crash", row, text) for row, text in other.crashes.items()]
    for row, records in other.records.items():
        expected = _expanded(plain.records[row])[-1]
        for index, record in enumerate(records):
            want = {name: value for name, value in expected.items() if name in record}
            out += _fields(f"{row} in thread {index}", want, record)
    return out


def compare_compiled(declared: Declarations, run: BodyRun) -> list[Difference]:
    """Functions a body promises to be compiled, and what became of them instead."""
    states = {row["qualname"]: row for row in run.report}
    out = []
    for name in sorted(declared.expect_compiled):
        row = states.get(name)
        if row is None:
            out.append(Difference("not-compiled", name, "not in the compiler's report"))
        elif row["state"] != "compiled":
            out.append(Difference("not-compiled", name, f"{row['state']}: {row.get('reason')}"))
    return out


def _expanded(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    out: list[dict[str, Any]] = []
    for record in records:
        out.append(out[-1] if "same" in record else record)
    return out


def _records(
    row: str, plain: list[dict[str, Any]], other: list[dict[str, Any]]
) -> list[Difference]:
    for index, (expected, got) in enumerate(zip(plain, other, strict=False)):
        found = _fields(f"{row} at call {2**index - 1}", expected, got)
        if found:
            return found
    return []


def _fields(where: str, expected: dict[str, Any], got: dict[str, Any]) -> list[Difference]:
    out = []
    for name in FIELDS:
        if expected.get(name) != got.get(name):
            out.append(Difference(name, where, first_difference(expected.get(name), got.get(name))))
    return out


def first_difference(expected: object, got: object) -> str:
    """Both sides around the first character where they part."""
    left = expected if isinstance(expected, str) else json.dumps(expected, ensure_ascii=False)
    right = got if isinstance(got, str) else json.dumps(got, ensure_ascii=False)
    if len(left) < 2 * WINDOW and len(right) < 2 * WINDOW:
        return f"plain {left} | here {right}"
    at = next(
        (i for i, (a, b) in enumerate(zip(left, right, strict=False)) if a != b),
        min(len(left), len(right)),
    )
    low = max(0, at - WINDOW // 2)
    return f"at {at}: plain …{left[low : low + WINDOW]}… | here …{right[low : low + WINDOW]}…"


def _leaks(case: str, plain: dict[str, int], other: dict[str, int]) -> list[Difference]:
    out = []
    for name, growth in other.items():
        usual = plain.get(name, 0)
        if growth != usual:
            out.append(
                Difference(
                    "leak", case, f"{name}: {growth:+d} a call of its table (plain {usual:+d})"
                )
            )
    return out
