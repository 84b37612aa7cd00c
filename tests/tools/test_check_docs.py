# SPDX-License-Identifier: Apache-2.0
"""The checker of documents notices names that no longer exist, and this tree's pages have none."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
_spec = importlib.util.spec_from_file_location("check_docs", ROOT / "tools" / "check_docs.py")
assert _spec is not None and _spec.loader is not None
docs = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(docs)


@pytest.mark.parametrize(
    "code",
    ["tools/devkit/no_such_file.py", "src/attic/", "src/{ir,attic}/", "no_such_function_at_all()"],
)
def test_notices_a_name_that_is_gone(code: str) -> None:
    assert docs.problem_with(code) is not None


@pytest.mark.parametrize(
    "code",
    [
        "tools/devkit/shell.py",
        "src/ir/",
        "src/{ir,base}/",
        "tests/unit/<room>/",
        "needed_libraries()",
        "make test",
        "x / y",
    ],
)
def test_lets_pass_what_exists_and_what_is_no_name(code: str) -> None:
    assert docs.problem_with(code) is None


def test_pages_name_only_what_exists() -> None:
    assert [problem for page in docs.documents() for problem in docs.check(page)] == []
