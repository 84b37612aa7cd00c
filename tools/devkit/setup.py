# SPDX-License-Identifier: Apache-2.0
"""Builds and virtual environments.

One build folder, build/dev, serves every interpreter: its cache holds their list. Each interpreter
has a virtual environment (.venv for the default one, .venv-3.14 and so on), into which hone is
installed as a link to the built package, so that a change of Python source needs no step at all.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from devkit import pythons
from devkit.shell import ROOT, Stop, ask, need, quiet, relative, run, say

BUILD = ROOT / "build" / "dev"


@dataclass(frozen=True)
class Interpreter:
    """One CPython that hone is built and tested for."""

    executable: Path  # The real one, never a virtual environment's.
    version: str  # Full: "3.14.10"; also its name in the build folder.
    default: bool

    @property
    def short(self) -> str:
        return ".".join(self.version.split(".")[:2])

    @property
    def venv(self) -> Path:
        return ROOT / (".venv" if self.default else f".venv-{self.short}")

    @property
    def python(self) -> Path:
        return self.venv / "bin" / "python"


def default_interpreter() -> Interpreter:
    """The one of the environment variable PYTHON, else the first python3 on PATH."""
    return _described(os.environ.get("PYTHON") or "python3", default=True)


def interpreter(wanted: str) -> Interpreter:
    """The interpreter named by a version ("3.14") or a path; brought when need be."""
    default = default_interpreter()
    if re.fullmatch(r"3\.\d+", wanted):
        if default.short == wanted:
            return default
        found = pythons.find(wanted)
        if found is None and wanted in pythons.BROUGHT:
            pythons.bring([wanted])
            found = pythons.find(wanted)
        if found is None:
            raise Stop(f"there is no CPython {wanted} with headers on this machine")
        wanted = str(found)
    other = _described(wanted, default=False)
    return default if other.version == default.version else other


def _described(command: str, *, default: bool) -> Interpreter:
    executable = pythons.real_executable(command)
    if not pythons.has_headers(executable):
        run([executable, "-I", ROOT / "tools/describe_python.py"], check=False)
        raise Stop(f"hone can't be built for {executable}; PYTHON=… names another interpreter")
    version = pythons.version_of(executable)
    if version is None:
        raise Stop(f"{executable} does not start")
    return Interpreter(executable, version, default)


def build(interpreters: Sequence[Interpreter], *, tests: bool) -> None:
    """Build the package for INTERPRETERS and, if asked, the C++ tests."""
    _configure(interpreters)
    targets = [f"python-{each.version}" for each in interpreters]
    if tests:
        targets.append("unit-tests")
    jobs = str(os.cpu_count() or 2)
    run(
        ["cmake", "--build", BUILD, "-j", jobs, "--target", *targets],
        env={"NINJA_STATUS": "[%f/%t %es] "},
    )


def _configure(interpreters: Sequence[Interpreter]) -> None:
    """Configure when the folder is new or an interpreter is; else ninja sees to it."""
    need("cmake", "cmake")
    need("ninja", "ninja-build")
    need("llvm-config-19", "llvm-19-dev")
    cached = _cached_pythons()
    known = [path for path in cached if Path(path).exists()]
    wanted = _different([*(str(each.executable) for each in interpreters), *known])
    default = str(default_interpreter().executable)
    if default in wanted:
        # The C++ tests of rooms that see Python use the first one.
        wanted = [default, *(path for path in wanted if path != default)]
    if wanted == cached and (BUILD / "build.ninja").exists():
        return
    say(f"configuring {relative(BUILD)} for {len(wanted)} interpreter(s)")
    quiet(["cmake", "--preset", "dev", f"-DHONE_PYTHONS={';'.join(wanted)}"])


def _different(paths: Sequence[str]) -> list[str]:
    """Each interpreter once, under the first of its PATHS: links lead to some."""
    first: dict[Path, str] = {}
    for path in paths:
        first.setdefault(Path(path).resolve(), path)
    return list(first.values())


def _cached_pythons() -> list[str]:
    try:
        cache = (BUILD / "CMakeCache.txt").read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    found = re.search(r"^HONE_PYTHONS:\w+=(.*)$", cache, re.MULTILINE)
    return [path for path in found.group(1).split(";") if path] if found else []


def install(target: Interpreter) -> None:
    """Make TARGET's environment: what the tests need, and hone as a link to the built package."""
    _make_venv(target)
    requirements(target, "test.txt")
    answer = ask([target.python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"])
    if answer is None:
        raise Stop(f"{relative(target.venv)} is broken: remove it and try again")
    site = Path(answer)
    link = site / "hone"
    package = BUILD / "python" / target.version / "hone"
    if not (link.is_symlink() and link.resolve() == package.resolve()):
        if link.exists() and not link.is_symlink():
            quiet([target.python, "-m", "pip", "uninstall", "-y", "-q", "hone-toolkit"])
        link.unlink(missing_ok=True)
        link.symlink_to(package)
    _write_metadata(target, site)


def _make_venv(target: Interpreter) -> None:
    stamp = target.venv / "hone-base"
    base = f"{target.executable} {target.version}\n"
    if stamp.exists() and stamp.read_text(encoding="utf-8") == base and target.python.exists():
        return
    say(f"making {relative(target.venv)} with CPython {target.version}")
    try:
        quiet([target.executable, "-m", "venv", "--clear", target.venv])
    except Stop as problem:
        raise Stop(f"{problem}\nDebian: install the package python3-venv") from None
    stamp.write_text(base, encoding="utf-8")


def requirements(target: Interpreter, name: str) -> None:
    """Install requirements/NAME into TARGET's environment unless it was already."""
    wanted = ROOT / "requirements" / name
    stamp = target.venv / f"hone-{name}"
    digest = hashlib.sha256(wanted.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text(encoding="utf-8") == digest:
        return
    say(f"installing requirements/{name} into {relative(target.venv)}")
    pip = [target.python, "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    try:
        quiet([*pip, "-r", wanted])
    except Stop as problem:
        raise Stop(
            f"{problem}\nthe packages of requirements/{name} could not be installed: is there a network?"
        ) from None
    stamp.write_text(digest, encoding="utf-8")


def _write_metadata(target: Interpreter, site: Path) -> None:
    """What pip and importlib.metadata want to know, and the command `hone`."""
    version = hone_version()
    info = site / f"hone_toolkit-{version}.dist-info"
    entries = entry_points()
    written = info / "entry_points.txt"
    if not written.exists() or written.read_text(encoding="utf-8") != entries:
        for old in site.glob("hone_toolkit-*.dist-info"):
            for file in old.iterdir():
                file.unlink()
            old.rmdir()
        info.mkdir()
        metadata = f"Metadata-Version: 2.1\nName: hone-toolkit\nVersion: {version}\n"
        (info / "METADATA").write_text(metadata, encoding="utf-8")
        (info / "INSTALLER").write_text("dev\n", encoding="utf-8")
        written.write_text(entries, encoding="utf-8")
        names = ("METADATA", "INSTALLER", "entry_points.txt", "RECORD")
        files = ["../../../bin/hone", "hone", *(f"{info.name}/{name}" for name in names)]
        (info / "RECORD").write_text("".join(f"{f},,\n" for f in files), encoding="utf-8")
    command = target.venv / "bin" / "hone"
    text = f"#!{target.python}\nimport sys\n\nfrom hone.__main__ import main\n\nsys.exit(main())\n"
    if not command.exists() or command.read_text(encoding="utf-8") != text:
        command.write_text(text, encoding="utf-8")
        command.chmod(0o755)


def entry_points() -> str:
    """Those of pyproject.toml, as an installed package states them."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    groups = {"console_scripts": project["scripts"], **project["entry-points"]}
    return "".join(
        f"[{group}]\n" + "".join(f"{name} = {where}\n" for name, where in rows.items())
        for group, rows in groups.items()
    )


def hone_version() -> str:
    """The version in python/hone/__init__.py."""
    source = (ROOT / "python/hone/__init__.py").read_text(encoding="utf-8")
    found = re.search(r'^__version__ = "([^"]+)"', source, re.MULTILINE)
    if found is None:
        raise Stop("python/hone/__init__.py states no __version__")
    return found.group(1)


def demo(script: str | None) -> int:
    """Set everything up and tune a real program."""
    target = default_interpreter()
    build([target], tests=False)
    install(target)
    examples = ROOT / "examples"
    program = ROOT / script if script else next(iter(sorted(examples.glob("*.py"))), None)
    if program is None or not program.exists():
        raise Stop(f"there is no program to tune: {script or 'examples/ is empty'}")
    say(f"hone tune {relative(program)}")
    sys.stderr.flush()
    return run([target.venv / "bin/hone", "tune", program], check=False)
