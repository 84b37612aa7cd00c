# SPDX-License-Identifier: Apache-2.0
"""What commands share that run a program and then report on it: `hone sample`, `hone memory`, `hone attach`."""

from __future__ import annotations

import os
import sys
import tempfile
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial

from hone import files
from hone.cli import Unanswered, answer, complain, options
from hone.cli.report import write
from hone.recording import writer
from hone.recording.errors import RecordingError, Unwritable
from hone.recording.model import Recording
from hone.sampling.compiled import beside
from hone.tune.target import Target, TargetError, check

Parts = Iterator[str] | Iterator[bytes]
_SUFFIX, _WHAT = ".hone", "recording"  # of what is kept where something can't be written


def main(
    rules: options.Parser, words: list[str], run: Callable[[Namespace, Target, str], int]
) -> int:
    """RUN with what WORDS say and a file for what the program's process finds out."""
    try:
        chosen, target = options.read(rules, words)
        check(target)
        check_outputs(chosen)
        with spool_file() as spool:
            return run(chosen, target, spool)
    except TargetError as error:
        if error.code == 3:
            os.execv(sys.executable, target.plain_command())  # Python reports it best
        return complain(str(error), error.code)
    except RecordingError as error:
        return complain(str(error))


def check_outputs(chosen: Namespace) -> None:
    """Whether the files can be written is found out before anything runs."""
    for name in (chosen.output, chosen.record):
        if name is None or name == "-":
            continue
        existed = os.path.lexists(name)
        try:
            with open(name, "ab"):
                pass
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or str(error)
            raise TargetError(f"{name} can't be written: {why}") from None
        if not existed:
            os.unlink(name)


def absolute(chosen: Namespace) -> dict[str, str]:
    """The files to write, by what they were called: the working folder may be gone afterwards."""
    return {name: os.path.abspath(name) for name in (chosen.output, chosen.record) if name}


@contextmanager
def spool_file() -> Iterator[str]:
    """An empty file that only this user may read; gone afterwards."""
    try:
        file, path = tempfile.mkstemp(prefix="hone-", suffix=".samples")
    except OSError as error:
        raise TargetError(f"no file for the samples can be made: {error.strerror}") from None
    os.close(file)
    try:
        yield path
    finally:
        for made in (path, beside(path)):
            with suppress(OSError):
                os.unlink(made)


def deliver(
    found: Recording,
    chosen: Namespace,
    names: dict[str, str],
    parts: Callable[[], Parts],
    say: Callable[[str], object],
) -> int:
    """Write and show what was found out, as --record, --output and --format have it; NAMES has the files'
    paths. What can't be written is kept in a temporary recording, unless --record has it. The exit code."""
    save, code = partial(writer.save, found), 0
    if chosen.record:
        if failed := files.save(names[chosen.record], _SUFFIX, save, _WHAT):
            code = complain(failed, files.UNWRITTEN)
        else:
            say(f"wrote {chosen.record}")
    try:
        _show(parts(), chosen, names, say)
    except (RecordingError, Unanswered) as error:
        why = str(error)
        if not chosen.record:
            why = files.save_elsewhere(_SUFFIX, save, why, _WHAT)
        code = complain(why, files.UNWRITTEN if isinstance(error, Unwritable) else 2)
    return code


def _show(
    parts: Parts, chosen: Namespace, names: dict[str, str], say: Callable[[str], object]
) -> None:
    """To --output, else to stdout, unless only --record was asked for. Raises RecordingError, Unanswered."""
    if chosen.output and chosen.output != "-":
        write(parts, names[chosen.output])
        say(f"wrote {chosen.output}")
    elif chosen.format is not None or not chosen.record or chosen.output:
        answer(parts)
