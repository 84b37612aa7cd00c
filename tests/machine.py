# SPDX-License-Identifier: Apache-2.0
"""Tests on a machine that others use: what takes a while is waited for, and shares and costs that others can
spoil are right in one of a few runs."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import ParamSpec

Given = ParamSpec("Given")

RUNS = 4
PATIENCE = 120.0  # seconds: only what will never come takes so long


def until(condition: Callable[[], object]) -> None:
    """Waits for what comes sooner or later: no sleep is long enough on every machine."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.01)


def in_one_run(test: Callable[Given, None]) -> Callable[Given, None]:
    """The test, begun again where it fails: shares and costs are others where somebody else takes the
    processors for a while, but what is wrong is wrong in each run."""

    @functools.wraps(test)
    def tried(*words: Given.args, **more: Given.kwargs) -> None:
        for left in reversed(range(RUNS)):
            try:
                test(*words, **more)
            except AssertionError:
                if left == 0:
                    raise
            else:
                return

    return tried
