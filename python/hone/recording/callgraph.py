# SPDX-License-Identifier: Apache-2.0
"""Who called whom, with what is known of each pair: calls, and seconds without and with what they led to.

Edges that lead from one cycle of calls to another are facts: a stack has such an edge once, so their seconds
with all below add up. Within a cycle they overlap: `flow` is what they would add up to. What a function calls of itself is
within it, and no edge.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import add

from hone.recording.rows import NONE, Call, Total

# What a call is taken for where times say nothing, in seconds: far below what a clock can tell.
SPECK = 1e-15
_MOST_NESTED = 0.999  # of a recursive edge's time, below itself: 1 would never end


@dataclass(slots=True)
class Edge:
    """Calls from CALLER, or NONE, to CALLEE."""

    caller: int
    callee: int
    calls: int = 0
    primitive: int = 0
    own: float = 0.0
    cumulative: float = 0.0  # recursion counts once
    flow: float = 0.0  # the same, but once for each of its frames on a stack; never 0

    @property
    def below(self) -> float:
        """The part of its time that is in what it leads to."""
        return 1 - self.own / self.cumulative if self.cumulative > self.own else 0.0


class CallGraph:
    """Edges by caller and callee; every function is led to from NONE."""

    def __init__(self, totals: Sequence[Total], calls: Sequence[Call]) -> None:
        self.totals = {total.function: total for total in totals}
        self.edges: dict[tuple[int, int], Edge] = {}
        self.again: dict[int, Call] = {}  # the calls of itself, by function
        for call in calls:
            if call.caller == call.callee:
                old = self.again.get(call.callee, Call(call.callee, call.callee, 0, 0, 0.0, 0.0))
                self.again[call.callee] = Call(*call[:2], *map(add, old[2:], call[2:]))
                continue
            edge = self._edge(call.caller, call.callee)
            edge.calls += call.calls
            edge.primitive += call.primitive
            edge.own += max(call.own, 0.0)
            edge.cumulative += max(call.cumulative, 0.0)
        self.out: dict[int, list[Edge]] = defaultdict(list)
        self.into: dict[int, list[Edge]] = defaultdict(list)
        for edge in self.edges.values():
            if edge.caller != NONE:
                self.out[edge.caller].append(edge)
            self.into[edge.callee].append(edge)
        self.component = components(self._functions(), self.out)
        self.members: dict[int, list[int]] = defaultdict(list)
        for function, number in self.component.items():
            self.members[number].append(function)
        told = [edge for edge in self.edges.values() if edge.caller == NONE]
        self.starts = list({id(edge): edge for edge in (*self._starts(), *told)}.values())
        self._conserve()
        for members in self.members.values():
            self._weigh(members)

    def _edge(self, caller: int, callee: int) -> Edge:
        return self.edges.setdefault((caller, callee), Edge(caller, callee))

    def _functions(self) -> list[int]:
        found = dict.fromkeys(self.totals)
        found.update(dict.fromkeys(self.again))
        for edge in self.edges.values():
            found.update(dict.fromkeys((edge.caller, edge.callee)))
        found.pop(NONE, None)
        return list(found)

    def cyclic(self, edge: Edge) -> bool:
        """Whether it is part of a cycle."""
        return self.component.get(edge.caller, NONE) == self.component[edge.callee]

    def recursive(self, function: int) -> bool:
        """Whether a stack may have it twice, with others between."""
        total = self.totals.get(function)
        return total is None or total.calls - total.primitive > self._itself(function).calls

    def _itself(self, function: int) -> Call:
        return self.again.get(function) or Call(function, function, 0, 0, 0.0, 0.0)

    def _cumulative(self, function: int) -> float:
        return self.totals[function].cumulative if function in self.totals else 0.0

    def _starts(self) -> Iterator[Edge]:
        """Calls that no other function made; where nobody is said to have begun, the one with most."""
        heaviest = sorted(self.component, key=lambda function: -self._cumulative(function))
        missing = {function: self._missing(function) for function in heaviest}
        begun = {
            self.component[function]
            for function in heaviest
            if missing[function] > 0 or any(not self.cyclic(edge) for edge in self.into[function])
        }
        for function in heaviest:
            if missing[function] > 0 or self.component[function] not in begun:
                begun.add(self.component[function])
                yield self._start(function, max(missing[function], 1))

    def _missing(self, function: int) -> int:
        total = self.totals.get(function)
        calls = self._itself(function).calls + sum(edge.calls for edge in self.into[function])
        return total.calls - calls if total else 0

    def _start(self, function: int, calls: int) -> Edge:
        into = self.into[function]
        own = self.totals[function].own if function in self.totals else 0.0
        outer = sum(edge.cumulative for edge in into if not self.cyclic(edge))
        rest = max(own - self._itself(function).own - sum(edge.own for edge in into), 0.0)
        made = self._edge(NONE, function)
        if made not in into:
            into.append(made)
        made.calls += calls
        made.primitive += calls
        made.own += rest
        made.cumulative += max(self._cumulative(function) - outer, rest)
        return made

    def _conserve(self) -> None:
        """Own times of what leads to a function make up the function's own."""
        for function, total in self.totals.items():
            into, own = self.into[function], max(total.own, 0.0)
            known = sum(edge.own for edge in into)
            parts = [
                edge.own if known else edge.cumulative + SPECK * max(edge.calls, 1) for edge in into
            ]
            whole = sum(parts) or 1.0
            if known != own:
                for edge, part in zip(into, parts, strict=True):
                    edge.own = own * (part / whole)

    def _weigh(self, members: list[int]) -> None:
        """`flow` of all edges that lead to the functions of a cycle, or to one that is in none."""
        into = [edge for function in members for edge in self.into[function]]
        within = [edge for edge in into if self.cyclic(edge)]
        if within:
            self._share_starts(members, into)
        whole = sum(edge.cumulative for edge in into if not self.cyclic(edge))
        for edge in into:
            edge.flow = max(edge.cumulative, edge.own) + SPECK * max(edge.calls, 1)
        for edge in within:
            if whole > 0:
                edge.flow /= 1 - min(edge.cumulative / whole, _MOST_NESTED)

    def _share_starts(self, members: list[int], into: list[Edge]) -> None:
        """Starts within a cycle overlap as its edges do. Together they have what no other way in has."""
        whole = sum(edge.own for edge in into)
        for function in members:
            whole += sum(edge.cumulative for edge in self.out[function] if not self.cyclic(edge))
        entries = [edge for edge in into if not self.cyclic(edge)]
        starts = [edge for edge in entries if edge.caller == NONE]
        rest = whole - sum(edge.cumulative for edge in entries if edge.caller != NONE)
        claimed = sum(edge.cumulative for edge in starts)
        for edge in starts:
            part = edge.cumulative / claimed if claimed else 1 / len(starts)
            edge.cumulative = max(rest * part, edge.own)


def components(functions: Sequence[int], out: dict[int, list[Edge]]) -> dict[int, int]:
    """By function the number of its strongly connected component: those that lead to each other (Tarjan's
    algorithm, without recursion)."""
    index: dict[int, int] = {}
    low: dict[int, int] = {}
    found: dict[int, int] = {}
    open_: list[int] = []
    for first in functions:
        todo = [] if first in index else [(first, iter(out.get(first, ())))]
        while todo:
            function, rest = todo[-1]
            if function not in index:
                index[function] = low[function] = len(index)
                open_.append(function)
            for edge in rest:
                callee = edge.callee
                if callee not in index:
                    todo.append((callee, iter(out.get(callee, ()))))
                    break
                if callee not in found:
                    low[function] = min(low[function], index[callee])
            else:
                todo.pop()
                if todo:
                    above = todo[-1][0]
                    low[above] = min(low[above], low[function])
                if low[function] == index[function]:
                    number = len(found)
                    while function not in found:
                        found[open_.pop()] = number
    return found
