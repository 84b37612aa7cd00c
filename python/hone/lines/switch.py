# SPDX-License-Identifier: Apache-2.0
"""`profile`, a decorator that does nothing until the program is told to profile.

Told by $LINE_PROFILE, by `--line-profile` among the program's words, by `profile.enable()`, or by
running under `hone lines`. What was found is shown and written at exit.
"""

from __future__ import annotations

import atexit
import io
import os
import sys
import time
from pathlib import Path
from typing import Any

from hone.lines import settings

# In the environment of children: who writes the files.
OWNER = "LINE_PROFILER_OWNER_PID"
_TRUE = ("y", "yes", "t", "true", "on", "1")
_FALSE = ("n", "no", "f", "false", "off", "0", "")


class Switch:
    """The object `profile`; `enabled` is None until it was first asked."""

    def __init__(self, config: Any = None) -> None:
        found = settings.read(config)
        self._config = config
        self._profile: Any = None
        self._owner: int | None = None
        self.enabled: bool | None = None
        self.setup_config: dict[str, list[str]] = found["setup"]
        self.write_config: dict[str, Any] = found["write"]
        self.output_prefix: str = self.write_config.pop("output_prefix")
        self.show_config: dict[str, Any] = found["show"]
        self.show_config.pop("column_widths")

    def __call__(self, func: Any) -> Any:
        if self.enabled is None:
            self._ask_environment()
        if not self.enabled:
            return func
        return self._profile(func)

    def enable(self, output_prefix: str | None = None) -> None:
        """Profile what is decorated from now on; write the files to OUTPUT_PREFIX.lprof and so on.

        In a child that multiprocessing made nothing is profiled: it would overwrite its parent's files.
        """
        if _is_pool_child():
            self.enabled = False
            return
        self._owner = os.getpid()
        os.environ[OWNER] = str(self._owner)
        if self._profile is None:
            from hone import _core
            from hone.lines.profiler import LineProfiler

            self._profile = LineProfiler()
            atexit.register(self.show)
            _core.before_exit(self.show)
        self.enabled = True
        if output_prefix is not None:
            self.output_prefix = output_prefix

    def disable(self) -> None:
        """Leave what is decorated from now on as it is."""
        self.enabled = False

    def show(self) -> None:
        """Show and write what was found; in the process that profiled only."""
        if self._owner is not None and os.getpid() != self._owner:
            return
        how = {"config": self._config, **self.show_config}
        stats = self._profile.get_stats()
        if self.write_config["stdout"]:
            stats.print(**how)
        names = []
        if self.write_config["text"]:
            names.append(f"{self.output_prefix}.txt")
        if self.write_config["timestamped_text"]:
            names.append(f"{self.output_prefix}_{time.strftime('%Y-%m-%dT%H%M%S')}.txt")
        text = io.StringIO()
        stats.print(text, **(how | {"rich": False, "details": True}))
        for name in names:
            Path(name).write_text(text.getvalue(), encoding="utf-8")
            sys.stdout.write(f"Wrote profile results to {name}\n")
        if self.write_config["lprof"]:
            name = f"{self.output_prefix}.lprof"
            stats.to_file(name)
            sys.stdout.write(
                f"Wrote profile results to {name}\nTo view details run:\n"
                f"{python_word()} -m hone.line_profiler -rtmz {name}\n"
            )

    def take_over(self, profiler: Any) -> None:
        """A profiler that somebody else runs and writes; None gives it back."""
        self._profile = profiler
        self.enabled = profiler is not None

    def _ask_environment(self) -> None:
        variables = (os.environ.get(name, "") for name in self.setup_config["environ_flags"])
        if any(value.lower() not in _FALSE for value in variables) or any(
            word in sys.argv for word in self.setup_config["cli_flags"]
        ):
            self.enable()
        else:
            self.disable()


def python_word() -> str:
    """How people call this interpreter."""
    import shutil

    for word in ("python", "python3"):
        found = shutil.which(word)
        if found is not None and os.path.samefile(found, sys.executable):
            return word
    return sys.executable


def _is_pool_child() -> bool:
    multiprocessing = sys.modules.get("multiprocessing.process")
    if multiprocessing is not None and multiprocessing.parent_process() is not None:
        return True
    return any(word.startswith("--multiprocessing") for word in sys.orig_argv)
