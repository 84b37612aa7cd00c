"""Exceptions raised in, through and behind loops: handlers, finally, tracebacks with columns."""

import traceback


def show(function, *arguments):
    try:
        print(function.__name__, function(*arguments))
    except Exception as error:
        print("".join(traceback.format_exception(error)))


def divides(n):
    total = 0
    for i in range(n):
        total += 100 // (7 - i)
    return total


def handles(n):
    out = []
    for i in range(n):
        try:
            out.append(10 // (i % 3))
        except ZeroDivisionError as error:
            out.append(str(error)[:8])
            for k in range(2):
                out.append(k)
        else:
            out.append("fine")
        finally:
            for k in range(i % 2):
                out.append(-k)
    return out


def loops_in_handler(n):
    try:
        raise ValueError("outer")
    except ValueError:
        for i in range(n):
            if i == n - 1:
                raise KeyError(i)


class Managed:
    def __init__(self, log):
        self.log = log

    def __enter__(self):
        self.log.append("enter")
        return self

    def __exit__(self, *what):
        self.log.append(what[0])
        return what[0] is LookupError


def managed(n):
    log = []
    for i in range(n):
        with Managed(log):
            for j in range(i):
                log.append(j)
                if j == 2:
                    raise LookupError
    return log


def within_with(n):
    log = []
    with Managed(log) as m:
        for i in range(n):
            m.log.append(i)
            if i > 5:
                m.log[i + 100]
    return log


def index(n):
    data = list(range(n))
    for i in range(n + 1):
        data[i] += 1


def missing(n):
    for i in range(n):
        if i == 5:
            unknown_name


def unbound(n):
    for i in range(n):
        if i == 3:
            del i
            i += 1


def stops(n):
    def generate():
        for k in range(n):
            if k == 3:
                raise RuntimeError("in the generator")
            yield k

    out = 0
    for k in generate():
        out += k
    return out


def calls(n):
    def inner(x):
        return 5 / (x - 3)

    total = 0.0
    for i in range(n):
        total += inner(i)
    return total


for _ in range(3):
    for function in (
        divides, handles, loops_in_handler, managed, within_with, index, missing, unbound, stops, calls,
    ):  # fmt: skip
        show(function, 10)
