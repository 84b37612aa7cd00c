# SPDX-License-Identifier: Apache-2.0
"""The generator repeats itself, the shrinker shrinks, what was once found stays fixed."""

from __future__ import annotations

import ast

import pytest

from tests.conform.configs import Variant, variants
from tests.fuzz.campaign import FOUND, campaign, chosen, differs
from tests.fuzz.generate import Generator
from tests.fuzz.shrink import shrink

SAMPLE = range(1000, 1024)


def test_the_same_seed_gives_the_same_program() -> None:
    programs = [Generator(seed).program() for seed in range(40)]
    assert programs == [Generator(seed).program() for seed in range(40)]
    assert len(set(programs)) == 40
    for program in programs:
        ast.parse(program)


def test_the_shrinker_keeps_only_what_fails() -> None:
    source = "def f():\n    a = 1\n    for i in range(3):\n        if a:\n            bug()\n        b = 2\n    return a\n"
    assert shrink(source, lambda text: "bug()" in text) == "def f():\n    bug()\n"


def test_a_wrong_engine_is_noticed() -> None:
    """Without this the other tests could not fail."""
    swapped = Variant(name="swapped", engine="text", settings={"old": "a + b", "new": "a - b"})
    source = "def case_0(a=1, b=2):\n    return a + b\n"
    assert differs(source, swapped)
    assert not differs("def case_0(a=1, b=0):\n    return a + b\n", swapped)


@pytest.mark.parametrize("variant", [variant.name for variant in chosen()])
def test_a_sample_does_not_differ(variant: str) -> None:
    programs = {f"program_{seed}": Generator(seed).program() for seed in SAMPLE}
    found = [(name, *map(str, what)) for name, _, what in campaign(programs, [variant])]
    assert found == []


@pytest.mark.parametrize("variant", variants(), ids=lambda variant: variant.name)
def test_what_was_found_stays_fixed(variant: Variant) -> None:
    programs = {path.stem: path.read_text(encoding="utf-8") for path in sorted(FOUND.glob("*.py"))}
    found = [(name, *map(str, what)) for name, _, what in campaign(programs, [variant.name])]
    assert found == []
