# SPDX-License-Identifier: Apache-2.0
"""Loops in which watching lines costs most, one that no profiler watches, and calls."""


def two_lines(n):
    y = 0
    for x in range(n):
        y = x
    return y


# fmt: off
def one_line(n):
    y = 0
    for x in range(n): y = x  # noqa: E701
    return y
# fmt: on


def callee(x):
    return x


def calls(n):
    y = 0
    for x in range(n):
        y = callee(x)
    return y


def untouched_loop(n):
    y = 0
    for x in range(n):
        y = x
    return y


def unwatched(n):
    return untouched_loop(n)
