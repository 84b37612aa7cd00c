# SPDX-License-Identifier: Apache-2.0
# Types of the door _core (src/modules/core); what each function does stands in its docstring.
from collections.abc import Callable
from types import CodeType
from typing import Any, Self, overload

# file, first line, qualified name, calls, own seconds, cumulative seconds, is native
ProfileRow = tuple[str, int, str, int, float, float, bool]

class profiler_entry(tuple[Any, ...]):
    code: CodeType | str
    callcount: int
    reccallcount: int
    totaltime: float
    inlinetime: float
    calls: list[profiler_subentry] | None

class profiler_subentry(tuple[Any, ...]):
    code: CodeType | str
    callcount: int
    reccallcount: int
    totaltime: float
    inlinetime: float

class Profiler:
    def __init__(
        self,
        timer: Callable[[], float] | None = None,
        timeunit: float = 0.0,
        subcalls: bool = True,
        builtins: bool = True,
        *,
        raw: bool = False,
        threads: bool = True,
    ) -> None: ...
    @property
    def enabled(self) -> bool: ...
    def enable(self, subcalls: bool = True, builtins: bool = True) -> None: ...
    def disable(self) -> None: ...
    def clear(self) -> None: ...
    def getstats(self) -> list[profiler_entry]: ...
    def rows(self) -> list[ProfileRow]: ...
    def overhead(self) -> dict[str, Any]: ...
    def stand_for(
        self, function: Callable[..., object], original: Callable[..., object], /
    ) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *details: object) -> bool: ...

def before_exit(callable: Callable[[], object], /) -> None: ...
def machine_pace() -> int: ...
def process_times() -> dict[str, Any]: ...
@overload
def run_program(code: CodeType, names: dict[str, Any], /) -> int: ...
@overload
def run_program(function: Callable[..., object], /, *arguments: object) -> int: ...
def fingerprint(object: object, /) -> tuple[str, int, int]: ...
def compare_call(
    original: Callable[..., object],
    compiled: Callable[..., object],
    args: tuple[Any, ...] = (),
    *,
    seconds: float = 10,
) -> tuple[str, str]: ...
