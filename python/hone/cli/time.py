# SPDX-License-Identifier: Apache-2.0
"""`hone time`: the interpreter's own timeit; statistics with an option of OWN; commands after `--`.

`python -m hone.timeit` is the same without commands: there `--` means what it means to timeit. Both
load what measures only when it is asked for.
"""

from __future__ import annotations

import os
import sys
from typing import Any, NoReturn

# The options that turn statistics on, for argparse.
OWN: dict[tuple[str, ...], dict[str, Any]] = {
    ("--stats",): {"action": "store_true", "help": "measure in many processes, with intervals"},
    ("--vs",): {
        "action": "append",
        "default": [],
        "metavar": "STATEMENT",
        "help": "compare with it, in turns",
    },
    ("--processes",): {"type": int, "default": 0, "metavar": "N", "help": "processes (15)"},
    ("--budget",): {
        "type": float,
        "default": 10.0,
        "metavar": "S",
        "help": "seconds for each statement (10)",
    },
    ("--json",): {"metavar": "FILE", "help": "for pyperf"},
    ("--export-json",): {"metavar": "FILE", "help": "as hyperfine's"},
    ("-q", "--quiet"): {"action": "store_true", "help": "no progress"},
}
OUTPUTS = (("--json",), ("--export-json",), ("-q", "--quiet"))  # commands have these too


def main(words: list[str]) -> int:
    if words[:1] in (["--help"], ["-h"]):
        sys.stdout.write(_help())
        return 0
    if "--" in words:
        from hone.cli import time_commands

        if (code := time_commands.run(words)) is not None:
            return code
    return module_main(words)


def module_main(words: list[str]) -> int:
    """`python -m hone.timeit`."""
    own = {name for names in OWN for name in names}
    if any(word.partition("=")[0] in own for word in words):
        from hone.cli import time_statements

        if (code := time_statements.run(words, own)) is not None:
            return code
    return _become_timeit(words)


def _become_timeit(words: list[str]) -> NoReturn:
    from hone import interpreter

    sys.stdout.flush()
    os.execv(sys.executable, interpreter.command("-m", "timeit", *words))


def _help() -> str:
    from hone.cli import time_commands, time_statements

    return (
        "  hone time -s 'x = ...' 'sorted(x)'        as python -m timeit, with all of its options\n"
        "  hone time --vs 'b()' 'a()'                which is faster, with intervals\n"
        "  hone time -- ./prog args                  a command, from start to end\n"
        "  hone time --vs './new args' -- ./old args two commands, in turns\n\n"
        'Without any option from "statistics" the interpreter\'s own timeit does the work.\n\n'
        f"{time_statements.parser().format_help()}\n"
        f"After `--` comes a command, unless its first word begins with a dash.\n\n"
        f"{time_commands.parser().format_help()}"
    )
