# SPDX-License-Identifier: Apache-2.0
"""The program notices nothing, and however it ends, what was recorded is there."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.command import HONE, hone, write
from tests.memory.run import EXACTLY, profiled

MB = 1_000_000
HOLD = "kept = bytearray(3_000_000)  # kept\n"


def held(seen: object) -> bool:
    return abs(seen.at("kept").held - 3 * MB) < 2000  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("ending", "status"),
    [
        ("", 0),
        ("import sys; sys.exit(7)", 7),
        ("import os; os._exit(9)", 9),
        ("raise ValueError('no')", 1),
        ("import os; os.execv('/bin/sh', ['sh', '-c', 'exit 5'])", 5),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", -signal.SIGKILL),
        ("import os; os.abort()", -signal.SIGABRT),
        ("raise KeyboardInterrupt", -signal.SIGINT),
    ],
)
def test_endings(tmp_path: Path, ending: str, status: int) -> None:
    seen = profiled(tmp_path, HOLD + ending + "\n")
    assert seen.done.returncode == status, seen.done.stderr
    assert held(seen)
    at_once = any(word in ending for word in ("_exit", "exec", "SIGKILL", "abort"))
    said = "recorded until the program ended at once" in " ".join(seen.recording.meta.remarks)
    assert said == at_once


def test_output_and_status_are_the_programs(tmp_path: Path) -> None:
    text = """
        import os, sys
        print("out", sys.argv[1:], __name__)
        print("err", file=sys.stderr)
        print(sorted(key for key in os.environ if "HONE" in key or "PRELOAD" in key))
        print(sorted(os.listdir("/proc/self/fd")))
        try:
            raise ValueError("x")
        except ValueError as error:
            import traceback
            traceback.print_exc(file=sys.stdout)
        """
    program = write(tmp_path, text)
    plain = subprocess.run(
        [sys.executable, program, "a", "b"], capture_output=True, text=True, check=True
    )
    done = hone("memory", "-q", "--record", tmp_path / "seen.hone", program, "a", "b")
    assert (done.returncode, done.stdout, done.stderr) == (0, plain.stdout, plain.stderr)


def test_a_child_is_not_profiled(tmp_path: Path) -> None:
    seen = profiled(
        tmp_path,
        """
        import os, threading, time
        kept = bytearray(1_000_000)  # kept
        def busy():
            while not over: [bytes(100) for _ in range(1000)]
        over = False
        threads = [threading.Thread(target=busy) for _ in range(3)]
        for one in threads: one.start()
        for _ in range(20):
            child = os.fork()
            if child == 0:
                more = [bytearray(100_000) for _ in range(100)]  # child
                del more
                thread = threading.Thread(target=lambda: bytearray(1_000_000))
                thread.start()
                thread.join()
                os._exit(3)
            assert os.waitpid(child, 0)[1] >> 8 == 3
        over = True
        for one in threads: one.join()
        after = bytearray(2_000_000)  # after
        print("done")
        """,
    )
    assert seen.done.returncode == 0, seen.done.stderr
    assert seen.done.stdout.startswith("done\n")
    assert seen.at("child").asked == 0
    assert abs(seen.at("kept").held - MB) < 2000
    assert abs(seen.at("after").held - 2 * MB) < 2000


def test_subprocesses_and_pools(tmp_path: Path) -> None:
    seen = profiled(
        tmp_path,
        """
        import multiprocessing, subprocess, sys
        def square(n):
            return n * n
        if __name__ == "__main__":
            print(subprocess.check_output([sys.executable, "-c", "print(5)"]))
            for method in ("fork", "spawn"):
                with multiprocessing.get_context(method).Pool(2) as pool:
                    print(pool.map(square, range(5)))
            kept = bytearray(3_000_000)  # kept
        """,
        "--every",
        "4k",
    )
    assert seen.done.returncode == 0, seen.done.stderr
    assert seen.done.stdout.count("[0, 1, 4, 9, 16]") == 2
    assert held(seen)


def test_many_threads_at_once(tmp_path: Path) -> None:
    """Blocks go from thread to thread, threads come and go: nothing is left over."""
    seen = profiled(
        tmp_path,
        """
        import queue, threading, zlib
        blocks = queue.Queue(50)
        def make(n):
            for i in range(n):
                blocks.put(zlib.compress(bytes(5000)) * 100)  # made
        def take(n):
            for i in range(n):
                blocks.get()
        for _ in range(5):
            threads = [threading.Thread(target=make, args=(200,)) for _ in range(4)]
            threads += [threading.Thread(target=take, args=(200,)) for _ in range(4)]
            for one in threads: one.start()
            for one in threads: one.join()
        """,
        "--every",
        "64",
    )
    assert seen.done.returncode == 0, seen.done.stderr
    made = seen.at("made")
    assert made.asked > 4000 * 2000
    assert made.held < 20_000


def test_killed_from_outside(tmp_path: Path) -> None:
    program = write(tmp_path, HOLD + "print('ready', flush=True)\nimport time; time.sleep(60)\n")
    record = tmp_path / "seen.hone"
    with subprocess.Popen(
        [HONE, "memory", *EXACTLY, "--record", record, program],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=600)
    assert process.returncode == -signal.SIGTERM
    from hone.recording import reader

    assert sum(row.live for row in reader.load(record).allocations) >= 3 * MB


def test_no_room_for_the_store(tmp_path: Path) -> None:
    done = hone(
        "memory",
        write(tmp_path, "print('ran')\n"),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000)),
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.endswith("can't be written: there is no room; nothing was run\n")


def test_start_and_stop(tmp_path: Path) -> None:
    """In one process, again and again, with blocks that outlive a session."""
    text = f"""
        from hone import _core
        kept = []
        for turn in range(20):
            path = {str(tmp_path)!r} + f"/store{{turn}}"
            open(path, "w").close()
            _core.start_memory(path, every=1)
            assert _core.profiles_memory()
            kept.append([bytes(1000) for _ in range(100)])
            if turn % 2: kept.clear()
            if turn % 3 == 0:
                import zlib
                zlib.compress(bytes(100_000))
            _core.stop_memory()
            assert not _core.profiles_memory()
            kept.append(bytearray(2_000_000))
            if turn % 5 == 0: kept.clear()
        from hone.memory import store
        for turn in range(20):
            found = store.read({str(tmp_path)!r} + f"/store{{turn}}")
            assert 100_000 < sum(found.head.asked) < 2_000_000, found.head
        try:
            _core.start_memory("/no/such/file")
        except RuntimeError as error:
            print(error)
        """
    done = subprocess.run(
        [sys.executable, write(tmp_path, text)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "/no/such/file is not a file of this user's" in done.stdout
