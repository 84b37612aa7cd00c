# SPDX-License-Identifier: Apache-2.0
"""`hone tune` and, with one run only, `hone look`."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

from hone.cli import COMMANDS, complain, options
from hone.report import html_page, json_file, terminal
from hone.tune import road
from hone.tune.outcome import Outcome, Settings
from hone.tune.target import Target, TargetError, check

_SETTINGS = {field.name for field in fields(Settings)}


def main(words: list[str]) -> int:
    rules = options.parser("tune", COMMANDS["tune"])
    rules.add_argument(
        "--budget", type=options.seconds, default=60.0, metavar="S", help="seconds for timing (60)"
    )
    rules.add_argument(
        "--prepare",
        metavar="CMD",
        help="run by /bin/sh before every run but your own, inside its seal: start a server there",
    )
    rules.add_argument("--cleanup", metavar="CMD", help="the same, after it")
    rules.add_argument(
        "--allow-repeat",
        action="store_true",
        help="where runs can't be sealed, or the program fails under seal, repeat it in the open",
    )
    return drive(rules, words, road.tune)


Steps = Callable[[Target, Settings], Outcome]


def drive(rules: options.Parser, words: list[str], steps: Steps) -> int:
    rules.add_argument(
        "--timeout",
        type=options.some_seconds,
        metavar="S",
        help="stop the program after so many seconds",
    )
    rules.add_argument("--json", metavar="FILE", help="write the report as JSON")
    rules.add_argument("--html", metavar="FILE", help="write the report as one HTML page")
    rules.add_argument("-q", "--quiet", action="store_true", help="no progress")
    try:
        chosen, target = options.read(rules, words)
        check(target)
    except TargetError as error:
        return complain(str(error), error.code)
    outcome = steps(target, _settings(chosen))
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


def _settings(chosen: Namespace) -> Settings:
    given = {name: value for name, value in vars(chosen).items() if name in _SETTINGS}
    return Settings(**given, say=_progress(chosen.quiet))


def _progress(quiet: bool) -> Callable[[str], None]:
    if quiet or not sys.stderr.isatty():
        return lambda text: None
    return lambda text: print(f"hone: {text} …", file=sys.stderr, flush=True)
