# SPDX-License-Identifier: Apache-2.0
"""A store as a recording."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from hone.memory.store import FULL, NATIVE, RECORDING, Head, Place, Store
from hone.recording.meta import Slowdown, here
from hone.recording.model import Recording
from hone.recording.rows import NONE, Allocation, Footprint, Function, Kind
from hone.sampling.nodes import Nodes

OUTSIDE = Function("~", 0, "<no Python code>", kind=Kind.NATIVE)


def recording(store: Store, name: str, words: list[str]) -> Recording:
    """What the program called NAME, started by WORDS, asked for."""
    found = Recording()
    nodes = Nodes(found, store.codes, store.nodes)
    outside = None
    for place in _fitted(store):
        stack = nodes.stack(place.node)
        if stack == NONE:
            if outside is None:
                outside = found.stacks.append(NONE, found.functions.add(OUTSIDE), 0)
            stack = outside
        if (
            found.stacks.path(stack)[-1] not in nodes.own
        ):  # hone's frames are never below the program's
            found.allocations.append(_row(stack, place))
    found.footprints = [
        Footprint(at * store.stretch, max(0, round(most)))
        for at, most in enumerate(store.footprint)
    ]
    _describe(found, store, name, words)
    return found


def _row(stack: int, place: Place) -> Allocation:
    return Allocation(
        stack,
        bytes=_count(place.asked),
        number=_count(place.number),
        peak=_count(place.peak),
        live=_count(place.live),
        temporary=_count(place.temporary),
        copied=_count(place.copied),
        domain=place.domain,
        live_number=_count(place.live_number),
    )


def _count(value: float) -> int:
    return max(0, round(value))


def _fitted(store: Store) -> Iterator[Place]:
    """Estimates that sum up to what was counted: how much they differ is shared out as their variances
    are, so that what is known exactly stays."""
    bytes_, numbers, variances = Counter[int](), Counter[int](), Counter[int]()
    for place in store.places:
        bytes_[place.domain] += place.asked  # type: ignore[assignment]
        numbers[place.domain] += place.number  # type: ignore[assignment]
        variances[place.domain] += place.asked_variance  # type: ignore[assignment]
    for place in store.places:
        domain = place.domain
        asked, number = place.asked, place.number
        if variances[domain]:
            rest = store.head.asked[domain] - bytes_[domain]
            asked = max(asked + rest * place.asked_variance / variances[domain], 0.0)
            number *= store.head.number[domain] / numbers[domain] if numbers[domain] else 1
        part = place.temporary / place.asked if place.asked else 0.0
        yield place._replace(asked=asked, number=number, temporary=part * asked)


def _describe(found: Recording, store: Store, name: str, words: list[str]) -> None:
    head = store.head
    meta = found.meta = here(name, words)
    meta.python = f"CPython {head.python >> 24}.{head.python >> 16 & 255}.{head.python >> 8 & 255}"
    meta.pid, meta.started = head.process, head.started
    meta.wall_seconds = head.now * 1e-9
    meta.slowdown = slowdown(head)
    meta.interval_bytes = head.most_mean
    meta.remarks = list(_remarks(found.allocations, head))


def slowdown(head: Head) -> Slowdown | None:
    """From what samples took by the clock, and the price of all other blocks, which was measured before the
    program began; it may have been half or twice as much where caches were less or more in use."""
    if not head.now:
        return None
    blocks = sum(head.number) * head.block_cost
    ratios = (
        head.now / max(head.now - head.cost - part * blocks, head.now * 0.01)
        for part in (1.0, 0.5, 2.0)
    )
    return Slowdown(*ratios)


_ROUGH = 1.2  # times what the peak may be: where estimates went beyond, that is said


def _reach(bytes_: float, variance: float) -> float:
    """What an estimate may be off by with 95 %, as a part of it."""
    return 1.96 * max(variance, 0.0) ** 0.5 / bytes_ if bytes_ > 0 else 0.0


def _about(reach: float) -> str:
    return f" ± {reach:.1%}" if reach > 0.0005 else ""


def _remarks(rows: Sequence[Allocation], head: Head) -> Iterator[str]:
    from hone.report.formats.shown import amount

    def size(value: float) -> str:
        return amount(value, "bytes")

    reach = _reach(head.peak, head.peak_variance)
    yield (
        f"peak {size(head.peak)}{_about(reach)} after {head.peak_at * 1e-9:.2f} s; "
        f"held at the end {size(max(head.live, 0))}{_about(_reach(head.live, head.live_variance))}"
    )
    temporary, copied = sum(row.temporary for row in rows), head.copied
    yield (
        f"asked for {size(sum(head.asked))} in {sum(head.number):,} blocks, "
        f"{size(head.asked[NATIVE])} of it natively; temporary {size(temporary)}; "
        f"copied {size(copied)}"
    )
    if head.samples and head.most_mean > 1:
        yield f"{head.samples:,} samples, one in {size(head.mean)} at the end"
    if head.most > head.peak * (1 + reach) * _ROUGH:
        yield (
            f"so much was asked for that the samples don't exclude a peak of up to {size(head.most)}: "
            "--every 4k, or 1, tells it, and takes longer"
        )
    if head.state == FULL:
        yield "the recording ended early: no room for its file"
    elif head.state == RECORDING:
        yield "recorded until the program ended at once, as by os._exit, exec or a signal"
