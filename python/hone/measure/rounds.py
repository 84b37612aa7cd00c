# SPDX-License-Identifier: Apache-2.0
"""Statements timed in a number of fresh processes, each of which alternates between all of them.

The process is the unit of the statistics (Kalibera and Jones, Rigorous benchmarking in reasonable
time, ISMM 2013: repeat where the variance arises): what a process draws at its start, addresses and
hash seed, it keeps, so more samples in one don't average it out. The size of the environment is
drawn too (Mytkowicz et al., Producing wrong data without doing anything obviously wrong, ASPLOS
2009). Which statement is set up first in a process is drawn, in balanced pairs of processes: nothing
but the statements themselves then tells A from B.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from hone import interpreter
from hone.measure import noise, stats
from hone.measure.statement import Statement
from hone.measure.turns import SAMPLE_SECONDS, Task
from hone.measure.worker import INTERRUPTED, RAISED

PROCESSES = 15
_PILOT_SHARE = 0.6  # of a process's share of the budget, before its fixed costs are known
_PADDING = 4096  # bytes at most: beyond a page, the stack's place repeats


class StatementFailed(Exception):
    """A process of the statement's ended without an answer; `code` is hone's exit code for it."""

    def __init__(self, text: str, code: int) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True)
class Plan:
    """How long to measure: seconds for everything, or fixed numbers where they are not 0."""

    budget: float
    processes: int = 0
    rounds: int = 0  # samples of each statement in a process
    loops: int = 0
    sample_seconds: float = SAMPLE_SECONDS
    cpu_time: bool = False


@dataclass
class Rounds:
    """What the processes answered (worker.measure()), and the machine around them."""

    statements: Sequence[Statement]
    plan: Plan
    answers: list[dict[str, Any]] = field(default_factory=list)
    before: noise.Machine = field(default_factory=noise.Machine.now)
    after: noise.Machine | None = None
    interrupted: bool = False
    unit: str = "process"  # what an answer is of


def measure(
    statements: Sequence[Statement], plan: Plan, say: Callable[[str], None] = lambda text: None
) -> Rounds:
    found = Rounds(statements, plan)
    drawn = orders(len(statements))
    processes, seconds = plan.processes or PROCESSES, plan.budget / PROCESSES * _PILOT_SHARE
    began = time.monotonic()
    try:
        while len(found.answers) < processes:
            found.answers.append(_process(statements, plan, next(drawn), seconds))
            if len(found.answers) == 1:
                spent = time.monotonic() - began
                processes, seconds = _replan(plan, spent, found.answers[0])
            say(f"process {len(found.answers)} of {processes}")
    except KeyboardInterrupt:
        if len(found.answers) < stats.LEAST:
            raise
        found.interrupted = True
    found.after = noise.Machine.now()
    return found


def _replan(plan: Plan, spent: float, answer: dict[str, Any]) -> tuple[int, float]:
    """How many processes, and the seconds that each has for its samples: as many processes as the
    budget has room for, but never so few that they can't give an interval."""
    fixed = spent - answer["seconds"]
    if plan.processes:
        return plan.processes, max(0.0, plan.budget / plan.processes - fixed)
    one_round = answer["seconds"] / (len(answer["samples"][0]) - answer["calibrated"][0])
    processes = max(stats.FULL, min(PROCESSES, int(plan.budget / (fixed + one_round))))
    return processes, max(0.0, (plan.budget - spent) / (processes - 1) - fixed)


def orders(count: int, draw: random.Random | None = None) -> Iterator[list[int]]:
    """Orders of set-up: each drawn, then its reverse; which of both comes first is chance too."""
    draw = draw or random.SystemRandom()
    while True:
        order = draw.sample(range(count), count)
        yield order
        yield order[::-1]


def _process(
    statements: Sequence[Statement], plan: Plan, order: list[int], seconds: float
) -> dict[str, Any]:
    texts = [(str(each.text), str(each.setup)) for each in statements]
    task = Task(texts, order, seconds, plan.sample_seconds, plan.rounds, plan.loops, plan.cpu_time)
    padding = {"HONE_PADDING": "x" * random.SystemRandom().randrange(_PADDING)}
    answer_read, answer_write = os.pipe()
    try:
        process = subprocess.Popen(
            interpreter.hosted("statement", str(answer_write)),
            stdin=subprocess.PIPE,
            env=os.environ | padding,
            pass_fds=(answer_write,),
            process_group=0,  # Ctrl-C is for us; we end it without a traceback of its start
            text=True,
        )
    finally:
        os.close(answer_write)
    with open(answer_read) as answer, process:
        try:
            assert process.stdin is not None
            process.stdin.write(task.to_json())
            process.stdin.close()
            text = answer.readline()  # not to its end: what the statement forked may hold it open
            process.wait()
        except BaseException:
            process.kill()
            raise
    if process.returncode == RAISED:
        raise _raised(statements, json.loads(text or "[]"))
    if process.returncode or not text:
        raise _failure(process.returncode)
    return dict(json.loads(text))


def _raised(statements: Sequence[Statement], failed: list[int]) -> StatementFailed:
    """FAILED: the places of those that did, none if what raised was not theirs."""
    which = f" {statements[failed[0]].name!r}" if failed and len(statements) > 1 else ""
    return StatementFailed(
        f"the statement{which} raised an exception; its traceback is above", RAISED
    )


def _failure(status: int) -> BaseException:
    if status == INTERRUPTED:
        return KeyboardInterrupt()
    if status < 0:
        return StatementFailed(
            f"the process that ran the statement was killed by {signal.Signals(-status).name}", 3
        )
    return StatementFailed(
        f"the process that ran the statement ended by itself, with exit code {status}", 3
    )
