# SPDX-License-Identifier: Apache-2.0
"""Formatting and checks of the source, with the pinned tools of requirements/lint.txt."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from devkit import setup
from devkit.shell import ROOT, ask, relative, run, say

CPP = {".cpp", ".h", ".c"}
TYPESCRIPT = "typescript@5.9.3"
LARGE_FILE = 500  # Lines from which a file is worth a second look.


def _files() -> list[Path]:
    """Every file of the repository, tracked or new; of a tree without git, all but the ignored."""
    listed = ask(["git", "ls-files", "-co", "--exclude-standard"])
    if listed is not None:
        paths = [ROOT / line for line in listed.splitlines()]
    else:
        folders = [ROOT / name for name in ("src", "python", "tests", "tools", "bench", "examples")]
        paths = [path for folder in folders for path in folder.rglob("*")]
    return [path for path in paths if path.is_file()]


def _tool(name: str) -> Path:
    target = setup.default_interpreter()
    setup.install(target)
    setup.requirements(target, "lint.txt")
    return target.venv / "bin" / name


def _cpp_files() -> list[Path]:
    return [path for path in _files() if path.suffix in CPP]


def fmt() -> int:
    """Rewrite the sources in the project's format."""
    ruff = _tool("ruff")
    run([ruff, "check", "-q", "--fix-only", "--exit-zero", "."])
    run([ruff, "format", "-q", "."])
    cpp = _cpp_files()
    if cpp:
        run([_tool("clang-format"), "-i", *cpp])
    return 0


def lint() -> int:
    """Check format, style, layers and documents; 0 when all is well."""
    ruff = _tool("ruff")
    checks: list[tuple[str, list[str | Path]]] = [
        ("Python style", [ruff, "check", "-q", "."]),
        ("Python types", [_tool("mypy"), "--strict", "python/hone"]),
        ("Python format", [ruff, "format", "-q", "--check", "."]),
        ("layers", [sys.executable, ROOT / "tools/check_layers.py"]),
        ("documents", [sys.executable, ROOT / "tools/check_docs.py"]),
    ]
    checks += _page_check()
    cpp = _cpp_files()
    if cpp:
        words: list[str | Path] = [_tool("clang-format"), "--dry-run", "-Werror"]
        checks.append(("C++ format", [*words, "-ferror-limit=1", *cpp]))
    failed = []
    for name, words in checks:
        say(f"checking {name}")
        if run(words, check=False) != 0:
            failed.append(name)
    _report_sizes()
    if failed:
        say(f"not right: {', '.join(failed)} (`./dev fmt` mends formats)")
        return 1
    say("all checks passed")
    return 0


def _page_check() -> list[tuple[str, list[str | Path]]]:
    """The types in the comments of the page's script; npx keeps TypeScript after the first time."""
    npx = shutil.which("npx")
    if npx is None:
        say("the page's script is not checked: there is no npx (Debian: the package npm)")
        return []
    project = ROOT / "python/hone/report/web/jsconfig.json"
    return [("page script", [npx, "--yes", "-p", TYPESCRIPT, "tsc", "-p", project])]


def _report_sizes() -> None:
    """The longest files: a report, not a gate."""
    rows = []
    for path in _files():
        if path.suffix in {*CPP, ".py"} and "bench/programs" not in str(path):
            lines = path.read_text(encoding="utf-8", errors="replace").count("\n")
            if lines >= LARGE_FILE:
                rows.append((lines, relative(path)))
    for lines, name in sorted(rows, reverse=True)[:10]:
        say(f"long file: {lines} lines, {name}")
