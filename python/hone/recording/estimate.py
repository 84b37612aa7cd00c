# SPDX-License-Identifier: Apache-2.0
"""Stacks for a profile that has callers and callees alone (docs/internals/reports.md).

Time goes down from where calls began, at each function in proportion to what its callees took, the heaviest
place first. That says how the places of one edge compare; each then gets its part of the own time that was
measured for the edge. So every function keeps its own time, wherever the stacks are cut off.
"""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from dataclasses import dataclass, field

from hone.recording.callgraph import SPECK, CallGraph, Edge
from hone.recording.rows import NONE

_MOST = 20_000  # nodes, beyond those that own times need
_LEAST = 1e-9  # seconds: what a node is worth making for
_LEAST_OF_CYCLES = 1e-4  # the same of all time, for what is in a cycle of calls, or below one
_ROUNDS = 4  # of a recursion through several functions: as often a stack has one of them


@dataclass
class Nodes:
    """Columns by node; parents come before their children."""

    parent: list[int] = field(default_factory=list)
    edge: list[Edge] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)  # with all below
    cyclic: list[bool] = field(default_factory=list)  # below a cycle, or in it

    def add(self, parent: int, edge: Edge, seconds: float, cyclic: bool) -> int:
        self.parent.append(parent)
        self.edge.append(edge)
        self.seconds.append(seconds)
        self.cyclic.append(cyclic)
        return len(self.parent) - 1


def estimate(graph: CallGraph) -> tuple[Nodes, list[int]]:
    """The nodes, and the nanoseconds that each has as its own."""
    return (nodes := _Growing(graph).grown()), _own(nodes)


class _Growing:
    def __init__(self, graph: CallGraph) -> None:
        self.graph = graph
        self.nodes = Nodes()
        self.queue: list[tuple[float, int]] = []
        self.edges: set[tuple[int, int]] = set()  # those that have a node
        self.functions: set[int] = set()
        self.least_of_cycles = _LEAST_OF_CYCLES * sum(edge.flow for edge in graph.starts)

    def grown(self) -> Nodes:
        for edge in self.graph.starts:
            self._add(NONE, edge, edge.flow)
        while self.queue:
            seconds, node = heapq.heappop(self.queue)
            self._expand(node, -seconds)
        return self.nodes

    def _add(self, parent: int, edge: Edge, seconds: float) -> None:
        cyclic = parent != NONE and (self.nodes.cyclic[parent] or self.graph.cyclic(edge))
        node = self.nodes.add(parent, edge, seconds, cyclic)
        self.edges.add((edge.caller, edge.callee))
        self.functions.add(edge.callee)
        heapq.heappush(self.queue, (-seconds, node))

    def _expand(self, node: int, seconds: float) -> None:
        edge = self.nodes.edge[node]
        below = seconds * edge.below
        out = self.graph.out[edge.callee]
        kept = self._possible(node, out)
        whole = sum(other.flow for other in kept)
        shares = {other.callee: below * (other.flow / whole) for other in kept}
        for other in out:
            share = shares.get(other.callee, 0.0)
            if self._needed(other) or (share and self._worthwhile(node, other, share)):
                self._add(node, other, max(share, SPECK))

    def _possible(self, node: int, out: list[Edge]) -> list[Edge]:
        """Without those that a stack can't have again; recursion ends after some rounds, with what is new."""
        if not any(map(self.graph.cyclic, out)):
            return out
        seen: Counter[int] = Counter()
        while node != NONE:
            edge = self.nodes.edge[node]
            seen[edge.callee] += 1
            node = self.nodes.parent[node] if self.graph.cyclic(edge) else NONE
        ends = max(seen.values()) >= _ROUNDS
        return [
            edge for edge in out if not (seen[edge.callee] and (ends or self._once(edge.callee)))
        ]

    def _once(self, function: int) -> bool:
        return not self.graph.recursive(function)

    def _needed(self, edge: Edge) -> bool:
        """Own time must have a place, and what is below an edge a way to it."""
        if edge.callee not in self.functions:
            return True
        return edge.own > 0 and (edge.caller, edge.callee) not in self.edges

    def _worthwhile(self, node: int, edge: Edge, seconds: float) -> bool:
        cyclic = self.nodes.cyclic[node] or self.graph.cyclic(edge)
        return (
            seconds >= (self.least_of_cycles if cyclic else _LEAST)
            and len(self.nodes.parent) < _MOST
        )


def _own(nodes: Nodes) -> list[int]:
    """Of each edge's own time what its nodes are worth. What rounding takes from a function's node, its next gets."""
    placed: dict[tuple[int, int], float] = defaultdict(float)
    for edge, seconds in zip(nodes.edge, nodes.seconds, strict=True):
        placed[edge.caller, edge.callee] += seconds
    owed: dict[int, float] = defaultdict(float)
    found = []
    for edge, seconds in zip(nodes.edge, nodes.seconds, strict=True):
        exact = edge.own * 1e9 * (seconds / placed[edge.caller, edge.callee]) + owed[edge.callee]
        found.append(max(round(exact), 0))
        owed[edge.callee] = exact - found[-1]
    return found
