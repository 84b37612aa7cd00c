# SPDX-License-Identifier: Apache-2.0
"""hone: makes existing Python programs fast and shows that they still do the same.

Importing this package loads nothing: each public name brings its module when it is first used, and
LLVM is loaded at the first compilation. Programs import hone at start-up, so this stays cheap.
"""

__version__ = "0.1.0"  # The one place; CMake and the wheel read it here.

# Public name -> module that defines it.
_HOMES = {
    "attachable": "hone.sampling.attachable",
    "jit": "hone.decorators",
    "load_ipython_extension": "hone.notebook",  # IPython looks for it: %load_ext hone
}

# Public modules that come with their name.
_MODULES = {"line_profiler", "timeit"}

__all__ = ["__version__", "attachable", "jit", "line_profiler", "timeit"]


def __getattr__(name: str) -> object:
    from importlib import import_module

    if name in _MODULES:
        return import_module(f"hone.{name}")
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'hone' has no attribute {name!r}")
    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES, *_MODULES})


def _attach_by_environment() -> None:
    """HONE_ATTACH=1 lets `hone attach` in wherever hone is imported."""
    import os

    if os.environ.get("HONE_ATTACH", "") not in ("", "0"):
        __getattr__("attachable")()  # type: ignore[operator]


_attach_by_environment()
