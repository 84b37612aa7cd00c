# SPDX-License-Identifier: Apache-2.0
"""The call tree in the terminal: the heaviest first, nothing below one percent."""

from __future__ import annotations

from collections.abc import Iterator

from hone.recording.model import Recording
from hone.recording.rows import NONE
from hone.recording.summary import SCALES
from hone.recording.trees import Tree, needed
from hone.report.formats import Options, shown

_LEAST = 0.01
_DEEPEST = 60  # levels that are indented; programs that recurse go on for thousands


def render(recording: Recording, options: Options) -> Iterator[str]:
    tree = needed(recording, options.metric)
    totals = tree.totals(tree.own_of_all())
    whole = sum(total for total, parent in zip(totals, tree.parent, strict=True) if parent == NONE)
    if tree.estimated:
        yield "estimated: only callers and callees were recorded, shared out in proportion\n"
    yield from _lines(recording, tree, totals, whole)


def _lines(recording: Recording, tree: Tree, totals: list[int], whole: int) -> Iterator[str]:
    scale = SCALES.get(tree.unit, 1)
    unit = "seconds" if scale != 1 else tree.unit
    below = tree.children()

    def kept(node: int) -> list[int]:
        heavy = [child for child in below.get(node, ()) if totals[child] >= _LEAST * whole]
        return sorted(heavy, key=lambda child: -totals[child])

    todo = [(node, "", "", 0) for node in reversed(kept(NONE))]
    while todo:
        node, branch, indent, depth = todo.pop()
        function = recording.functions[tree.function[node]]
        where = shown.place(function)
        yield (
            f"{shown.share(totals[node], whole):>6}  {shown.amount(totals[node] * scale, unit):>9}  "
            f"{branch}{shown.printable(shown.title(function))}"
            f"{'  ' + shown.printable(where) if where else ''}\n"
        )
        children = kept(node)
        if depth >= _DEEPEST and children:
            yield f"{'':19}{indent}└─ …\n"
            continue
        for at in range(len(children) - 1, -1, -1):
            last = at == len(children) - 1
            more = (f"{indent}└─ ", f"{indent}   ") if last else (f"{indent}├─ ", f"{indent}│  ")
            todo.append((children[at], *more, depth + 1))
