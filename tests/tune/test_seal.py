# SPDX-License-Identifier: Apache-2.0
"""A sealed run tells what it changed and changes nothing, for root and for an ordinary user."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from hone.tune import seal

NOBODY = 65534
SCRIPT = """\
echo more >> kept; rm gone; mkdir made; echo in > made/file; chmod 600 kept; touch kept2
ln -s kept link; echo shm > /dev/shm/hone-seal-test; echo text; echo error >&2; id -u; echo $$
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    # Not tmp_path: the ordinary user must be able to reach it.
    path = Path(tempfile.mkdtemp(prefix="hone-seal-test-"))
    for name in ("kept", "kept2", "gone"):
        (path / name).write_text(name)
    yield path
    shutil.rmtree(path)


def contents(folder: Path) -> dict[str, tuple[int, str]]:
    return {
        path.name: (path.stat().st_mode, path.read_text())
        for path in folder.iterdir()
        if path.name != "hone-seal"
    }


def check_changes(run: seal.SealedRun, folder: Path) -> None:
    found = {change.path: change.kind for change in run.changes}
    expected = {"kept": "f", "gone": "x", "made": "d", "made/file": "f", "link": "l"}
    assert found == {str(folder / name): kind for name, kind in expected.items()} | {
        "/dev/shm/hone-seal-test": "f"
    }
    assert {c.path: oct(c.mode) for c in run.changes}[str(folder / "kept")] == "0o600"


def skip_unless_sealed() -> None:
    why = seal.why_not()
    if why:
        pytest.skip(f"runs can't be sealed here: {why}")


def test_changes_are_told_and_thrown_away(folder: Path) -> None:
    skip_unless_sealed()
    before = contents(folder)
    run = seal.run_sealed(["/bin/sh", "-c", SCRIPT], folder=str(folder))
    assert contents(folder) == before
    assert not Path("/dev/shm/hone-seal-test").exists()
    assert run.stdout.decode().split() == ["text", str(os.getuid()), "2"]
    assert run.stderr == b"error\n"
    check_changes(run, folder)


def test_ordinary_user(folder: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("the other test has run as an ordinary user")
    launcher = folder / "hone-seal"
    shutil.copy(seal.native("hone-seal"), launcher)
    for path in (folder, *folder.iterdir()):
        os.chown(path, NOBODY, NOBODY)
    folder.chmod(0o755)
    launcher.chmod(0o755)
    before = contents(folder)
    read_end, write_end = os.pipe()
    words = ["--result", str(write_end), "--folder", str(folder), "--", "/bin/sh", "-c", SCRIPT]
    done = subprocess.run(
        [str(launcher), *words],
        capture_output=True,
        pass_fds=(write_end,),
        user=NOBODY,
        group=NOBODY,
        extra_groups=[],
        check=False,
    )
    os.close(write_end)
    with open(read_end, "rb") as answer:
        data = answer.read()
    try:
        run = seal.read_answer(data)
    except seal.SealError as error:
        if "namespace" in str(error):
            pytest.skip(f"ordinary users can't make namespaces here: {error}")
        raise
    assert contents(folder) == before
    assert done.stdout.decode().split() == ["text", str(NOBODY), "2"]
    check_changes(run, folder)


def test_timeout_ends_the_whole_tree(folder: Path) -> None:
    skip_unless_sealed()
    run = seal.run_sealed(
        ["/bin/sh", "-c", "sleep 100 & sleep 100"], folder=str(folder), timeout=0.3
    )
    assert run.timed_out
    assert run.wall < 50


def test_a_program_that_is_not_there(folder: Path) -> None:
    skip_unless_sealed()
    with pytest.raises(seal.SealError, match="run /nowhere: No such file"):
        seal.run_sealed(["/nowhere"], folder=str(folder))


def test_status_and_signal(folder: Path) -> None:
    skip_unless_sealed()
    assert seal.run_sealed(["/bin/sh", "-c", "exit 7"], folder=str(folder)).status == 7
    assert seal.run_sealed(["/bin/sh", "-c", "kill -9 $$"], folder=str(folder)).status == -9


def test_stdin_and_kept_files(folder: Path) -> None:
    skip_unless_sealed()
    for kind in ("file", "pipe"):
        run = seal.run_sealed(
            ["/bin/sh", "-c", "cat; echo out > out"],
            folder=str(folder),
            stdin=seal.Stdin(kind, b"x" * 300_000),
            kept=[str(folder / "out")],
        )
        assert (run.stdout, run.kept) == (b"x" * 300_000, [b"out\n"])
    assert not (folder / "out").exists()
