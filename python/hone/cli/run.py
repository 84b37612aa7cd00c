# SPDX-License-Identifier: Apache-2.0
"""`hone run`: replace this process by one that hosts the program with its plan."""

from __future__ import annotations

import os
import sys

from hone.cli import COMMANDS, complain
from hone.tune import handover, plan
from hone.tune.target import Target, TargetError, check

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from typing import Any

START_ONLY = "--start-only"  # hone tune times what `hone run` does before the program's process


def main(words: list[str]) -> int:  # noqa: RET503 (execv does not return)
    start_only = words[:1] == [START_ONLY]
    try:
        chosen, target = _read(words[1:] if start_only else words)
        check(target)
        if start_only:
            return 0
        settings: dict[str, Any] = {"select": None, "threshold": 0}
        if chosen is None or not chosen.everything:
            settings = handover.tuned(target)
        settings["exits"] = _exits(chosen.exits) if chosen is not None else "never"
    except TargetError as error:
        if error.code == 3:
            os.execv(sys.executable, target.plain_command())  # Python reports it best
        return complain(str(error), error.code)
    except plan.StalePlan as error:
        complain(f"{error}; running {target.name} as it is")
        sys.stderr.flush()
        os.execv(sys.executable, target.plain_command())
    os.execv(sys.executable, target.hosted_command("compiled", handover.hand_over(settings)))


def _read(words: list[str]) -> tuple[Namespace | None, Target]:
    """No options, as mostly: their parser's modules, 15 ms, are left out."""
    bare = words[:1] == ["-m"] or not words[0].startswith("-") if words else False
    if bare and (target := Target.of(words)) is not None:
        return None, target
    from hone.cli import options

    rules = options.parser("run", COMMANDS["run"])
    rules.add_argument(
        "--everything", action="store_true", help="compile every function before its first call"
    )
    rules.add_argument(
        "--exits", metavar="always|SEED", help="make every guard, or random ones, fail"
    )
    return options.read(rules, words)


def _exits(word: str | None) -> str | int:
    if word is None:
        return "never"
    if word == "always":
        return word
    try:
        return int(word)
    except ValueError:
        raise TargetError(f"--exits takes always or a number, not {word!r}") from None
