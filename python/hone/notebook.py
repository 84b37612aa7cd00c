# SPDX-License-Identifier: Apache-2.0
"""`%load_ext hone`: the magics of notebooks and of IPython's prompt.

    %hone_time STATEMENT                 the time of a statement that may use the notebook's names
    %hone_time --vs OTHER STATEMENT      two of them, in turns
    %%hone_time SETUP                    the cell is timed; its first line is set-up, run once
        --budget SECONDS                 for each statement (5)
        -n N  -r R                       loops of a sample, samples: %timeit's
        -c  -t                           processor time; wall time, which is the default
        -q  -o  -v NAME                  show nothing; return the result even so; put it into a variable

    %hone_profile STATEMENT              calls and times of every function, as %prun
    %%hone_profile [STATEMENT]           of the cell
        -s KEY  -l LIMIT                 sort (cumulative); rows, a share of them, or part of a name
        -D FILE  -T FILE                 write a pstats file; the text
        -q  -r                           show nothing; return a pstats.Stats

    %hone_lines -f FUNCTION STATEMENT    its lines (see hone.notebook_lines)
    %%hone_lines                         those of the cell

Timed in the notebook's process, where its names are (see hone.measure.here).
"""

from __future__ import annotations

import contextlib
import io
import math
import pstats
import sys
from pathlib import Path
from typing import Any

from hone import notebook_lines
from hone.cprofile import Profile
from hone.measure import here, rounds, timing
from hone.measure.statement import Statement
from hone.measure.timing import Report
from hone.notebook_options import Options, positive, seconds
from hone.report import times

SECONDS = 5.0  # for each statement
_TIME = {
    "vs": "STATEMENT",
    "budget": "number of seconds",
    "n": "number of loops",
    "r": "number of samples",
    "t": "",
    "c": "",
    "q": "",
    "o": "",
    "v": "NAME",
}
_PROFILE = {"s": "KEY", "l": "LIMIT", "D": "FILE", "T": "FILE", "q": "", "r": ""}


class Shown:
    """A report that a notebook shows as text; `report` has the numbers."""

    def __init__(self, report: Report) -> None:
        self.report = report

    def __repr__(self) -> str:
        return times.render(self.report).rstrip()


def hone_time(shell: Any, line: str, cell: str | None = None) -> Shown | None:
    options = Options("%hone_time" if cell is None else "%%hone_time", _TIME)
    text = options.read(line)
    setup = "pass" if cell is None else text or "pass"
    texts = [text or "pass" if cell is None else cell.rstrip("\n"), *options["vs"]]
    statements = [Statement(shell.transform_cell(each).rstrip("\n"), setup) for each in texts]
    for statement in statements:
        statement.check()
    plan = _plan(options, len(statements))
    shown = Shown(timing.of_rounds(here.measure(statements, plan, shell.user_ns)))
    for name in options["v"]:
        shell.user_ns[name] = shown
    return shown if "o" in options or not ("q" in options or "v" in options) else None


def _plan(options: Options, statements: int) -> rounds.Plan:
    """R samples, as -r has it, are taken in as many turns as there are else; each sets the loops up anew."""
    samples = options.last("r", positive, 0)
    each = math.ceil(samples / rounds.PROCESSES)
    return rounds.Plan(
        options.last("budget", seconds, SECONDS) * statements,
        processes=math.ceil(samples / each) if each else 0,
        rounds=each,
        loops=options.last("n", positive, 0),
        cpu_time="c" in options,
    )


class ShownProfile:
    """A profile that a notebook shows as text; `profile` has the numbers, `stats` too, as pstats has them."""

    def __init__(self, profile: Profile, sort: list[str], limits: list[Any]) -> None:
        self.profile = profile
        out = io.StringIO()
        source: Any = profile  # the stubs know cProfile's own class only
        self.stats = pstats.Stats(source, stream=out)
        self.stats.strip_dirs().sort_stats(*sort).print_stats(*limits)
        self.stats.stream = sys.stdout  # type: ignore[attr-defined]
        self._text = out.getvalue()

    def __repr__(self) -> str:
        return self._text.rstrip()


def hone_profile(
    shell: Any, line: str, cell: str | None = None
) -> ShownProfile | pstats.Stats | None:
    options = Options("%hone_profile" if cell is None else "%%hone_profile", _PROFILE)
    text = options.read(line)
    sort = options["s"] or ["cumulative"]
    for key in sort:
        _check_key(options, key)
    if cell is not None:
        text = f"{text}\n{cell}"
    code = compile(shell.transform_cell(text), "<cell>", "exec")
    profile = Profile()
    with contextlib.suppress(SystemExit):
        profile.runctx(code, shell.user_ns, shell.user_ns)
    shown = ShownProfile(profile, sort, [_limit(word) for word in options["l"]])
    _write_files(options, shown)
    if "r" not in options:
        return None if "q" in options else shown
    if "q" not in options:
        sys.stdout.write(f"{shown!r}\n")
    return shown.stats


def _check_key(options: Options, key: str) -> None:
    """Keys may be shortened, as pstats says."""
    if key not in pstats.Stats().get_sort_arg_defs():
        keys = ", ".join(sorted(pstats.Stats.sort_arg_dict_default))
        raise options.error(f"{key} is no key to sort by, as are {keys}")


def _limit(word: str) -> int | float | str:
    for convert in (int, float):
        with contextlib.suppress(ValueError):
            return convert(word)
    return word


def _write_files(options: Options, shown: ShownProfile) -> None:
    try:
        for name in options["D"]:
            shown.profile.dump_stats(name)
            sys.stdout.write(f"wrote {name}\n")
        for name in options["T"]:
            Path(name).write_text(f"{shown!r}\n", encoding="utf-8")
            sys.stdout.write(f"wrote {name}\n")
    except OSError as error:
        raise options.error(f"{error.filename} can't be written: {error.strerror}") from None


def load_ipython_extension(shell: Any) -> None:
    """IPython calls it for `%load_ext hone`."""

    def magic(line: str, cell: str | None = None) -> Shown | None:
        return hone_time(shell, line, cell)

    def profile_magic(line: str, cell: str | None = None) -> Any:
        return hone_profile(shell, line, cell)

    magic.__doc__ = profile_magic.__doc__ = __doc__
    shell.register_magic_function(magic, "line_cell", "hone_time")
    shell.register_magic_function(profile_magic, "line_cell", "hone_profile")
    notebook_lines.load(shell, ("hone_lines",))
