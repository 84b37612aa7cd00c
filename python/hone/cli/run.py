# SPDX-License-Identifier: Apache-2.0
"""`hone run`: replace this process by one that hosts the program with its plan."""

from __future__ import annotations

import os
import sys
from argparse import SUPPRESS

from hone.cli import COMMANDS, complain, options
from hone.tune import handover, plan
from hone.tune.target import TargetError, check


def main(words: list[str]) -> int:  # noqa: RET503 (execv does not return)
    rules = options.parser("run", COMMANDS["run"])
    rules.add_argument(
        "--everything", action="store_true", help="compile every function before its first call"
    )
    rules.add_argument(
        "--exits", metavar="always|SEED", help="make every guard, or random ones, fail"
    )
    rules.add_argument("--start-only", action="store_true", help=SUPPRESS)  # hone tune times it
    try:
        chosen, target = options.read(rules, words)
        check(target)
        if chosen.start_only:
            return 0
        exits = {"exits": _exits(chosen.exits)}
        if chosen.everything:
            settings = {"select": None, "threshold": 0} | exits
        else:
            settings = handover.tuned(target) | exits
    except TargetError as error:
        if error.code == 3:
            os.execv(sys.executable, target.plain_command())  # Python reports it best
        return complain(str(error), error.code)
    except plan.StalePlan as error:
        complain(f"{error}; running {target.name} as it is")
        sys.stderr.flush()
        os.execv(sys.executable, target.plain_command())
    os.execv(sys.executable, target.hosted_command("compiled", handover.hand_over(settings)))


def _exits(word: str | None) -> str | int:
    if word is None:
        return "never"
    if word == "always":
        return word
    try:
        return int(word)
    except ValueError:
        raise TargetError(f"--exits takes always or a number, not {word!r}") from None
