# SPDX-License-Identifier: Apache-2.0
"""Signals and threads that are served while an inlined function loops: Python code sees its frame,
and the compiled code goes on unless somebody keeps what it saw."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.engine.test_loops import run

# `wait` is small enough to be walked in place of its call. It is called often, so that its bytecode
# says what it works on.
START = """
import signal, sys, traceback
flags = [0]
seen = []

def wait(flags, start):
    turns = start
    while flags[0] == 0:
        turns += 1
    return turns - turns

def work(rounds):
    total = 0
    for i in range(rounds):
        flags[0] = 0
        signal.setitimer(signal.ITIMER_REAL, 0.002, 0.002)
        total += wait(flags, i) + 1
    return total

def chain(frame):
    found = []
    while frame.f_code.co_name != "<module>":
        values = frame.f_locals
        shown = {name: values[name] for name in sorted(values) if name in ("i", "rounds", "start")}
        found.append((frame.f_code.co_name, shown, frame.f_lineno in LINES))
        frame = frame.f_back
    return found

LINES = range(6, 20)
for i in range(200):
    flags[0] = 1
    wait(flags, i)
"""
# The timer goes on ticking through whatever compiles or calls: only what hits the loop counts.
SEES = """
def on_alarm(number, frame):
    if frame.f_code.co_name == "wait" and not flags[0]:
        seen.append(chain(frame))
        flags[0] = 1
"""
RAISES = """
class Stop(Exception):
    pass

def on_alarm(number, frame):
    if frame.f_code.co_name == "wait" and not flags[0]:
        seen.append(chain(frame))
        flags[0] = 1
        if len(seen) == 3:
            signal.setitimer(signal.ITIMER_REAL, 0)
            raise Stop
"""
KEEPS = """
kept = []
def on_alarm(number, frame):
    if frame.f_code.co_name == "wait" and not flags[0]:
        kept.append(frame)
        if len(kept) % 3 == 0:
            seen.append([chain(frame), [f is frame for f in kept[-3:]]])
            flags[0] = 1
"""
# From then on, the profiler sees every call.
PROFILES = """
def note(frame, event, _):
    if event == "call" and frame.f_code.co_name == "wait":
        seen[-1].append(frame.f_locals["start"])

def on_alarm(number, frame):
    if frame.f_code.co_name == "wait" and not flags[0]:
        flags[0] = 1
        if len(seen) < 4:
            seen.append(frame.f_locals["start"])
        elif len(seen) == 4:
            seen.append([])
            sys.setprofile(note)
"""
WORK = """
signal.signal(signal.SIGALRM, on_alarm)
try:
    print(work(12))
except BaseException as error:
    sys.setprofile(None)
    lines = traceback.extract_tb(error.__traceback__)
    print([(line.name, line.line) for line in lines])
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    print([inner.f_back is outer for outer, inner in zip(frames, frames[1:])])
signal.setitimer(signal.ITIMER_REAL, 0)
print(seen)
"""


def served(source: str, tmp_path: Path) -> dict[str, Any]:
    """What hone says of `work`, whose program prints the same without hone."""
    program, report = tmp_path / "program.py", tmp_path / "report"
    program.write_text(source)
    settings = {"threshold": 0, "loops": "never", "compare": False}
    assert run(settings, program, report) == run(None, program)
    rows = {row["qualname"]: row for row in json.loads(report.read_text())}
    assert rows["work"]["state"] == "compiled"
    return rows["work"]


def test_a_handler_sees_the_inlined_frame_and_compiled_code_goes_on(tmp_path: Path) -> None:
    assert served(START + SEES + WORK, tmp_path)["exits"] == 0


@pytest.mark.parametrize("handler", [RAISES, KEEPS, PROFILES])
def test_handlers_that_raise_or_keep_the_frame(handler: str, tmp_path: Path) -> None:
    served(START + handler + WORK, tmp_path)


def test_other_threads_run_while_an_inlined_function_loops(tmp_path: Path) -> None:
    source = """
import threading, time

def release():
    time.sleep(0.05)
    flags[0] = 1

def work(rounds):
    total = 0
    for i in range(rounds):
        flags[0] = 0
        thread = threading.Thread(target=release)
        thread.start()
        total += wait(flags, i) + 1
        thread.join()
    return total
print(work(5))
"""
    assert served(START + source, tmp_path)["exits"] == 0
