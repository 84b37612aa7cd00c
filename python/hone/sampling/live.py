# SPDX-License-Identifier: Apache-2.0
"""The live view in a terminal: what took the time of the last seconds, drawn anew twice a second. Keys:
q ends it, s sorts by own or total time."""

from __future__ import annotations

import os
import select
import sys
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from hone.recording.model import Recording
from hone.recording.rows import NONE, Kind, Sample, State

SECONDS = 5  # shown
_PAUSE = 0.5


class Window:
    """Sums over the last seconds."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self._samples: deque[Sample] = deque()
        self._paths: dict[int, tuple[int, ...]] = {NONE: ()}

    def add(self, fresh: list[Sample], now: int) -> None:
        """NOW: nanoseconds since the first round."""
        self._samples.extend(fresh)
        while self._samples and self._samples[0].time < now - SECONDS * 10**9:
            self._samples.popleft()

    def sums(self) -> tuple[Counter[int], Counter[int], Counter[int], Counter[int], int]:
        """Own and total by function, all and running by thread, and the whole; in nanoseconds."""
        own: Counter[int] = Counter()
        total: Counter[int] = Counter()
        threads: Counter[int] = Counter()
        running: Counter[int] = Counter()
        for sample in self._samples:
            path = self._path(sample.stack)
            threads[sample.thread] += sample.weight
            if sample.state & State.RUNNING:
                running[sample.thread] += sample.weight
            if path:
                own[path[0]] += sample.weight
            for function in set(path):
                total[function] += sample.weight
        return own, total, threads, running, sum(threads.values())

    def _path(self, stack: int) -> tuple[int, ...]:
        if stack not in self._paths:
            stacks = self._recording.stacks
            self._paths[stack] = tuple(stacks.function[place] for place in stacks.path(stack))
        return self._paths[stack]


def lines(
    window: Window, recording: Recording, head: str, by_total: bool, width: int, height: int
) -> list[str]:
    """One screen."""
    own, total, threads, running, whole = window.sums()
    busy = sum(1 for thread in threads if running[thread])
    found = [
        head,
        f"last {SECONDS} s: {len(threads)} threads, {busy} of them used the processor"
        f"   q quit  s sort by {'own' if by_total else 'total'}",
        "",
        f"{'own':>7}  {'total':>7}  function",
    ]
    order = total if by_total else own
    ranked = sorted(total, key=lambda f: (-order[f], -total[f]))
    for function in ranked[: max(0, height - len(found) - 1)]:
        row = recording.functions[function]
        name = f"{row.name}{' [compiled]' if row.kind & Kind.COMPILED else ''}"
        place = f"{row.file}:{row.line}" if row.line else row.module
        found.append(
            f"{own[function] / whole:7.1%}  {total[function] / whole:7.1%}  {name}  {place}"
        )
    return [_printable(line)[: width - 1] for line in found[: height - 1]]


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def show(
    feed: Callable[[], list[Sample] | None],
    recording: Recording,
    now: Callable[[], int],
    head: Callable[[], str],
) -> None:
    """Until a key, Ctrl-C, or FEED has nothing more to come (None)."""
    window = Window(recording)
    by_total = False
    with _screen():
        while (fresh := feed()) is not None:
            window.add(fresh, now())
            size = os.get_terminal_size(sys.stdout.fileno())
            _draw(lines(window, recording, head(), by_total, size.columns, size.lines))
            until = time.monotonic() + _PAUSE
            while (rest := until - time.monotonic()) > 0:
                key = _key(rest)
                if key in ("q", "\x03", "\x04"):
                    return
                if key == "s":
                    by_total = not by_total
                    break


def _draw(screen: list[str]) -> None:
    sys.stdout.write("\033[H" + "".join(f"{line}\033[K\r\n" for line in screen) + "\033[J")
    sys.stdout.flush()


def _key(seconds: float) -> str:
    if not sys.stdin.isatty():
        time.sleep(seconds)
        return ""
    ready, _, _ = select.select([sys.stdin], [], [], seconds)
    return os.read(sys.stdin.fileno(), 1).decode("latin-1") or "q" if ready else ""


@contextmanager
def _screen() -> Iterator[None]:
    """The terminal's second page, without cursor and echo; as it was afterwards."""
    import termios
    import tty

    kept: list[Any] | None = None
    if sys.stdin.isatty():
        kept = termios.tcgetattr(sys.stdin)
        tty.setcbreak(sys.stdin)
    sys.stdout.write("\033[?1049h\033[?25l")
    try:
        yield
    finally:
        sys.stdout.write("\033[?25h\033[?1049l")
        sys.stdout.flush()
        if kept is not None:
            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, kept)
