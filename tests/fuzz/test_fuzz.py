# SPDX-License-Identifier: Apache-2.0
"""The generator repeats itself, the shrinker shrinks, what was once found stays fixed."""

from __future__ import annotations

import ast

import pytest

from tests.conform.configs import variants
from tests.fuzz.__main__ import FOUND, differs
from tests.fuzz.generate import Generator
from tests.fuzz.shrink import shrink


def test_the_same_seed_gives_the_same_program() -> None:
    programs = [Generator(seed).program() for seed in range(40)]
    assert programs == [Generator(seed).program() for seed in range(40)]
    assert len(set(programs)) == 40
    for program in programs:
        ast.parse(program)


def test_the_shrinker_keeps_only_what_fails() -> None:
    source = "def f():\n    a = 1\n    for i in range(3):\n        if a:\n            bug()\n        b = 2\n    return a\n"
    assert shrink(source, lambda text: "bug()" in text) == "def f():\n    bug()\n"


@pytest.mark.parametrize("seed", range(1000, 1004))
def test_a_sample_does_not_differ(seed: int) -> None:
    variant = next(variant for variant in variants() if variant.name == "first-call")
    assert not differs(Generator(seed).program(), variant)


def test_what_was_found_stays_fixed() -> None:
    for path in sorted(FOUND.glob("*.py")):
        for variant in variants():
            source = path.read_text(encoding="utf-8")
            assert not differs(source, variant), f"{path.name} under {variant.name}"
