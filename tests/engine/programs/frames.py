"""Frames looked at and written to while loops run."""

import gc
import sys
import warnings


def peek():
    frame = sys._getframe(1)
    return frame.f_lineno, dict(frame.f_locals), frame.f_back.f_lineno


def watched(n):
    out = []
    total = 0
    for i in range(n):
        total += i
        for s in ("a", "b"):
            out.append(peek())
            total += len(s)
    return out, total


def kept(n):
    frames = []
    for i in range(n):
        x = i * 2
        frames.append(sys._getframe())
        gc.collect()
    return [f.f_locals["x"] for f in frames]


def warns(n):
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        for i in range(n):
            warnings.warn(f"turn {i}", stacklevel=1)
    return [(str(w.message), w.lineno) for w in seen]


def recursive(n):
    total = 0
    for i in range(n):
        total += i + recursive(i)
    return total


def collected(n):
    class Node:
        alive = 0

        def __init__(self):
            self.me = self
            Node.alive += 1

        def __del__(self):
            Node.alive -= 1

    out = []
    for _i in range(n):
        Node()
        if len(out) % 2:
            gc.collect()
        out.append(Node.alive)
    gc.collect()
    return out, Node.alive


gc.disable()
for _ in range(3):
    print(watched(4))
    print(kept(3))
    print(warns(3))
    print(recursive(8))
    print(collected(6))
