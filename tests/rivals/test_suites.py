# SPDX-License-Identifier: Apache-2.0
"""A sample of the rivals' own tests; `./dev rivals` runs all of them."""

from __future__ import annotations

import pytest

from tests.rivals import foreign

SUITES = foreign.suites()


@pytest.mark.parametrize("name", SUITES)
def test_the_sample_of_a_rival(name: str) -> None:
    suite = SUITES[name]
    try:
        found = foreign.run(suite, suite.sample)
    except foreign.Unreachable as error:
        pytest.skip(f"{suite.project}'s tests could not be fetched from PyPI: {error}")
    assert found.wrong(suite, whole=False) == [], found.closing


@pytest.mark.parametrize("name", SUITES)
def test_reasons_are_stated(name: str) -> None:
    suite = SUITES[name]
    assert set(suite.sample) <= set(suite.files)
    assert not set(suite.files) & suite.left_out.keys()
    assert all(len(reason) > 20 for reason in (*suite.expected.values(), *suite.left_out.values()))


def test_what_is_not_listed_is_wrong() -> None:
    suite = foreign.Suite("x", "x", "1", "x", [], [], {"test_a": "why", "test_b": "why"})
    found = foreign.Result({"test_b"}, {"test_a", "test_c"}, "")
    assert found.wrong(suite, whole=True) == [
        "test_c fails",
        "test_b passes, though it is listed as failing",
    ]
    assert foreign.Result(set(), {"test_b"}, "").wrong(suite, whole=True) == [
        "test_a is listed, but there is no such test"
    ]
