# SPDX-License-Identifier: Apache-2.0
"""The first lines of a process in which hone runs somebody's program or times somebody's statement.

Started by path (`python …/hone/boot.py ROLE …`), not with -m: so the folder the user stands in is not
on the module search path while hone is imported, and a `random.py` lying there is not taken for
Python's. Takes its own folder off the path and loads the package it belongs to.
"""

import sys

if not sys.flags.safe_path:
    del sys.path[0]


def _resident() -> int:
    """Pages of memory that this process has; 0 where the kernel does not say."""
    try:
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[1])
    except (OSError, IndexError, ValueError):
        return 0


_bare = _resident()  # nothing of hone's is here yet


def _load_hone() -> None:
    from _frozen_importlib import module_from_spec
    from _frozen_importlib_external import spec_from_file_location

    folder = __file__.rpartition("/")[0]
    spec = spec_from_file_location(
        "hone", folder + "/__init__.py", submodule_search_locations=[folder]
    )
    assert spec is not None
    assert spec.loader is not None
    package = module_from_spec(spec)
    sys.modules["hone"] = package
    spec.loader.exec_module(package)


_load_hone()

# Role -> the module whose main() gets the other words, and a function: pages of memory that hone has
# taken so far.
ROLES = {
    "lines": "hone.cli.lines_run",
    "memory": "hone.memory.hosted",
    "observe": "hone.tune.observe",
    "compiled": "hone.tune.compiled",
    "profile": "hone.profiling.calls",
    "sample": "hone.sampling.hosted",
    "statement": "hone.measure.worker",
}

home = ROLES[sys.argv[1]]
__import__(home)
sys.modules[home].main(sys.argv[2:], lambda: _resident() - _bare)
