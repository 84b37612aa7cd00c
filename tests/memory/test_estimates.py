# SPDX-License-Identifier: Apache-2.0
"""Samples: they are few, and what they say of all is true. Chances are fixed by a seed."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hone.memory import store as stores
from hone.memory.recorded import recording
from hone.memory.store import Head, Place, Store
from tests.memory.run import profiled

# Asks for and holds known amounts, in many sizes, and says what tracemalloc makes of it.
# Lists have their length before: whether one grows in place is the C library's choice.
KNOWN = """
def small(found):
    for i in range(len(found)):
        found[i] = bytes(40 + i % 400)  # small
    return found
def middle(found):
    for i in range(len(found)):
        found[i] = bytearray(2_000 + i % 20_000)  # middle
    return found
def large(found):
    for i in range(len(found)):
        found[i] = bytearray(1_000_000)  # large
    return found
def churn(n):
    for i in range(n):
        bytes(500 + i % 50)  # churn
a = small([None] * 60_000)
b = middle([None] * 1_000)
c = large([None] * 10)
churn(200_000)
"""


@pytest.mark.parametrize("every", ["4k", "32k"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_sums_are_near(tmp_path: Path, every: str, seed: int) -> None:
    exact = profiled(tmp_path, KNOWN)
    seen = profiled(tmp_path, KNOWN, "--every", every, "--seed", seed)
    for name in ("asked", "peak", "held"):
        wanted = getattr(exact.whole(), name)
        reach = 0.05 if name == "asked" or every == "4k" else 0.08
        assert getattr(seen.whole(), name) == pytest.approx(wanted, rel=reach), name
    assert seen.whole().asked == pytest.approx(exact.whole().asked, rel=0.02)
    for mark in ("small", "middle", "large", "churn"):
        ours, true = seen.at(mark), exact.at(mark)
        reach = 4 * math.sqrt(1024 * int(every[:-1]) / true.asked)  # four standard deviations
        assert ours.asked == pytest.approx(true.asked, rel=reach), mark
    assert seen.at("large").held == pytest.approx(exact.at("large").held, rel=0.01)
    assert seen.at("churn").temporary == pytest.approx(seen.at("churn").asked, rel=0.05)
    assert seen.at("churn").held < 20_000


def test_the_exact_sums_agree_with_tracemalloc(tmp_path: Path) -> None:
    exact = profiled(tmp_path, KNOWN)
    text = KNOWN.replace("a = small", "import tracemalloc; tracemalloc.start(); a = small") + (
        "found = tracemalloc.take_snapshot().statistics('lineno')\n"
        "import json\n"
        "print(json.dumps({one.traceback[0].lineno: one.size for one in found}))\n"
    )
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, check=True)
    held = json.loads(done.stdout)
    lines = KNOWN.splitlines()
    for mark in ("small", "middle", "large"):
        line = next(at for at, one in enumerate(lines, 1) if one.endswith(f"# {mark}"))
        assert exact.at(mark).held == pytest.approx(held[str(line)], rel=0.01), mark


def test_without_a_rate_the_budget_decides(tmp_path: Path) -> None:
    exact, seen = profiled(tmp_path, KNOWN), profiled(tmp_path, KNOWN, "--seed", 1)
    assert seen.whole().asked == pytest.approx(exact.whole().asked, rel=0.05)
    slower = seen.recording.meta.slowdown
    assert slower is not None
    assert 1 <= slower.low <= slower.ratio <= slower.high


PLACES = st.lists(
    st.builds(
        Place,
        node=st.just(0),
        domain=st.sampled_from([0, 1]),
        asked=st.integers(0, 10**12).map(float),
        number=st.integers(0, 10**9).map(float),
        live=st.floats(0, 1e12),
        live_number=st.floats(0, 1e9),
        peak=st.floats(0, 1e12),
        temporary=st.just(0.0),
        copied=st.floats(0, 1e12),
        asked_variance=st.integers(0, 10**20).map(float),
    ),
    max_size=8,
)


@settings(deadline=None)
@given(PLACES, st.integers(0, 10**12), st.integers(0, 10**12))
def test_estimates_are_fitted_to_what_was_counted(
    places: list[Place], python: int, native: int
) -> None:
    head = Head(0x030E0000, 0, 0.0, 1, 2, 0.0, 0.0, 0.0, 0.0, 1, 0, 0.0, (python, native), (9, 9), 0, 10, 1, 1, 1.0, 1.0, 1.0)  # fmt: skip
    found = recording(Store(head, places=places), "p", ["p"])
    for domain, wanted in ((0, python), (1, native)):
        own = [place for place in places if place.domain == domain]
        fitted = sum(row.bytes for row in found.allocations if row.domain == domain)
        if sum(place.asked_variance for place in own) and wanted >= sum(p.asked for p in own):
            assert fitted == pytest.approx(wanted, rel=1e-6, abs=len(own) + 1)
        elif not sum(place.asked_variance for place in own):
            assert fitted == pytest.approx(sum(p.asked for p in own), rel=1e-6, abs=len(own))


@settings(deadline=None)
@given(st.binary(max_size=400), st.integers(0, 2000))
def test_a_damaged_store_is_refused(garbage: bytes, at: int) -> None:
    import tempfile

    with tempfile.NamedTemporaryFile() as file:
        whole = bytearray(30_000)
        whole[:8] = b"honememo"
        whole[8] = stores.VERSION
        whole[at + 16 : at + 16 + len(garbage)] = garbage
        whole[24576 : 24576 + len(garbage)] = garbage
        file.write(whole)
        file.flush()
        try:
            stores.read(file.name)
        except stores.StoreError as error:
            assert "store" in str(error) or "damaged" in str(error)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_passing_sample_is_no_peak(tmp_path: Path, seed: int) -> None:
    """Copies of 100 kB, one at a time, of which a sample stands for 1 MB, on top of 60 MB that are held."""
    text = (
        "kept = [bytearray(10_000_000) for _ in range(6)]  # kept\n"
        "def churn():\n"
        "    for i in range(4000): bytes(100_000)  # churn\n"
        "churn()\n"
    )
    seen = profiled(tmp_path, text, "--every", "1m", "--seed", seed)
    assert seen.at("churn").asked > 100_000_000
    assert seen.at("churn").peak == 0
    assert seen.at("kept").peak == pytest.approx(60e6, rel=0.01)


def test_where_nothing_is_sure_the_largest_estimate_is_the_peak(tmp_path: Path) -> None:
    text = "kept = [bytearray(1_000_000) for _ in range(3)]  # kept\n"
    peaks = [
        profiled(tmp_path, text, "--every", "2m", "--seed", seed).at("kept").peak
        for seed in range(1, 7)
    ]
    assert any(peaks)


@pytest.mark.parametrize(("most", "said"), [(1.2e6, False), (3e6, True)])
def test_a_much_larger_peak_that_is_not_excluded_is_told(most: float, said: bool) -> None:
    head = Head(0x030E0000, 0, 0.0, 1, 2, 0.0, 1e6, 0.0, 1e10, 1, 0, most, (10**9, 0), (9, 9), 0, 10, 1, 1, 1.0, 1e6, 1e6)  # fmt: skip
    remarks = recording(Store(head), "p", ["p"]).meta.remarks
    assert any("a peak of up to" in remark for remark in remarks) == said
