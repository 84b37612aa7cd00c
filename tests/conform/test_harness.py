# SPDX-License-Identifier: Apache-2.0
"""The harness can fail: each kind of difference, injected into a body, is found and named."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conform.body import Declarations
from tests.conform.compare import compare, compare_compiled
from tests.conform.configs import Variant, variants
from tests.conform.runner import BodyRun, run

BODY = """\
KEPT = []


def case_value(x=3):
    print("out")
    return [x + 1, -0.0, True]


def case_raises():
    a = 5
    return (a + 1) / 0


def case_keeps():
    return None
"""
FAULTS = [
    ("[x + 1,", "[x + 2,", "value"),
    ("-0.0", "0.0", "value"),
    ("True", "1", "value"),
    ('print("out")', 'print("ouT")', "stdout"),
    ("print(", "__import__('warnings').warn('w'); print(", "warnings"),
    ("/ 0", "/ 0.0", "exception"),
    ("return (a", "return  (a", "exception"),
    ("a = 5", "a = 5.0", "locals"),
    ("return None", "KEPT.append(object())", "leak"),
    ("return None", "__import__('os').kill(__import__('os').getpid(), 11)", "crash"),
    ("def case_keeps", "def keeps", "missing"),
]


def outcome(tmp_path: Path, old: str, new: str) -> tuple[BodyRun, BodyRun]:
    path = tmp_path / "faulty.py"
    path.write_text(BODY, encoding="utf-8")
    plain = run([path], Variant("plain", engine="plain"))["faulty"]
    other = run([path], Variant("text", engine="text", settings={"old": old, "new": new}))["faulty"]
    return plain, other


@pytest.mark.parametrize(("old", "new", "kind"), FAULTS)
def test_an_injected_difference_is_found(tmp_path: Path, old: str, new: str, kind: str) -> None:
    plain, other = outcome(tmp_path, old, new)
    assert kind in {difference.kind for difference in compare(plain, other)}


def test_no_difference_without_a_fault(tmp_path: Path) -> None:
    assert compare(*outcome(tmp_path, "KEPT", "KEPT")) == []


def test_a_crash_costs_its_row_only(tmp_path: Path) -> None:
    _, other = outcome(tmp_path, "a = 5", "__import__('os').abort()")
    assert set(other.crashes) == {"case_raises"}
    assert {"case_value", "case_keeps"} <= set(other.records)


def test_what_stays_interpreted_is_named() -> None:
    report = [
        {"qualname": "f", "state": "interpreted", "reason": "yields"},
        {"qualname": "g", "state": "compiled"},
    ]
    found = compare_compiled(Declarations(expect_compiled=frozenset("fgh")), BodyRun(report=report))
    assert [difference.row for difference in found] == ["f", "h"]


def test_configurations_parse_and_have_distinct_names() -> None:
    for long in (False, True):
        names = [variant.name for variant in variants(long)]
        assert len(names) == len(set(names)) >= 5
