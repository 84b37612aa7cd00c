# SPDX-License-Identifier: Apache-2.0
"""`./dev pythons` finds the machine's own Debian mirror, however apt is set up."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent / "tools"))

from devkit import pythons, setup
from devkit.shell import Stop

DEB822 = """\
# a comment
Types: deb
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main
"""


@pytest.mark.parametrize(
    "text",
    [
        DEB822,
        "deb http://mirror.example/debian bookworm main\n",
        "deb [signed-by=/usr/share/k.gpg arch=amd64] http://mirror.example/debian bookworm main\n",
        "# deb http://old.example/debian bookworm main\n"
        "deb-src http://src.example/debian bookworm main\n"
        "deb http://other.example/apt stable main\n"
        "deb http://mirror.example/debian bookworm main contrib\n",
    ],
)
def test_mirror_is_read_from_apt(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.delenv("HONE_DEBIAN_MIRROR", raising=False)
    monkeypatch.setattr(pythons, "_source_files", lambda: [text])
    monkeypatch.setattr(pythons, "_codename", lambda: "bookworm")
    assert pythons.mirror() == "http://mirror.example/debian"


def test_mirror_of_the_environment_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HONE_DEBIAN_MIRROR", "http://mine.example/debian")
    assert pythons.mirror() == "http://mine.example/debian"


def test_without_a_mirror_it_says_what_would_help(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HONE_DEBIAN_MIRROR", raising=False)
    monkeypatch.setattr(
        pythons, "_source_files", lambda: ["deb http://x.example/apt stable main\n"]
    )
    monkeypatch.setattr(pythons, "_codename", lambda: "bookworm")
    with pytest.raises(Stop, match="HONE_DEBIAN_MIRROR"):
        pythons.mirror()


def test_an_interpreter_with_two_names_is_built_for_once(tmp_path: Path) -> None:
    link, other = tmp_path / "python3", tmp_path / "other"
    link.symlink_to(sys.executable)
    other.touch()
    paths = [sys.executable, str(link), str(other), sys.executable]
    assert setup._different(paths) == [sys.executable, str(other)]
