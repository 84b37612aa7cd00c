# SPDX-License-Identifier: Apache-2.0
"""Are the stacks true? None is impossible, shares are what the programs spend, all threads are seen."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from hone.recording.rows import Kind, State
from tests.machine import in_one_run
from tests.sampling.run import SPIN, sampled

FLUTTER = """
import sys, time
def leaf_a(n):
    x = n + 1
    return x
def leaf_b(n):
    x = n + 2
    return x
def mid_a(n): return leaf_a(n) + leaf_a(n)
def mid_b(n): return leaf_b(n) + leaf_b(n)
def key_a(n): return leaf_a(n)
def key_b(n): return leaf_b(n)
def gen_a():
    for i in range(3): yield leaf_a(i)
def gen_b():
    for i in range(3): yield leaf_b(i)
class A:
    def __init__(self): self.x = leaf_a(1)
    def __eq__(self, other): return leaf_a(2) == 0
class B:
    def __init__(self): self.x = leaf_b(1)
    def __eq__(self, other): return leaf_b(2) == 0
def main():
    end = time.thread_time() + float(sys.argv[1])
    while time.thread_time() < end:
        for i in range(100):
            mid_a(i); mid_b(i)
            list(map(key_a, (1, 2))); list(map(key_b, (1, 2)))
            list(gen_a()); list(gen_b())
            A() in (1, 2); B() in (1, 2)
main()
"""
CALLERS = {
    "leaf_a": {"mid_a", "key_a", "gen_a", "A.__init__", "A.__eq__"},
    "leaf_b": {"mid_b", "key_b", "gen_b", "B.__init__", "B.__eq__"},
}
OF_MAIN = {"mid_a", "mid_b", "key_a", "key_b", "gen_a", "gen_b"}


@pytest.mark.smoke
def test_alternating_calls_make_no_impossible_stack(tmp_path: Path) -> None:
    seen = sampled(tmp_path, FLUTTER, words=("2",))
    stacks = seen.stacks()
    assert len(stacks) > 500
    for stack in stacks:
        assert stack[0] == "<module>"
        for caller, callee in pairwise(stack):
            assert caller in CALLERS.get(callee, {caller}), stack
            assert callee not in OF_MAIN or caller == "main", stack


def test_code_that_comes_and_goes_keeps_its_name(tmp_path: Path) -> None:
    """New code objects come to old ones' addresses all the time."""
    program = """
        import time
        end = time.thread_time() + 1.5
        number = 0
        while time.thread_time() < end:
            number = (number + 1) % 1000
            names = {}
            exec(f"def f{number}():\\n    g{number}()\\n    g{number}()\\n"
                 f"def g{number}():\\n    for _ in range(2000): pass\\n", names)
            names[f"f{number}"]()
    """
    stacks = sampled(tmp_path, program).stacks()
    pairs = [(a, b) for stack in stacks for a, b in pairwise(stack) if b[0] == "g"]
    assert len(pairs) > 100
    assert all(a == "f" + b[1:] for a, b in pairs)


@pytest.mark.smoke
@in_one_run
def test_shares_are_what_the_program_spends(tmp_path: Path) -> None:
    program = SPIN + (
        "def quarter(): spin(0.025)\ndef rest(): spin(0.075)\nfor _ in range(20): quarter(); rest()\n"
    )
    seen = sampled(tmp_path, program, "--mode", "cpu")
    quarter, rest = seen.share("quarter"), seen.share("rest")
    assert quarter / (quarter + rest) == pytest.approx(0.25, abs=0.03)
    assert quarter + rest > 0.8  # the rest is what the interpreter does at first and last


@in_one_run
def test_small_functions_are_not_favoured(tmp_path: Path) -> None:
    """Where samples are taken at calls only, those who call get too much."""
    program = """
        import time
        def called(n): return n
        def calling(count):
            for i in range(count): called(i)
        def straight(count):
            for i in range(count): a = i; b = a; c = b; d = c; e = d; a = e; b = a; c = b
        spent = {calling: 0.0, straight: 0.0}
        while sum(spent.values()) < 2:
            for function in spent:
                begin = time.thread_time()
                function(3000)
                spent[function] += time.thread_time() - begin
        print(spent[calling] / sum(spent.values()))
    """
    seen = sampled(tmp_path, program, "--mode", "cpu")
    truth = float(seen.done.stdout.split()[0])
    calling, straight = seen.share("calling"), seen.share("straight")
    assert calling / (calling + straight) == pytest.approx(truth, abs=0.03)
    assert 0.03 < seen.share("called") < calling / 2


def test_every_thread_is_seen_and_named(tmp_path: Path) -> None:
    program = SPIN + (
        "import threading\n"
        "def work(): spin(0.4)\n"
        "def wait(): time.sleep(1)\n"
        "threads = [threading.Thread(target=work, name=f'worker {i}') for i in range(3)]\n"
        "threads.append(threading.Thread(target=wait, name='waiter'))\n"
        "for t in threads: t.start()\n"
        "while any(t.is_alive() for t in threads): time.sleep(0.01)\n"
    )
    seen = sampled(tmp_path, program)
    assert seen.done.returncode == 0
    rows = seen.recording
    running: dict[str, set[bool]] = {}
    for sample in rows.samples:
        names = seen.names(sample.stack)
        thread = rows.threads[sample.thread].name
        if "work" in names or "wait" in names:
            running.setdefault(thread, set()).add(bool(sample.state & State.RUNNING))
            assert ("wait" in names) == (thread == "waiter")
    assert set(running) == {"worker 0", "worker 1", "worker 2", "waiter"}
    assert all(True in states for name, states in running.items() if name != "waiter")
    assert False in running["waiter"]


def test_a_thread_in_c_code_on_another_processor_is_seen(tmp_path: Path) -> None:
    """It never stands still by its clock, and has not the GIL."""
    program = (
        SPIN + "import threading, zlib\n"
        "data = bytes(range(256)) * 3000\n"
        "def squeeze():\n    for i in range(4): zlib.compress(data, 9)\n"
        "thread = threading.Thread(target=squeeze)\n"
        "thread.start()\nwhile thread.is_alive(): spin(0.02)\n"
    )
    seen = sampled(tmp_path, program)
    assert seen.done.returncode == 0
    looks = sum("squeeze" in seen.names(sample.stack) for sample in seen.recording.samples)
    assert looks >= 2


def test_a_thread_that_sleeps_in_short_turns_is_not_running(tmp_path: Path) -> None:
    """It ran between any two samples, but for microseconds."""
    program = (
        SPIN + "def nap():\n    for i in range(80): time.sleep(0.01)\nnap()\nspin(0.3)\n"
        "print(time.thread_time())\n"
    )
    seen = sampled(tmp_path, program)
    running = {
        name: sum(
            sample.weight
            for sample in seen.recording.samples
            if sample.state & State.RUNNING and name in seen.names(sample.stack)
        )
        for name in ("nap", "spin")
    }
    used = float(seen.done.stdout) * 1e9
    assert 0.2e9 < running["spin"] <= used * 1.05 + 0.03e9
    assert running["nap"] <= used - 0.3e9 + 0.03e9


@in_one_run
def test_modes_leave_out_what_they_say(tmp_path: Path) -> None:
    program = (
        SPIN
        + "import hashlib\nspin(0.3)\ntime.sleep(0.6)\n"
        + (
            "data = bytes(1 << 20)\nend = time.thread_time() + 0.6\n"
            "def hashing():\n    while time.thread_time() < end: hashlib.sha256(data)\nhashing()\n"
        )
    )
    by_mode = {mode: sampled(tmp_path, program, "--mode", mode) for mode in ("wall", "cpu", "gil")}
    assert by_mode["cpu"].whole < by_mode["wall"].whole - 0.4e9  # it slept
    assert by_mode["cpu"].share("hashing") > 0.4
    # Hashing is done without the GIL.
    assert by_mode["gil"].share("hashing") < by_mode["cpu"].share("hashing") - 0.15


@in_one_run
def test_garbage_collection_and_native_calls_are_told(tmp_path: Path) -> None:
    program = """
        import gc, time
        data = [[n] for n in range(200_000)]
        end = time.thread_time() + 0.7
        while time.thread_time() < end: gc.collect()
        end = time.thread_time() + 0.7
        numbers = list(range(200_000))
        while time.thread_time() < end: sorted(numbers, key=str)
    """
    seen = sampled(tmp_path, program, "--native", "--mode", "cpu")
    assert 0.3 < seen.share("<garbage collection>") < 0.7
    # What carries out sorted() is called differently from one build of CPython to the next.
    native = [row.name for row in seen.recording.functions if row.kind & Kind.NATIVE]
    native.remove("<garbage collection>")
    assert any(0.3 < seen.share(name) < 0.7 for name in native)


@in_one_run
def test_lines_are_those_that_run(tmp_path: Path) -> None:
    program = SPIN + "def two():\n    spin(0.3)\n    spin(0.9)\ntwo()\n"
    seen = sampled(tmp_path, program, "--mode", "cpu")
    rows, weights = seen.recording, {}
    for sample in rows.samples:
        for at in rows.stacks.path(sample.stack):
            if rows.functions[rows.stacks.function[at]].name == "two":
                line = rows.stacks.line[at]
                weights[line] = weights.get(line, 0) + sample.weight
    first, second = (weights[line] for line in sorted(weights))
    assert first / (first + second) == pytest.approx(0.25, abs=0.03)


def test_deep_recursion(tmp_path: Path) -> None:
    program = SPIN + (
        "import sys\nsys.setrecursionlimit(5000)\n"
        "def down(n):\n    if n: down(n - 1)\n    else: spin(0.5)\ndown(1500)\n"
    )
    deepest = max(map(len, sampled(tmp_path, program).stacks()))
    assert deepest == 1503  # <module>, 1501 times down, spin


@in_one_run
def test_compiled_functions_have_their_own_samples(tmp_path: Path) -> None:
    pytest.importorskip("hone._jit", reason="this build of hone has no compiler")
    program = """
        import time, hone
        @hone.jit
        def inner(n):
            s = 0
            for i in range(n):
                s += i * i % 7
            return s
        @hone.jit
        def outer(n):
            t = 0
            for k in range(n): t += inner(3000)
            return t
        end = time.thread_time() + 2
        while time.thread_time() < end: outer(50)
    """
    # Each sample may make a function that was inlined run on in the interpreter.
    seen = sampled(tmp_path, program, "--mode", "cpu", "-r", "200")
    kinds = {row.name: row.kind for row in seen.recording.functions}
    assert kinds["inner"] & Kind.COMPILED
    assert seen.share("inner") > 0.8 * seen.share("outer") > 0
    for stack in seen.stacks():
        if stack[-1] == "inner":
            assert stack[-2] == "outer"
