# SPDX-License-Identifier: Apache-2.0
"""Tests that others on the machine can spoil: what they assert holds in one of a few runs."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import ParamSpec

Given = ParamSpec("Given")

RUNS = 4


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
