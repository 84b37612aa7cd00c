# SPDX-License-Identifier: Apache-2.0
"""Print what CMake needs to know of the interpreter that runs this file, one fact a line.

The lines: full version, include folder, suffix of extension modules, libpython (shared, else the
archive, else "none"), prefix. Exits with one sentence when hone can't be built for it.
"""

from __future__ import annotations

import os
import platform
import sys
import sysconfig


def refuse() -> str | None:
    """The reason this interpreter can't be served, or None."""
    if platform.python_implementation() != "CPython":
        return f"it is {platform.python_implementation()}; hone needs CPython"
    if not (3, 11) <= sys.version_info[:2] <= (3, 15):
        return f"it is Python {platform.python_version()}; hone serves 3.11 to 3.15"
    if sysconfig.get_config_var("Py_GIL_DISABLED"):
        return "it is a free-threaded build; hone needs the global interpreter lock"
    include = sysconfig.get_path("include")
    if not os.path.exists(os.path.join(include, "Python.h")):
        return f"its headers are missing ({include}/Python.h): install the matching python3-dev"
    return None


def libpython() -> str:
    """The library that embeds this interpreter; only unit tests link it.

    An interpreter that was brought (`./dev pythons`) has a libc of its own, newer than the one that
    programs built here start with: it can't be embedded.
    """
    if sys.base_prefix != "/usr" and os.path.exists(
        f"{sys.base_prefix}/lib64/ld-linux-x86-64.so.2"
    ):
        return "none"
    get = sysconfig.get_config_var
    places = [
        (get("LIBDIR"), get("LDLIBRARY")),
        (get("LIBPL"), get("LDLIBRARY")),
        (get("LIBPL"), get("LIBRARY")),
        (get("LIBDIR"), get("LIBRARY")),
    ]
    for folder, name in places:
        if folder and name and os.path.exists(os.path.join(folder, name)):
            return os.path.join(folder, name)
    return "none"


def main() -> int:
    reason = refuse()
    if reason is not None:
        print(reason, file=sys.stderr)
        return 1
    facts = (
        platform.python_version(),
        sysconfig.get_path("include"),
        sysconfig.get_config_var("EXT_SUFFIX"),
        libpython(),
        sys.base_prefix,
    )
    print("\n".join(facts))
    return 0


if __name__ == "__main__":
    sys.exit(main())
