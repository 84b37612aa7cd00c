# SPDX-License-Identifier: Apache-2.0
"""kernprof without -l: cProfile's profiler that can decorate and count who wants it on."""

from __future__ import annotations

import cProfile
import functools
import inspect
from collections.abc import Callable
from typing import Any


class CallProfiler(cProfile.Profile):
    enable_count = 0

    def enable_by_count(self) -> None:
        if self.enable_count == 0:
            self.enable()
        self.enable_count += 1

    def disable_by_count(self) -> None:
        if self.enable_count > 0:
            self.enable_count -= 1
            if self.enable_count == 0:
                self.disable()

    def __enter__(self) -> CallProfiler:
        self.enable_by_count()
        return self

    def __exit__(self, *_: object) -> None:
        self.disable_by_count()

    def __call__(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Decorate a function, a generator or a coroutine."""
        if inspect.iscoroutinefunction(func):
            return self._coroutine(func)
        if inspect.isgeneratorfunction(func):
            return self._generator(func)

        @functools.wraps(func)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            with self:
                return func(*args, **kwargs)

        return wrapper

    def _coroutine(self, func: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(func)
        async def wrapper(*args: Any, **kwargs: Any) -> Any:
            with self:
                return await func(*args, **kwargs)

        return wrapper

    def _generator(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """On while the generator runs, not while it waits."""

        @functools.wraps(func)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            made = func(*args, **kwargs)
            sent = None
            while True:
                with self:
                    try:
                        item = made.send(sent)
                    except StopIteration as end:
                        return end.value
                sent = yield item

        return wrapper
