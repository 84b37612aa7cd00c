# SPDX-License-Identifier: Apache-2.0
"""Makes a failing program smaller: deletes statements, or replaces a compound one by its body, while
it still fails."""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator

BLOCKS = ("body", "orelse", "handlers", "finalbody")


def shrink(source: str, fails: Callable[[str], bool], budget: int = 200) -> str:
    """The smallest failing program found with at most `budget` questions."""
    tree = ast.parse(source)
    smaller = True
    while smaller and budget > 0:
        smaller = False
        for candidate in _candidates(tree):
            if budget <= 0:
                break
            budget -= 1
            if fails(ast.unparse(candidate)):
                tree = candidate
                smaller = True
                break
    return ast.unparse(tree) + "\n"


def _candidates(tree: ast.Module) -> Iterator[ast.Module]:
    for owner, (name, index) in _places(tree):
        for replacement in _replacements(owner, name, index):
            changed = copy.deepcopy(tree)
            target = next(
                o
                for o, place in _places(changed)
                if _same(tree, owner, changed, o) and place == (name, index)
            )
            getattr(target, name)[index : index + 1] = copy.deepcopy(replacement)
            if getattr(target, name):
                yield ast.fix_missing_locations(changed)


def _replacements(owner: ast.AST, name: str, index: int) -> list[list[ast.stmt]]:
    statement = getattr(owner, name)[index]
    inner = [
        getattr(statement, block) for block in ("body", "orelse") if getattr(statement, block, None)
    ]
    return [[]] + ([] if isinstance(statement, ast.FunctionDef) else inner)


def _places(tree: ast.AST) -> Iterator[tuple[ast.AST, tuple[str, int]]]:
    for node in ast.walk(tree):
        for name in BLOCKS:
            block = getattr(node, name, None)
            if isinstance(block, list) and name != "handlers":
                for index in range(len(block)):
                    yield node, (name, index)


def _same(tree: ast.AST, node: ast.AST, other_tree: ast.AST, other: ast.AST) -> bool:
    nodes, others = list(ast.walk(tree)), list(ast.walk(other_tree))
    return nodes.index(node) == others.index(other)
