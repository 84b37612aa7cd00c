# SPDX-License-Identifier: Apache-2.0
"""`pyperf … --hook hone_profile`: the calls of each worker process, as a recording for `hone report`.

Written to hone-pyperf-PID.hone in the working folder, or in HONE_PROFILE_DIR (which pyperf's option
--inherit-environ has to let through). Warm-up and values of a process are one profile; pyperf's own values
are those of the profiled program.
"""

from __future__ import annotations

import os
import sys
from functools import cache
from types import TracebackType
from typing import Any

from hone.cprofile import Profile

FOLDER = "HONE_PROFILE_DIR"


@cache
def _profile() -> Profile:
    """One a process: pyperf makes a hook for its warm-up and one for its values."""
    return Profile()


class Hook:
    """What pyperf (pyperf/_hooks.py) calls around the benchmark, many times a process."""

    def __enter__(self) -> Hook:
        _profile().enable()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        _profile().disable()

    def teardown(self, metadata: dict[str, Any]) -> None:
        """Write what there is so far. Raises OSError."""
        from hone.profiling.recorded import recording
        from hone.recording import writer
        from hone.recording.meta import here

        path = os.path.join(os.environ.get(FOLDER, ""), f"hone-pyperf-{os.getpid()}.hone")
        made = recording(_profile(), here(sys.argv[0], sys.argv[1:]))
        writer.save(made, path)
        metadata["hone_profile"] = os.path.abspath(path)
        metadata["hone_slowdown"] = round(made.meta.slowdown.ratio, 3) if made.meta.slowdown else 1
