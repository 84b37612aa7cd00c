# SPDX-License-Identifier: Apache-2.0
"""Places of a call tree weighed so that each pair of caller and callee has, with all below, what was measured."""

from __future__ import annotations

from collections.abc import Sequence

from hone.recording.callgraph import Edge
from hone.recording.rows import NONE

_ROUNDS = 8  # enough; where times contradict each other, more would make the others worse
_STEP = 0.5  # of the way, as several pairs of a stack are mended at once
_MOST = 8.0  # times, in one round
_FARTHEST = 1e12  # times, for a node: what contradicts itself would go on for ever


def fitted(parent: Sequence[int], edges: Sequence[Edge], seconds: Sequence[float]) -> list[float]:
    """SECONDS, by node, times a factor for each pair that leads to it: iterative proportional fitting."""
    number = {edge: at for at, edge in enumerate(dict.fromkeys(edges))}
    kinds = [number[edge] for edge in edges]
    outermost = _outermost(parent, kinds)
    factors = [1.0] * len(number)
    found = list(seconds)
    for _ in range(_ROUNDS):
        sums = _cumulative(parent, kinds, outermost, _own(number, kinds, found))
        for edge, at in number.items():
            if edge.cumulative > edge.own and sums[at] > 0:
                step = (edge.cumulative / sums[at]) ** _STEP
                factor = factors[at] * min(max(step, 1 / _MOST), _MOST)
                factors[at] = min(max(factor, 1 / _FARTHEST), _FARTHEST)
        found = _times(parent, kinds, outermost, factors, seconds)
    return found


def _outermost(parent: Sequence[int], kinds: Sequence[int]) -> list[bool]:
    """By node whether its pair is not above it, too."""
    found = []
    for node, kind in enumerate(kinds):
        above = parent[node]
        while above != NONE and kinds[above] != kind:
            above = parent[above]
        found.append(above == NONE)
    return found


def _own(number: dict[Edge, int], kinds: Sequence[int], seconds: Sequence[float]) -> list[float]:
    """By node its part of its pair's own time."""
    placed = [0.0] * len(number)
    for kind, weight in zip(kinds, seconds, strict=True):
        placed[kind] += weight
    rates = [edge.own / placed[at] if placed[at] else 0.0 for edge, at in number.items()]
    return [weight * rates[kind] for kind, weight in zip(kinds, seconds, strict=True)]


def _cumulative(
    parent: Sequence[int], kinds: Sequence[int], outermost: Sequence[bool], own: list[float]
) -> list[float]:
    """By pair, recursion once; OWN is used up."""
    sums = [0.0] * len(own)
    for node in range(len(own) - 1, -1, -1):
        if outermost[node]:
            sums[kinds[node]] += own[node]
        if parent[node] != NONE:
            own[parent[node]] += own[node]
    return sums


def _times(
    parent: Sequence[int],
    kinds: Sequence[int],
    outermost: Sequence[bool],
    factors: Sequence[float],
    seconds: Sequence[float],
) -> list[float]:
    along: list[float] = []
    for node, above in enumerate(parent):
        factor = along[above] if above != NONE else 1.0
        if outermost[node]:
            factor = min(max(factor * factors[kinds[node]], 1 / _FARTHEST), _FARTHEST)
        along.append(factor)
    return [factor * weight for factor, weight in zip(along, seconds, strict=True)]
