# SPDX-License-Identifier: Apache-2.0
"""The checker of arrows finds what it is there to find, and this tree has none of it."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up while it is being made.
    spec.loader.exec_module(module)
    return module


layers = load("check_layers")
RULES = layers.Rules.read(ROOT / "tools" / "layers.toml")


def cpp_problems(tmp_path: Path, room: str, text: str) -> list[str]:
    file = tmp_path / room / "part" / "x.cpp"
    file.parent.mkdir(parents=True)
    file.write_text(text, encoding="utf-8")
    return [violation.text for violation in layers.check_cpp(tmp_path, RULES)]


@pytest.mark.parametrize(
    ("room", "text", "word"),
    [
        ("base", '#include "ir/unit.h"\n', "no arrow to ir"),
        ("ir", "#include <Python.h>\n", "Python headers"),
        ("compiler", '#  include "cpython/ref.h"\n', "no arrow to cpython"),
        ("compiler", '#include "runtime/addresses.h"\n', "no arrow to runtime"),
        ("engine", "#include <llvm/IR/Module.h>\n", "LLVM headers"),
        ("engine", '#include "measure/ticks.h"\n', "no arrow to measure"),
        ("runtime", "#if PY_VERSION_HEX >= 0x030c0000\n", "tests of the CPython version"),
        ("runtime", '#include "internal/pycore_frame.h"\n', "private CPython headers"),
        ("measure", '#include "tune/seal/root.h"\n', "no arrow to tune"),
        ("cellar", "int x;\n", "is no room"),
    ],
)
def test_finds_an_arrow_that_is_not_drawn(tmp_path: Path, room: str, text: str, word: str) -> None:
    problems = cpp_problems(tmp_path, room, text)
    assert len(problems) == 1
    assert word in problems[0]


@pytest.mark.parametrize(
    ("room", "text"),
    [
        ("ir", '#include "base/result.h"\n#include "ir/unit.h"\n#include <vector>\n'),
        ("compiler", '#include <llvm/IR/Module.h>\n#include "runtime/table.h"\n'),
        ("cpython", "#include <Python.h>\n#if PY_VERSION_HEX >= 0x030c0000\n#endif\n"),
        ("modules", '#include "engine/engine.h"\n#include "tune/seal/root.h"\n'),
        ("base", "// Never include llvm/IR/Module.h or test PY_VERSION_HEX here.\n"),
    ],
)
def test_lets_pass_what_is_drawn(tmp_path: Path, room: str, text: str) -> None:
    assert cpp_problems(tmp_path, room, text) == []


@pytest.mark.parametrize(
    ("module", "text", "word"),
    [
        ("measure/clock.py", "from hone.cli import main\n", "hone.measure may not import hone.cli"),
        ("measure/clock.py", "def f():\n    from hone import _jit\n", "import hone._jit"),
        ("measure/clock.py", "from ..tune import plan\n", "import hone.tune"),
        ("__init__.py", "import hone._core\n", "hone may not import hone._core"),
    ],
)
def test_finds_a_python_import_against_the_arrows(
    tmp_path: Path, module: str, text: str, word: str
) -> None:
    file = tmp_path / "hone" / module
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    problems = [violation.text for violation in layers.check_python(tmp_path / "hone", RULES)]
    assert len(problems) == 1
    assert word in problems[0]


def test_this_tree_is_clean() -> None:
    found = [
        *layers.check_cpp(ROOT / "src", RULES),
        *layers.check_python(ROOT / "python" / "hone", RULES),
    ]
    assert [str(violation) for violation in found] == []
