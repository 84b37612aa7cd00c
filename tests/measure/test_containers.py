# SPDX-License-Identifier: Apache-2.0
"""Programs in folders and archives, and scripts by other paths than the shortest, under each profiler: they see
what they see without hone, and their functions are found."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

import pytest

from hone.tune.target import Target
from tests.command import hone
from tests.measure.test_profile_command import run

MAIN = """\
import sys, helper
print(sys.argv, sys.path[0], sys.orig_argv[1:], __file__, __name__, __package__, __spec__.name)
print(type(__loader__), sorted(globals()), sys.path_importer_cache.keys() >= {sys.path[0]})
def own(): return [helper.theirs() for _ in range(20)]
own()
if len(sys.argv) > 1:
    sys.exit(int(sys.argv[1]))
"""
COMMANDS = {
    "profile": ["profile", "-o", "out"],
    "lines": ["lines", "-q", "-p", "helper", "-o", "out"],
    "sample": ["sample", "--record", "out"],
    "memory": ["memory", "--every", "1", "--record", "out"],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "app").mkdir()
    (tmp_path / "app/__main__.py").write_text(MAIN)
    (tmp_path / "app/helper.py").write_text(
        "def theirs():\n    return [str(i) for i in range(50_000)]\n"
    )
    with zipfile.ZipFile(tmp_path / "app.zip", "w") as archive:
        for name in ("__main__.py", "helper.py"):
            archive.write(tmp_path / "app" / name, name)
    return tmp_path


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("program", ["app", "./app/", "app.zip"])
def test_a_folder_or_an_archive_is_run(command: str, program: str, folder: Path) -> None:
    plain = run(program, "7", folder=folder)
    done = hone(*COMMANDS[command], program, "7", cwd=folder)
    assert done.returncode == plain.returncode == 7, done.stderr
    assert [line for line in done.stdout.splitlines() if line] == plain.stdout.splitlines()[:2]
    shown = hone("report", "-l", "1000", "out", cwd=folder).stdout
    assert "theirs" in shown
    assert "helper.py:1" in shown


@pytest.mark.parametrize("command", COMMANDS)
def test_what_is_missing_is_said(command: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    done = hone(*COMMANDS[command], "empty", cwd=tmp_path)
    assert done.returncode in (1, 2)
    assert done.stderr.startswith("hone: ")
    with zipfile.ZipFile(tmp_path / "empty.zip", "w") as archive:
        archive.writestr("other.py", "")
    done = hone(*COMMANDS[command], "empty.zip", cwd=tmp_path)
    assert done.returncode == 1
    assert (
        f"{sys.executable}: can't find '__main__' module in '{tmp_path}/empty.zip'" in done.stderr
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_a_script_has_the_name_that_it_was_given(command: str, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "linked").symlink_to("real")
    (tmp_path / "real/s.py").write_text(
        "import sys\ndef own(): return [str(i) for i in range(9)]\nown()\n"
        "print(__file__, sys.argv, sys.path[0], own.__code__.co_filename, __loader__.path)\n"
    )
    for name in ("real/s.py", "./real/s.py", "real/..//linked/s.py", tmp_path / "./linked/s.py"):
        plain = run(name, folder=tmp_path)
        done = hone(*COMMANDS[command], "-o", "out", name, cwd=tmp_path)
        assert done.stdout.startswith(plain.stdout), done.stderr


def test_a_plan_is_the_files_whatever_path_leads_to_it(tmp_path: Path) -> None:
    folder = tmp_path / "real"
    folder.mkdir()
    (tmp_path / "linked").symlink_to("real")
    (folder / "s.py").touch()
    found = {
        name: Target(str(tmp_path / name), None).as_run(f"{folder}/s.py")
        for name in ("real/s.py", "linked/s.py", "real/../real/s.py", "linked", "real/")
    }
    assert found == {
        "real/s.py": f"{tmp_path}/real/s.py",
        "linked/s.py": f"{tmp_path}/linked/s.py",
        "real/../real/s.py": f"{tmp_path}/real/../real/s.py",
        "linked": f"{tmp_path}/linked/s.py",
        "real/": f"{tmp_path}/real/s.py",
    }
    assert Target(f"{folder}/s.py", None).as_run("/elsewhere/t.py") == "/elsewhere/t.py"
