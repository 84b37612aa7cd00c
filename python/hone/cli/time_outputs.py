# SPDX-License-Identifier: Apache-2.0
"""What `hone time` shows and writes, whatever it timed."""

from __future__ import annotations

import math
import sys
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

from hone.cli import complain
from hone.measure.timing import Report
from hone.report import hyperfine_file, pyperf_file, times
from hone.tune.target import TargetError


def check_numbers(chosen: Namespace, *names: str) -> None:
    for name in names:
        value = getattr(chosen, name)
        if not 0 <= value < math.inf:
            raise TargetError(f"--{name.replace('_', '-')} takes 0 or more, not {value}")


def progress(quiet: bool) -> Callable[[str], None]:
    if quiet or not sys.stderr.isatty():
        return lambda text: None
    return lambda text: print(f"\r\033[Khone: {text}", end="", file=sys.stderr, flush=True)


def outputs_open(chosen: Namespace) -> None:
    """Whether the files can be written is found out before anything is measured."""
    for name in (chosen.json, chosen.export_json):
        if name:
            try:
                with open(name, "a", encoding="utf-8"):
                    pass
            except OSError as error:
                raise TargetError(f"{name} can't be written: {error.strerror}") from None


def finish(report: Report, chosen: Namespace) -> int:
    if not chosen.quiet and sys.stderr.isatty():
        sys.stderr.write("\r\033[K")
    sys.stdout.write(times.render(report, unit=chosen.unit, verbose=chosen.verbose))
    for name, form in ((chosen.json, pyperf_file), (chosen.export_json, hyperfine_file)):
        if name:
            try:
                Path(name).write_text(form.render(report), encoding="utf-8")
            except OSError as error:
                return complain(f"{name} can't be written: {error.strerror}")
    return 130 if report.interrupted else 0
