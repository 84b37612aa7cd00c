# SPDX-License-Identifier: Apache-2.0
"""`hone look`: one open run under the profiler, and the verdict."""

from __future__ import annotations

from hone.cli import COMMANDS, options
from hone.cli.tune import drive
from hone.tune import road


def main(words: list[str]) -> int:
    return drive(options.parser("look", COMMANDS["look"]), words, road.look)
