# SPDX-License-Identifier: Apache-2.0
"""Other interpreters: those on the machine, and those brought from Debian's later suites.

Debian 12 has CPython 3.11 only. Its later suites have 3.13, 3.14, 3.15 and PyPy; their packages are
downloaded with their whole closure, libc included, and unpacked into .pythons/<suite>/ (HONE_PYTHONS_HOME
moves it). Nothing is installed: the system's package state is neither read nor written, and an
ordinary user can do it. The unpacked programs start through their own dynamic linker, set with
patchelf; a wrapper would not do, because sys.executable must be the program that really works.
The paths are absolute, so a moved repository brings them anew.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from devkit.shell import ROOT, Stop, ask, need, quiet, relative, say

SERVED = ("3.11", "3.12", "3.13", "3.14", "3.15")
BROUGHT = ("3.13", "3.14", "3.15", "pypy")
SUITES = ("sid", "forky")  # The first that has what is asked for; both are verified by signature.
HOST_KEEPS = ("libc6-dev", "libc-dev-bin", "linux-libc-dev", "zlib1g-dev", "libexpat1-dev")
HOME = Path(os.environ.get("HONE_PYTHONS_HOME", ROOT / ".pythons"))
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


def program(name: str) -> Path:
    """Where the interpreter NAME ("3.14", "pypy") is found once it has been brought."""
    return HOME / "bin" / ("pypy3" if name == "pypy" else f"python{name}")


def works(executable: Path) -> bool:
    """Whether EXECUTABLE starts and finds its standard library."""
    return ask([executable, "-I", "-c", "import ssl, ctypes, zlib, venv"]) is not None


def version_of(executable: Path | str) -> str | None:
    """Full version of an interpreter, e.g. "3.14.10"; None when it doesn't start."""
    return ask([executable, "-I", "-c", "import platform; print(platform.python_version())"])


def real_executable(command: Path | str) -> Path:
    """The interpreter behind COMMAND: a name on PATH, a pyenv shim, a virtual environment."""
    answer = ask(
        [command, "-I", "-c", "import sys; print(getattr(sys, '_base_executable', sys.executable))"]
    )
    if answer is None:
        raise Stop(f"{command} is not an interpreter that starts")
    return Path(answer)


def has_headers(executable: Path) -> bool:
    """Whether extension modules can be built for EXECUTABLE."""
    return ask([executable, "-I", ROOT / "tools/describe_python.py"]) is not None


def find(version: str) -> Path | None:
    """An interpreter of VERSION ("3.12") with headers: brought, on PATH, or of pyenv."""
    for candidate in _candidates(version):
        if candidate.exists() and has_headers(candidate):
            return candidate
    return None


def _candidates(version: str) -> Iterator[Path]:
    # Not the link itself: a virtual environment of it looks for the standard library beside it.
    yield program(version).resolve()
    yield Path(f"/usr/bin/python{version}")
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    yield from sorted(pyenv.glob(f"{version}.*/bin/python{version}"), reverse=True)
    on_path = shutil.which(f"python{version}")
    if on_path is not None:
        answer = ask([on_path, "-I", "-c", "import sys; print(sys.executable)"])
        if answer is not None:
            yield Path(answer)


def listing() -> list[tuple[str, Path]]:
    """(version, path) of every interpreter that hone's tests and benches can use here."""
    rows: list[tuple[str, Path]] = []
    for version in SERVED:
        executable = find(version)
        if executable is not None:
            rows.append((version_of(executable) or version, executable))
    pypy = program("pypy")
    if pypy.exists():
        rows.append(("pypy", pypy))
    return rows


def bring(names: Iterable[str]) -> None:
    """Make every interpreter in NAMES present under .pythons/; quick when it is there."""
    missing = [name for name in names if not works(program(name))]
    if not missing:
        return
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        raise Stop(
            "other interpreters are brought with apt-get and dpkg-deb, which are missing here"
        )
    uri = mirror()
    for suite in SUITES:
        store = _Store(suite, uri)
        try:
            missing = [name for name in missing if not store.bring(name)]
        finally:
            store.forget_downloads()
        if not missing:
            return
    raise Stop(
        f"Debian's later suites could not be read for {', '.join(missing)}: "
        "no network, or no mirror that apt reaches"
    )


def mirror() -> str:
    """The URI of the Debian archive this machine's apt is set up with."""
    override = os.environ.get("HONE_DEBIAN_MIRROR")
    if override:
        return override
    codename = _codename()
    for text in _source_files():
        for uri, suites in [*_one_line_sources(text), *_deb822_sources(text)]:
            if codename in suites:
                return uri
    raise Stop("no Debian mirror is configured in /etc/apt; name one with HONE_DEBIAN_MIRROR=URI")


def _codename() -> str:
    release = Path("/etc/os-release").read_text(encoding="utf-8")
    found = re.search(r"^VERSION_CODENAME=\"?(\w+)", release, re.MULTILINE)
    return found.group(1) if found else "stable"


def _source_files() -> list[str]:
    folder = Path("/etc/apt")
    files = [folder / "sources.list", *sorted(folder.glob("sources.list.d/*"))]
    return [f.read_text(encoding="utf-8", errors="replace") for f in files if f.is_file()]


def _one_line_sources(text: str) -> Iterator[tuple[str, list[str]]]:
    for line in text.splitlines():
        found = re.match(r"deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)", line.strip())
        if found:
            yield found.group(1), [found.group(2)]


def _deb822_sources(text: str) -> Iterator[tuple[str, list[str]]]:
    for stanza in re.split(r"\n\s*\n", text):
        lines = (line for line in stanza.splitlines() if not line.startswith("#"))
        fields = dict(re.findall(r"^([\w-]+):[ \t]*(.*)$", "\n".join(lines), re.MULTILINE))
        if "deb" in fields.get("Types", "").split() and fields.get("URIs"):
            yield fields["URIs"].split()[0], fields.get("Suites", "").split()


class _Store:
    """One suite's packages, unpacked under HOME/<suite>."""

    def __init__(self, suite: str, uri: str) -> None:
        self.suite = suite
        self.uri = uri
        self.root = HOME / suite
        self.apt_folder = HOME / "apt" / suite
        self.libraries = self.root / "usr/lib/x86_64-linux-gnu"
        self.loader = self.root / "usr/lib64/ld-linux-x86-64.so.2"
        self.has_lists = False

    def bring(self, name: str) -> bool:
        """Download, unpack and set up the interpreter NAME; False when this suite lacks it."""
        if not self.has_lists and not self._update():
            return False
        say(f"bringing {name} from Debian {self.suite} into {relative(HOME)}/")
        if not self._download(_packages(name)):
            return False
        self._unpack()
        self._adapt(name)
        return works(program(name))

    def bring_patchelf(self) -> Path | None:
        """The suite's patchelf, unpacked and run as it is: for the machine's own suite only."""
        target = self.root / "usr/bin/patchelf"
        if not target.exists() and self._update() and self._download(["patchelf"]):
            for archive in self._archives():
                if archive.name.startswith("patchelf_"):
                    quiet([need("dpkg-deb", "dpkg"), "-x", archive, self.root])
            self.forget_downloads()
        return target if target.exists() else None

    def _archives(self) -> list[Path]:
        return sorted((self.apt_folder / "cache/archives").glob("*.deb"))

    def _download(self, packages: list[str]) -> bool:
        """Fetch PACKAGES with their whole closure: the empty status knows nothing as installed."""
        for archive in self._archives():
            archive.unlink()
        fetch = ["apt-get", *self._options(), "-qq", "-y", "-d", "install", *packages]
        return ask(fetch, env={"DEBIAN_FRONTEND": "noninteractive"}) is not None

    def forget_downloads(self) -> None:
        """Lists and archives are only needed while bringing."""
        shutil.rmtree(self.apt_folder, ignore_errors=True)

    def _options(self) -> list[str]:
        folder = self.apt_folder
        settings = {
            "Dir::Etc::sourcelist": folder / "s.list",
            "Dir::Etc::sourceparts": "/dev/null",
            "Dir::Etc::preferences": "/dev/null",
            "Dir::Etc::preferencesparts": "/dev/null",
            "Dir::State::lists": folder / "lists",
            "Dir::State::status": folder / "status",
            "Dir::State::extended_states": folder / "extended_states",
            "Dir::Cache": folder / "cache",
            "Dir::Cache::archives": folder / "cache/archives",
            "APT::Sandbox::User": "root",
            "APT::Architecture": "amd64",
            "APT::Install-Recommends": "false",
            "Acquire::Languages": "none",
            "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled": "false",
            "Acquire::IndexTargets::deb::CNF::DefaultEnabled": "false",
            "Acquire::Retries": "2",
            "Debug::NoLocking": "1",
        }
        return [word for key, value in settings.items() for word in ("-o", f"{key}={value}")]

    def _update(self) -> bool:
        folder = self.apt_folder
        for part in ("lists/partial", "cache/archives/partial"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        (folder / "status").touch()
        signed = f"[signed-by={KEYRING}] " if KEYRING.exists() else ""
        line = f"deb {signed}{self.uri} {self.suite} main\n"
        (folder / "s.list").write_text(line, encoding="utf-8")
        say(f"reading the package list of Debian {self.suite}")
        # The status says nothing: hooks in the machine's own apt.conf may fail for a plain user.
        subprocess.run(
            ["apt-get", *self._options(), "-qq", "update"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        )
        self.has_lists = any((folder / "lists").glob("*_Packages*"))
        return self.has_lists

    def _unpack(self) -> None:
        unpack = need("dpkg-deb", "dpkg")
        self.root.mkdir(parents=True, exist_ok=True)
        for archive in self._archives():
            if archive.name.split("_")[0] not in HOST_KEEPS:
                quiet([unpack, "-x", archive, self.root])

    def _adapt(self, name: str) -> None:
        target = self.root / "usr/bin" / _file_name(self.root, name)
        # RPATH, not RUNPATH: it must serve the extension modules as well.
        paths = ["--force-rpath", "--set-rpath", self.libraries, target]
        quiet([_patchelf(self.uri), "--set-interpreter", self.loader, *paths])
        for marker in self.root.glob("usr/lib/py*3*/EXTERNALLY-MANAGED"):
            marker.unlink()
        if name != "pypy":
            self._adapt_build_facts(name)
        link = program(name)
        link.parent.mkdir(parents=True, exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(target)

    def _adapt_build_facts(self, version: str) -> None:
        """Make sysconfig and the headers name the private folder instead of /usr."""
        include = self.root / "usr/include"
        real_config = include / f"x86_64-linux-gnu/python{version}/pyconfig.h"
        shutil.copyfile(real_config, include / f"python{version}/pyconfig.h")
        library = self.root / f"usr/lib/python{version}"
        for facts in [
            *library.glob("_sysconfigdata_*.py"),
            *library.glob("_sysconfig_vars_*.json"),
        ]:
            text = facts.read_text(encoding="utf-8")
            if str(self.root) not in text:
                new = re.sub(r"(?<![\w.-])/usr(?=/)", f"{self.root}/usr", text)
                facts.unlink()  # It may be a link into another folder.
                facts.write_text(new, encoding="utf-8")


def _patchelf(uri: str) -> Path:
    """Debian 12's patchelf 0.14. 0.18 of the later suites writes programs that crash at start."""
    own = shutil.which("patchelf")
    if own is not None and "0.18" not in (ask([own, "--version"]) or ""):
        return Path(own)
    brought = _Store("bookworm", uri).bring_patchelf()
    if brought is None:
        raise Stop("patchelf is missing and could not be brought: install the package patchelf")
    return brought


def _packages(name: str) -> list[str]:
    if name == "pypy":
        return ["pypy3", "pypy3-venv"]
    return [
        f"python{name}",
        f"python{name}-venv",
        f"libpython{name}-dev",
        f"libpython{name}-testsuite",
    ]


def _file_name(root: Path, name: str) -> str:
    """The file that really is the interpreter: Debian's pypy3 is a link to pypy3.11."""
    plain = program(name).name
    return (root / "usr/bin" / plain).resolve().name if name == "pypy" else plain


def command(names: list[str], only_list: bool) -> int:
    """`./dev pythons [--list] [NAME...]`."""
    unknown = [name for name in names if name not in BROUGHT]
    if unknown:
        raise Stop(f"{unknown[0]} can't be brought; these can: {', '.join(BROUGHT)}")
    if not only_list:
        bring(names or BROUGHT)
    for version, path in listing():
        print(f"{version:<10} {path}")
    sys.stdout.flush()
    return 0
