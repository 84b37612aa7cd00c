# SPDX-License-Identifier: Apache-2.0
"""Statements that need this process: functions, and text that uses its names.

Each turn (as many as the plan has processes) compiles the loops anew and draws their order, as rounds.py does with processes; where the
caller's own objects lie stays the same throughout, so the result holds for this process.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from hone.measure import turns
from hone.measure.noise import Machine
from hone.measure.rounds import PROCESSES, Plan, Rounds, orders
from hone.measure.statement import Statement


def measure(
    statements: Sequence[Statement], plan: Plan, names: dict[str, Any] | None = None
) -> Rounds:
    found = Rounds(statements, plan, unit="turn")
    drawn = orders(len(statements))
    texts = [(each.text, each.setup) for each in statements]
    shared = {"__name__": "__main__", "__builtins__": __builtins__} if names is None else names
    how = (plan.sample_seconds, plan.rounds, plan.loops, plan.cpu_time)
    end = time.monotonic() + plan.budget
    for left in range(plan.processes or PROCESSES, 0, -1):
        seconds = max(0.0, (end - time.monotonic()) / left)
        task = turns.Task(texts, next(drawn), seconds * _MEASURED, *how)
        found.answers.append(turns.measure(task, turns.compiled(task, lambda: shared)))
    found.after = Machine.now()
    return found


_MEASURED = 0.9  # of a turn's time; the rest is for finding the loop counts
