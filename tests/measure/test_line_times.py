# SPDX-License-Identifier: Apache-2.0
"""hone.line_profiler: lines take the time that they take, and what watching costs goes off it."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from hone.line_profiler import LineProfiler
from tests.machine import in_one_run
from tests.measure.line_rows import rows, seconds, spin, stair, worst

# ---- times by construction, as they were measured: others may have the processor meanwhile


def measuring(*chosen: Callable[..., Any]) -> LineProfiler:
    profiler = LineProfiler(*chosen)
    profiler.raw = True
    return profiler


@in_one_run
def test_lines_take_the_time_they_take() -> None:
    profiler = measuring(stair)
    with profiler:
        start = time.perf_counter()
        stair()
        wall = time.perf_counter() - start
    found = rows(profiler, stair)
    assert {line: hits for line, (hits, _) in found.items()} == {1: 1, 2: 1, 3: 4, 4: 3}
    for line, least in ((1, 0.02), (2, 0.04), (4, 0.03)):
        assert found[line][1] >= least * 0.999
    assert seconds(profiler, stair) == pytest.approx(wall, rel=0.01)


def descend(n: int) -> int:
    spin(0.004)
    if n == 0:
        return 0
    below = descend(n - 1)
    spin(0.004)
    return below + 1


@in_one_run
def test_recursion_conserves_time() -> None:
    profiler = measuring()
    watched = profiler(descend)
    start = time.perf_counter()
    watched(6)  # its own calls go to the plain function, which counts meanwhile
    wall = time.perf_counter() - start
    assert seconds(profiler, descend) == pytest.approx(wall, rel=0.01)
    found = rows(profiler, descend)
    assert found[1][0] == 7
    assert found[4][0] == 6
    assert found[4][1] < 0.004  # the calls' time is that of the lines they ran
    assert found[1][1] >= 0.028


def ping(n: int) -> None:
    spin(0.003)
    if n > 0:
        pong(n - 1)


def pong(n: int) -> None:
    spin(0.003)
    if n > 0:
        ping(n - 1)


@in_one_run
def test_mutual_recursion_conserves_the_time_of_each() -> None:
    profiler = measuring(ping, pong)
    with profiler:
        start = time.perf_counter()
        ping(5)
        wall = time.perf_counter() - start
    assert seconds(profiler, ping) == pytest.approx(wall, rel=0.01)
    assert 0.015 <= seconds(profiler, pong) <= wall - 0.003


def steps() -> Iterator[int]:
    for i in range(3):
        spin(0.004)
        yield i
        spin(0.002)


@in_one_run
def test_a_generator_is_timed_while_it_runs() -> None:
    profiler = measuring(steps)
    with profiler:
        inside = 0.0
        made = steps()
        for _ in range(4):
            start = time.perf_counter()
            next(made, None)
            inside += time.perf_counter() - start
            spin(0.01)
    assert seconds(profiler, steps) == pytest.approx(inside, rel=0.01)


async def naps() -> None:
    spin(0.003)
    await asyncio.sleep(0.03)
    spin(0.003)


@in_one_run
def test_a_coroutine_is_not_timed_while_it_waits() -> None:
    profiler = measuring()
    watched = profiler(naps)
    assert inspect.iscoroutinefunction(watched)

    async def several() -> None:
        await asyncio.gather(*(watched() for _ in range(3)))

    start = time.perf_counter()
    asyncio.run(several())
    wall = time.perf_counter() - start
    assert rows(profiler, naps)[1][0] == 3
    assert 0.018 <= seconds(profiler, naps) <= wall - 0.015


def fails() -> None:
    spin(0.005)
    raise KeyError("gone")


@in_one_run
def test_exceptions_end_a_function() -> None:
    profiler = measuring(fails)
    with profiler:
        start = time.perf_counter()
        for _ in range(2):
            with pytest.raises(KeyError):
                fails()
            spin(0.02)
        wall = time.perf_counter() - start
    assert 0.01 <= seconds(profiler, fails) <= wall - 0.04


def texts(numbers: range) -> str:
    text = ""
    for x in numbers:
        text = str(x)
    return text


@in_one_run
def test_the_cost_of_watching_is_taken_off() -> None:
    """How true the price is, ./dev bench lines says: here the machine may be busy with other things
    by the millisecond, so that it is run for some fifty and does more than being watched."""
    offs = []
    for _ in range(
        3
    ):  # a line that is cut at 0, as the machine changed its pace, spoils one of them
        profiler = LineProfiler()
        profiler(texts)(range(300_000))
        corrected = seconds(profiler, texts)
        profiler.raw = True
        measured = seconds(profiler, texts)
        cost = profiler.overhead()
        assert 2e-9 * cost["hits"] < cost["seconds"] < measured <= cost["on"] * 1.001
        offs.append((measured - corrected) / (cost["seconds"] + cost["without_processor"]))
    assert min(abs(off - 1) for off in offs) < 0.05, offs


@in_one_run
def test_first_lines_of_calls_are_no_gap() -> None:
    """Lines of a function that calls itself all the time sum up, too: what lies between two
    activations' lines belongs to one of them."""
    profiler = measuring(fib)
    with profiler:
        start = time.perf_counter()
        fib(20)
        wall = time.perf_counter() - start
    assert seconds(profiler, fib) == pytest.approx(wall, rel=0.02)


def fib(n: int) -> int:
    if n < 2:
        return n
    return fib(n - 1) + fib(n - 2)


PRICED = """
def fib(n):
    if n < 2:
        return n
    return fib(n - 1) + fib(n - 2)

def numbers(n):
    for i in range(n):
        yield i

def added(n):
    total = 0
    for number in numbers(n):
        total += number
    return total

def refuse(i):
    raise ValueError(i)

def caught(n):
    found = 0
    for i in range(n):
        try:
            refuse(i)
        except ValueError:
            found += 1
    return found
"""


def priced() -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(compile(PRICED, "<priced>", "exec"), names)
    return {name: value for name, value in names.items() if inspect.isfunction(value)}


@pytest.mark.parametrize(("work", "n"), [("fib", 20), ("added", 40_000), ("caught", 15_000)])
@in_one_run
def test_the_price_depends_on_what_happens(work: str, n: int) -> None:
    """In processor time, the best of some runs, as the machine changes its pace within them: how true the
    charge is on the whole, ./dev bench lines says."""
    alone, watched = priced()[work], priced()
    profiler = LineProfiler(*watched.values())
    ratios = []
    for number in range(8):
        charged = profiler.overhead()["seconds"]
        spent = []
        for function in (alone, watched[work], alone):  # PY_UNWIND is of all code on 3.12 to 3.14
            with contextlib.nullcontext() if function is alone else profiler:
                start = time.thread_time()
                function(n)
                spent.append(time.thread_time() - start)
        cost = spent[1] - (spent[0] + spent[2]) / 2
        if number:  # the first is to get warm
            ratios.append((profiler.overhead()["seconds"] - charged) / cost)
    assert min(abs(ratio - 1) for ratio in ratios) < 0.15, ratios


BUSY = (sys.executable, "-c", "while True: pass")


@in_one_run
def test_what_others_have_of_the_processors_goes_off_lines() -> None:
    busy = [subprocess.Popen(BUSY) for _ in range(2 * (os.cpu_count() or 1))]
    try:
        profiler = LineProfiler(texts)
        before = time.perf_counter() - time.thread_time()
        with profiler:
            wall, processor = time.perf_counter(), time.thread_time()
            texts(range(400_000))
            wall, processor = time.perf_counter() - wall, time.thread_time() - processor
        without = time.perf_counter() - time.thread_time() - before
    finally:
        for process in busy:
            process.kill()
            process.wait()
    cost = profiler.overhead()
    # Others may have the processor where the profiler is switched on, too.
    assert cost["without_processor"] <= without * 1.05 + 0.01
    assert seconds(profiler, texts) + cost["seconds"] == pytest.approx(processor, rel=0.2)
    profiler.raw = True
    assert seconds(profiler, texts) == pytest.approx(wall, rel=0.01)


@in_one_run
def test_the_slowdown_is_stated() -> None:
    profiler = LineProfiler()
    profiler(worst)(range(100_000))
    assert 1.01 < profiler.slowdown() <= 20.001
    assert profiler.overhead()["hits"] == 200_003
