# SPDX-License-Identifier: Apache-2.0
"""`hone tune` and, with one run only, `hone look`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from hone.cli import COMMANDS, complain, options
from hone.report import html_page, json_file, terminal
from hone.tune import road
from hone.tune.outcome import Outcome, Settings
from hone.tune.target import Target, TargetError, check


def main(words: list[str]) -> int:
    return drive("tune", words, road.tune)


def drive(command: str, words: list[str], steps: Callable[[Target, Settings], Outcome]) -> int:
    rules = options.parser(command, COMMANDS[command])
    rules.add_argument(
        "--timeout", type=float, metavar="S", help="stop the program after so many seconds"
    )
    rules.add_argument(
        "--budget", type=float, default=60.0, metavar="S", help="seconds for timing (60)"
    )
    rules.add_argument("--json", metavar="FILE", help="write the report as JSON")
    rules.add_argument("--html", metavar="FILE", help="write the report as one HTML page")
    rules.add_argument("-q", "--quiet", action="store_true", help="no progress")
    try:
        chosen, target = options.read(rules, words)
        check(target)
    except TargetError as error:
        return complain(str(error), error.code)
    outcome = steps(target, Settings(chosen.timeout, chosen.budget, say=_progress(chosen.quiet)))
    sys.stdout.write(terminal.render(outcome))
    for name, form in ((chosen.json, json_file), (chosen.html, html_page)):
        if name:
            try:
                Path(name).write_text(
                    form.render(outcome), encoding="utf-8", errors="backslashreplace"
                )
            except OSError as error:
                return complain(f"{name} can't be written: {error.strerror}")
    return outcome.code


def _progress(quiet: bool) -> Callable[[str], None]:
    if quiet or not sys.stderr.isatty():
        return lambda text: None
    return lambda text: print(f"hone: {text} …", file=sys.stderr, flush=True)
