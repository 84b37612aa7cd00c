# SPDX-License-Identifier: Apache-2.0
"""`import hone` costs next to nothing: no module of ours, no native code, nothing heavy with it."""

from __future__ import annotations

import importlib.metadata
import json
import subprocess
import sys

import pytest

import hone

pytestmark = pytest.mark.smoke

SHOW_NEW_MODULES = """
import json, sys
before = set(sys.modules)
import hone
print(json.dumps(sorted(set(sys.modules) - before)))
"""

SHOW_LLVM = """
from hone import _core, _jit
print("libLLVM" in open("/proc/self/maps").read())
"""


def output_of(program: str) -> str:
    command = [sys.executable, "-c", program]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_import_brings_the_package_alone() -> None:
    assert json.loads(output_of(SHOW_NEW_MODULES)) == ["hone"]


def test_the_native_modules_do_not_load_llvm() -> None:
    assert output_of(SHOW_LLVM).strip() == "False"


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no_such_thing"):
        _ = hone.no_such_thing


def test_public_names_are_listed() -> None:
    assert set(hone.__all__) <= set(dir(hone))


def test_the_installed_distribution_has_the_same_version() -> None:
    assert importlib.metadata.version("hone-toolkit") == hone.__version__
