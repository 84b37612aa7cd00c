# SPDX-License-Identifier: Apache-2.0
"""What commands share that run a program and then report on it: `hone sample`, `hone memory`, `hone attach`."""

from __future__ import annotations

import os
import sys
import tempfile
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from hone.cli import complain, options
from hone.cli.report import write
from hone.recording.errors import RecordingError
from hone.sampling.compiled import beside
from hone.tune.target import Target, TargetError, check


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


def show(
    parts: Iterator[str] | Iterator[bytes],
    chosen: Namespace,
    files: dict[str, str],
    say: Callable[[str], object],
) -> None:
    """To --output, else to stdout, unless only --record was asked for. Raises RecordingError."""
    if chosen.output and chosen.output != "-":
        write(parts, files[chosen.output])
        say(f"wrote {chosen.output}")
    elif chosen.format is not None or not chosen.record or chosen.output:
        for part in parts:
            if isinstance(part, bytes):
                sys.stdout.buffer.write(part)
            else:
                sys.stdout.write(part)
    sys.stdout.flush()
