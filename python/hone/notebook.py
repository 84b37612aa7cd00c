# SPDX-License-Identifier: Apache-2.0
"""`%load_ext hone`: the magics of notebooks and of IPython's prompt.

    %hone_time STATEMENT                 the time of a statement that may use the notebook's names
    %hone_time --vs OTHER STATEMENT      two of them, in turns
    %%hone_time SETUP                    the cell is timed; its first line is set-up, run once
    %hone_profile [-s KEY] STATEMENT     calls and times of every function, as %prun
    %%hone_profile [-s KEY]              of the cell

    %hone_lines -f FUNCTION STATEMENT    its lines (see hone.notebook_lines)

Timed in the notebook's process, where its names are (see hone.measure.here).
"""

from __future__ import annotations

import contextlib
import io
import pstats
import re
from importlib import import_module
from typing import Any

from hone import notebook_lines
from hone.cprofile import Profile
from hone.measure import here, rounds, timing
from hone.measure.statement import Statement
from hone.measure.timing import Report
from hone.report import times

SECONDS = 5.0  # for each statement


class Shown:
    """A report that a notebook shows as text; `report` has the numbers."""

    def __init__(self, report: Report) -> None:
        self.report = report

    def __repr__(self) -> str:
        return times.render(self.report).rstrip()


_OPTION = re.compile(r"""--(\w+)(?:=|\s+)("[^"]*"|'[^']*'|\S+)\s*""")


def hone_time(shell: Any, line: str, cell: str | None = None) -> Shown:
    vs, budget, text = _read(line)
    setup = "pass" if cell is None else text or "pass"
    texts = [text or "pass" if cell is None else cell.rstrip("\n"), *vs]
    statements = [Statement(shell.transform_cell(each).rstrip("\n"), setup) for each in texts]
    for statement in statements:
        statement.check()
    plan = rounds.Plan(budget * len(statements))
    return Shown(timing.of_rounds(here.measure(statements, plan, shell.user_ns)))


def _read(line: str) -> tuple[list[str], float, str]:
    """The options before the statement, which itself is no shell's words."""
    vs, budget = [], SECONDS
    line = line.strip()
    while found := _OPTION.match(line):
        name, value = found.groups()
        value = value[1:-1] if value[0] in "\"'" else value
        if name == "vs":
            vs.append(value)
        elif name == "budget" and re.fullmatch(r"\d+\.?\d*|\.\d+", value):
            budget = float(value)
        else:
            raise _usage_error(
                f"%hone_time has --vs STATEMENT and --budget SECONDS, not {found[0]}"
            )
        line = line[found.end() :]
    return vs, budget, line


class ShownProfile:
    """A profile that a notebook shows as text; `profile` has the numbers."""

    def __init__(self, profile: Profile, sort: str) -> None:
        self.profile = profile
        out = io.StringIO()
        source: Any = profile  # the stubs know cProfile's own class only
        pstats.Stats(source, stream=out).strip_dirs().sort_stats(sort).print_stats()
        self._text = out.getvalue()

    def __repr__(self) -> str:
        return self._text.rstrip()


_SORT = re.compile(r"\s*(?:-s\s*|--sort[=\s]\s*)(\S+)\s*")


def hone_profile(shell: Any, line: str, cell: str | None = None) -> ShownProfile:
    sort = "cumulative"
    if found := _SORT.match(line):
        sort, line = found[1], line[found.end() :]
    if sort not in pstats.Stats.sort_arg_dict_default:
        keys = ", ".join(sorted(pstats.Stats.sort_arg_dict_default))
        raise _usage_error(f"%hone_profile: {sort} is no key to sort by, as are {keys}")
    if cell is not None and line.strip():
        raise _usage_error(f"%%hone_profile has -s KEY before the cell, not {line.strip()}")
    text = shell.transform_cell(line if cell is None else cell)
    code = compile(text, "<cell>", "exec")
    profile = Profile()
    with contextlib.suppress(SystemExit):
        profile.runctx(code, shell.user_ns, shell.user_ns)
    return ShownProfile(profile, sort)


def _usage_error(text: str) -> Exception:
    """IPython prints it without a traceback."""
    return import_module("IPython.core.error").UsageError(text)  # type: ignore[no-any-return]


def load_ipython_extension(shell: Any) -> None:
    """IPython calls it for `%load_ext hone`."""

    def magic(line: str, cell: str | None = None) -> Shown | None:
        return hone_time(shell, line, cell)

    def profile_magic(line: str, cell: str | None = None) -> ShownProfile:
        return hone_profile(shell, line, cell)

    magic.__doc__ = profile_magic.__doc__ = __doc__
    shell.register_magic_function(magic, "line_cell", "hone_time")
    notebook_lines.load(shell, ("hone_lines",))
    shell.register_magic_function(profile_magic, "line_cell", "hone_profile")
