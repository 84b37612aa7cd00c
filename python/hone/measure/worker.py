# SPDX-License-Identifier: Apache-2.0
"""A process that times statements (role `statement` of boot.py) and writes what it took to a pipe.

Each process is one sample of what differs between processes only: where code and data lie, the hash
seed. It imports little and does nothing but the statements' own work while it measures.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from typing import NoReturn

from hone.measure.statement import print_traceback
from hone.measure.turns import Task, compiled, measure

RAISED = 1  # exit code of a process whose statement raised, as timeit's
INTERRUPTED = 130


def main(words: list[str], _pages: Callable[[], int]) -> NoReturn:
    out = int(words[0])
    os.set_inheritable(out, False)
    task = Task(**json.load(sys.stdin))
    _read_nothing()
    sys.path.insert(0, os.curdir)  # as timeit does
    clocked = compiled(task, lambda: {"__name__": "__main__", "__builtins__": __builtins__})
    try:
        answer = measure(task, clocked)
    except KeyboardInterrupt:
        os._exit(INTERRUPTED)
    except BaseException as error:
        sys.stdout.flush()
        print_traceback(error)
        _answer(out, [place for place, each in clocked.items() if each.failed])
        sys.exit(RAISED)
    _answer(out, answer)
    sys.exit(0)


def _answer(out: int, answer: object) -> None:
    with open(out, "w") as file:
        file.write(json.dumps(answer) + "\n")


def _read_nothing() -> None:
    """The statement's standard input is empty."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
