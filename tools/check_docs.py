# SPDX-License-Identifier: Apache-2.0
"""Check that what ARCHITECTURE.md and the internals pages name in backticks exists.

A text in backticks counts as a path when it starts with a folder or file of the repository, and then
it must exist (a `*` stands for any name, `<...>` for any part). It counts as a symbol when it ends in
`()` or is written with `::`, and then its last name must occur in src/, python/ or tools/. Relative
links must lead somewhere. ARCHITECTURE.md has at most 200 lines: a longer map is not read.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MAP_LINES = 200
CODE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")
SOURCES = {".h", ".cpp", ".c", ".def", ".py", ".cmake"}


def documents() -> list[Path]:
    """The pages that are checked."""
    pages = [ROOT / "ARCHITECTURE.md", ROOT / "README.md"]
    pages += sorted((ROOT / "docs").rglob("*.md"))
    return [page for page in pages if page.exists()]


@cache
def source_words() -> frozenset[str]:
    """Every identifier in the sources."""
    words: set[str] = set()
    for folder in ("src", "python", "tools", "cmake"):
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in SOURCES:
                text = path.read_text(encoding="utf-8", errors="replace")
                words.update(re.findall(r"[A-Za-z_]\w*", text))
    return frozenset(words)


@cache
def top_names() -> frozenset[str]:
    return frozenset(path.name for path in ROOT.iterdir())


def problem_with(code: str) -> str | None:
    """Why the text CODE in backticks is wrong, or None."""
    word = code.strip().removeprefix("./")
    if re.fullmatch(r"[\w.*<>{},/+-]+", word) and word.split("/")[0] in top_names() and "/" in word:
        pattern = re.sub(r"<[^>]*>", "*", word).rstrip("/")
        names = _braces(pattern)
        missing = [name for name in names if not any(ROOT.glob(name))]
        return f"`{missing[0]}` does not exist" if missing else None
    symbol = re.fullmatch(r"(?:[A-Za-z_]\w*(?:::|\.))*([A-Za-z_]\w*)\(\)", word)
    scoped = re.fullmatch(r"(?:[A-Za-z_]\w*::)+([A-Za-z_]\w*)", word)
    found = symbol or scoped
    if found and found.group(1) not in source_words():
        return f"`{code}` is in no source"
    return None


def _braces(pattern: str) -> list[str]:
    """The patterns that a{b,c} stands for."""
    found = re.search(r"\{([^}]*)\}", pattern)
    if not found:
        return [pattern]
    head, tail = pattern[: found.start()], pattern[found.end() :]
    return [name for part in found.group(1).split(",") for name in _braces(head + part + tail)]


def check(page: Path) -> Iterator[str]:
    """The problems of one page, as `path:line: text`."""
    lines = page.read_text(encoding="utf-8").splitlines()
    name = page.relative_to(ROOT)
    fenced = False
    for number, line in enumerate(lines, start=1):
        if line.lstrip().startswith("```"):
            fenced = not fenced
        if fenced:
            continue
        for code in CODE.findall(line):
            problem = problem_with(code)
            if problem:
                yield f"{name}:{number}: {problem}"
        for target in LINK.findall(line):
            if not (page.parent / target).exists():
                yield f"{name}:{number}: the link {target} leads nowhere"
    if page.name == "ARCHITECTURE.md" and len(lines) > MAP_LINES:
        yield f"{name}: {len(lines)} lines; a map has at most {MAP_LINES}"


def main() -> int:
    problems = [problem for page in documents() for problem in check(page)]
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
