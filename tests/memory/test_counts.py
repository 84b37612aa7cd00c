# SPDX-License-Identifier: Apache-2.0
"""Every block exactly: who asked for it, what is held at the peak and at the end, temporary, copied."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.memory.run import profiled

MB = 1_000_000
HEAD = 200  # bytes, at most, of an object's own besides its data


def near(value: float, wanted: float, least: float = HEAD) -> bool:
    return abs(value - wanted) <= max(least, wanted * 0.001)


def test_what_is_held(tmp_path: Path) -> None:
    seen = profiled(
        tmp_path,
        """
        kept = bytearray(1_000_000)  # kept
        def gone():
            return len(bytearray(2_000_000))  # gone
        gone()
        """,
    )
    kept, gone = seen.at("kept"), seen.at("gone")
    assert near(kept.asked, MB)
    assert near(kept.held, MB)
    assert near(gone.asked, 2 * MB)
    assert gone.held == 0
    assert near(gone.peak, 2 * MB)
    assert near(kept.peak, MB)


def test_the_peak_is_made_of_what_was_there(tmp_path: Path) -> None:
    seen = profiled(
        tmp_path,
        """
        a = bytearray(3_000_000)  # first
        del a
        b = bytearray(2_000_000)  # low
        c = bytearray(2_000_000)  # high
        del b, c
        d = bytearray(1_000_000)  # last
        """,
    )
    assert near(seen.at("low").peak, 2 * MB)
    assert near(seen.at("high").peak, 2 * MB)
    assert seen.at("first").peak == seen.at("last").peak == 0
    assert near(seen.at("last").held, MB)
    assert max(row.bytes for row in seen.recording.footprints) >= 4 * MB


def test_small_objects(tmp_path: Path) -> None:
    seen = profiled(
        tmp_path,
        """
        from itertools import repeat
        def make():
            return [object() for _ in repeat(None, 10_000)]  # make
        kept = make()
        """,
    )
    made = seen.at("make")
    list_of_them = 10_000 * 8
    assert 10_000 * 16 + list_of_them <= made.held <= 10_000 * 16 + list_of_them * 1.2
    assert 10_000 <= made.blocks <= 10_100


def test_pythons_map_of_its_arenas_is_nobodys(tmp_path: Path) -> None:
    """It grows by 128 KiB where an arena comes from other 16 GiB of addresses than those before."""
    seen = profiled(
        tmp_path,
        """
        import mmap, sys
        from itertools import repeat
        MAP_NORESERVE = 0x4000  # mmap.MAP_NORESERVE came with 3.13
        far = mmap.mmap(-1, 1 << 34, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | MAP_NORESERVE)
        def make():
            return [object() for _ in repeat(None, 200_000)]  # make
        kept = make()
        print(sys.getsizeof(kept))
        """,
    )
    assert seen.done.returncode == 0, seen.done.stderr
    assert near(seen.at("make").held, 200_000 * 16 + int(seen.done.stdout), 20_000)


def test_a_list_that_grows(tmp_path: Path) -> None:
    """Where it grows in place, the difference counts; all of it is held by the line that grew it."""
    seen = profiled(
        tmp_path,
        """
        def grow():
            found = []
            for _ in range(500_000):
                found.append(None)  # grow
            return found
        kept = grow()
        """,
    )
    grown = seen.of("grow")
    assert 500_000 * 8 <= grown.held <= 500_000 * 8 * 1.13
    assert grown.asked <= 500_000 * 8 * 12


def test_shrinking(tmp_path: Path) -> None:
    seen = profiled(
        tmp_path,
        """
        kept = bytearray(8_000_000)  # made
        del kept[1_000_000:]  # cut
        """,
    )
    held = seen.at("made").held + seen.at("cut").held
    assert near(held, MB, 4096), held


def test_temporary(tmp_path: Path) -> None:
    seen = profiled(
        tmp_path,
        """
        def soon(n):
            for _ in range(n):
                bytes(1000)  # soon
        def late(n):
            kept = [bytes(1000) for _ in range(n)]  # late
        soon(2000)
        late(2000)
        """,
    )
    soon, late = seen.at("soon"), seen.at("late")
    assert soon.temporary >= 0.99 * soon.asked > 2 * MB * 0.99
    assert late.temporary < 0.1 * late.asked


def test_native_blocks(tmp_path: Path) -> None:
    seen = profiled(
        tmp_path,
        """
        import ctypes
        libc = ctypes.CDLL(None)
        for name in ("malloc", "calloc", "realloc", "aligned_alloc", "memalign"):
            getattr(libc, name).restype = ctypes.c_void_p
        libc.free.argtypes = [ctypes.c_void_p]
        size = ctypes.c_size_t
        a = libc.malloc(size(1_000_000))  # malloc
        b = libc.calloc(size(1000), size(2000))  # calloc
        c = libc.aligned_alloc(size(64), size(3_000_000))  # aligned
        d = libc.memalign(size(64), size(4_000_000))  # memalign
        e = ctypes.c_void_p()
        libc.posix_memalign(ctypes.byref(e), size(64), size(5_000_000))  # posix
        libc.free(libc.malloc(size(6_000_000)))  # freed
        f = libc.malloc(size(1_000_000))  # before
        f = libc.realloc(ctypes.c_void_p(f), size(7_000_000))  # realloc
        """,
    )
    for mark, size in (("malloc", 1), ("calloc", 2), ("aligned", 3), ("memalign", 4), ("posix", 5)):
        found = seen.at(mark)
        assert near(found.held, size * MB, 2000), mark
        assert near(found.native, size * MB, 2000), mark
    assert seen.at("freed").held < 2000
    assert near(seen.at("freed").asked, 6 * MB, 2000)
    assert seen.at("before").held < 2000
    assert near(seen.at("realloc").held, 7 * MB, 2000)


def test_mappings(tmp_path: Path) -> None:
    seen = profiled(
        tmp_path,
        """
        import mmap
        a = mmap.mmap(-1, 1 << 20)  # kept
        b = mmap.mmap(-1, 2 << 20)  # closed
        b.close()
        private = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
        c = mmap.mmap(-1, 1 << 20, private)  # resized
        c.resize(3 << 20)  # resize
        """,
    )
    assert near(seen.at("kept").held, 1 << 20, 2000)
    assert seen.at("closed").held < 2000
    assert near(seen.at("closed").asked, 2 << 20, 2000)
    assert near(seen.at("resize").held + seen.at("resized").held, 3 << 20, 2000)


def test_copies(tmp_path: Path) -> None:
    seen = profiled(
        tmp_path,
        """
        data = b"x" * 1_000_000
        def copy():
            for _ in range(10):
                bytearray(data)  # copy
        copy()
        """,
    )
    assert near(seen.at("copy").copied, 10 * MB, 1000)


def test_numpy(tmp_path: Path) -> None:
    pytest.importorskip("numpy", reason="there is no NumPy for this Python yet")
    seen = profiled(
        tmp_path,
        """
        import numpy as np
        kept = np.ones(1_000_000, dtype="f8")
        def temporaries():
            for _ in range(5):
                kept + 1  # temporary
        temporaries()
        copied = kept.copy()  # copy
        """,
    )
    assert near(seen.at("temporary").asked, 40 * MB, 10_000)
    assert seen.at("temporary").held < 2000
    assert near(seen.at("copy").held, 8 * MB, 2000)
    assert near(seen.at("copy").copied, 8 * MB, 2000)


def test_threads(tmp_path: Path) -> None:
    """Each thread's blocks stand at its own lines; one that another thread frees is freed."""
    seen = profiled(
        tmp_path,
        """
        import threading
        kept = []
        def leak():
            kept.append(bytearray(1_000_000))  # leak
        def give():
            given.append(bytearray(2_000_000))  # give
        given = []
        threads = [threading.Thread(target=leak) for _ in range(8)]
        threads.append(threading.Thread(target=give))
        for one in threads: one.start()
        for one in threads: one.join()
        given.clear()
        """,
    )
    assert near(seen.at("leak").held, 8 * MB, 8 * HEAD + 2000)
    assert seen.at("give").held < 2000
    assert near(seen.at("give").asked, 2 * MB, 2000)


def test_without_the_gil(tmp_path: Path) -> None:
    seen = profiled(
        tmp_path,
        """
        import ctypes, threading
        libc = ctypes.CDLL(None)  # lets go of the GIL
        libc.malloc.restype = ctypes.c_void_p
        libc.free.argtypes = [ctypes.c_void_p]
        def work():
            for _ in range(2000):
                block = libc.malloc(ctypes.c_size_t(3000))  # block
                libc.free(block)
            libc.malloc(ctypes.c_size_t(500_000))  # left
        threads = [threading.Thread(target=work) for _ in range(4)]
        for one in threads: one.start()
        for one in threads: one.join()
        """,
    )
    assert near(seen.at("block").native, 4 * 2000 * 3000, 4000)
    assert near(seen.at("left").held, 4 * 500_000, 4000)


def test_deep_stacks(tmp_path: Path) -> None:
    seen = profiled(
        tmp_path,
        """
        import sys
        sys.setrecursionlimit(5000)
        def deep(n):
            if n == 0:
                return bytearray(1_000_000)  # bottom
            return deep(n - 1)
        kept = deep(2000)
        """,
    )
    assert near(seen.at("bottom").held, MB)
    stacks = seen.recording.stacks
    assert max(len(stacks.path(row.stack)) for row in seen.recording.allocations) >= 2000


def test_generators_and_coroutines(tmp_path: Path) -> None:
    seen = profiled(
        tmp_path,
        """
        import asyncio
        def generate():
            yield bytearray(1_000_000)  # yielded
        async def inner():
            await asyncio.sleep(0)
            return bytearray(2_000_000)  # awaited
        async def outer():
            return await inner()  # outer
        kept = list(generate()), asyncio.run(outer())
        """,
    )
    assert near(seen.at("yielded").held, MB)
    assert near(seen.at("awaited").held, 2 * MB)
    assert seen.at("outer").held < 2000
    stacks, functions = seen.recording.stacks, seen.recording.functions
    paths = [
        [functions[stacks.function[at]].name for at in stacks.path(row.stack)]
        for row in seen.recording.allocations
        if row.live > MB
    ]
    assert any(path[:2] == ["inner", "outer"] for path in paths)


@pytest.mark.parametrize("allocator", ["pymalloc", "malloc", "debug", "malloc_debug", "mimalloc"])
def test_other_allocators(tmp_path: Path, allocator: str) -> None:
    if allocator == "mimalloc" and sys.version_info < (3, 13):
        pytest.skip("mimalloc came with 3.13")
    import os

    seen = profiled(
        tmp_path,
        """
        kept = [bytes(100) for _ in range(10_000)]  # small
        big = bytearray(5_000_000)  # big
        """,
        env={**os.environ, "PYTHONMALLOC": allocator},
    )
    assert 10_000 * (100 + 33 + 8) <= seen.at("small").held <= 10_000 * (100 + 33 + 8) * 1.05
    assert near(seen.at("big").held, 5 * MB)


def test_beside_tracemalloc(tmp_path: Path) -> None:
    """Whichever is on first: neither loses or frees the other's blocks."""
    text = """
        import tracemalloc
        tracemalloc.start()
        size = -tracemalloc.get_traced_memory()[0]
        kept = [bytes(1000) for _ in range(1000)]  # during
        size += tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        more = [bytes(1000) for _ in range(1000)]  # after
        print(1_000_000 <= size < 1_200_000)
        """
    import os

    for environment in ({}, {"PYTHONTRACEMALLOC": "1"}):
        seen = profiled(tmp_path, text, env={**os.environ, **environment})
        assert seen.done.stdout.startswith("True\n"), seen.done.stderr
        for mark in ("during", "after"):
            held = seen.at(mark).held
            notes = 300_000 if mark == "during" else 0  # of tracemalloc's
            assert 1000 * 1041 <= held <= 1000 * 1041 + 50_000 + notes, mark


def test_libraries_that_are_loaded_later(tmp_path: Path) -> None:
    seen = profiled(
        tmp_path,
        """
        import zlib, lzma, sqlite3
        packer = lzma.LZMACompressor()  # lzma
        db = sqlite3.connect(":memory:")
        db.execute("create table t (a)")
        db.executemany("insert into t values (?)", [("x" * 1000,)] * 2000)  # rows
        """,
    )
    assert seen.at("lzma").held > 10 * MB
    assert seen.at("rows").native > 2 * MB


def test_foreign_threads_have_no_python_stack(tmp_path: Path) -> None:
    seen = profiled(
        tmp_path,
        """
        import _thread, time
        kept = []
        def run():
            kept.append(bytearray(1_000_000))  # run
        _thread.start_new_thread(run, ())
        while not kept: time.sleep(0.01)
        """,
    )
    assert near(seen.at("run").held, MB, 2000)
