# SPDX-License-Identifier: Apache-2.0
# timeit of the running Python version, and beside it measure() and compare(), which answer with
# intervals. The rest of this module is the standard library's own: its code runs in this module's
# namespace, so that `import hone.timeit as timeit` is a full replacement (a `template` or
# `default_timer` that somebody sets here counts) and stays one in every version. Why not written
# anew: docs/decisions/0010-timeit-is-the-interpreters-own.md.
from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from timeit import *  # noqa: F403
    from types import CodeType

    from hone.measure.stats import Ratio
    from hone.measure.timing import Report, Timed

if __name__ == "__main__":
    from hone.cli import guarded
    from hone.cli.time import module_main

    sys.exit(guarded(lambda: module_main(sys.argv[1:])))


def _standard() -> CodeType:
    """The code of the standard module, also where this one is what `import timeit` finds."""
    import os
    from importlib.machinery import PathFinder
    from importlib.machinery import SourceFileLoader as Loader

    spec = PathFinder.find_spec("timeit", [os.path.dirname(os.__file__)])
    if spec is None or not isinstance(spec.loader, Loader):
        raise ImportError("the standard library's timeit is not to be found")
    code = spec.loader.get_code("timeit")
    assert code is not None
    return code


exec(_standard(), globals())
__all__ = [*globals()["__all__"], "compare", "measure"]

_Code = str | Callable[[], object]


def measure(
    stmt: _Code = "pass",
    setup: _Code = "pass",
    *,
    globals: dict[str, Any] | None = None,
    budget: float = 10.0,
) -> Timed:
    """The statement's time, with a median, its 95 % interval and every value; about BUDGET seconds.

    Text without `globals` is timed in fresh processes; functions, and text that needs your names, in
    this process: what differs from process to process then stays in the result.
    """
    return _report([stmt], setup, globals, budget).times[0]


def compare(
    stmt: _Code,
    other: _Code,
    setup: _Code = "pass",
    *,
    globals: dict[str, Any] | None = None,
    budget: float = 20.0,
) -> Ratio:
    """How many times faster OTHER is than STMT, with a 95 % interval; both run in turns."""
    ratio = _report([stmt, other], setup, globals, budget).ratios[1]
    assert ratio is not None
    return ratio


def _report(
    texts: list[_Code], setup: _Code, names: dict[str, Any] | None, budget: float
) -> Report:
    from hone.measure import here, rounds, timing
    from hone.measure.statement import Statement

    statements = [Statement(text, setup) for text in texts]
    for statement in statements:
        statement.check()
    plan = rounds.Plan(budget)
    if names is None and all(isinstance(text, str) for text in [*texts, setup]):
        return timing.of_rounds(rounds.measure(statements, plan))
    return timing.of_rounds(here.measure(statements, plan, names))
