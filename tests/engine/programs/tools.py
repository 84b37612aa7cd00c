"""Tracers, profilers and monitoring tools switched on before, in and behind loops."""

import sys


def work(n):
    total = 0
    for i in range(n):
        for j in range(3):
            total += i * j
        if i == 4:
            start()
        if i == 6:
            stop()
    return total


events = []


def called(x):
    for k in range(2):
        x += k
    return x


def tracer(frame, event, argument):
    if frame.f_code.co_name in ("work", "called"):
        events.append((frame.f_code.co_name, event, frame.f_lineno))
    return tracer


def start():
    sys.settrace(tracer)
    called(1)


def stop():
    sys.settrace(None)


print(work(9), sys.gettrace())
print(events)
events.clear()
sys.settrace(tracer)
print(work(3))
sys.settrace(None)
print(events)
print(work(2), sys.gettrace(), sys.getprofile())

events.clear()


def profiler(frame, event, argument):
    if frame.f_code.co_name in ("work", "called"):
        events.append((frame.f_code.co_name, event, frame.f_lineno))


def start():  # noqa: F811
    sys.setprofile(profiler)
    called(2)


def stop():  # noqa: F811
    sys.setprofile(None)


print(work(9), events)

if sys.version_info >= (3, 12):
    watching = sys.monitoring
    watching.use_tool_id(1, "a test")
    lines = []

    def line(code, number):
        if code.co_name in ("work", "called"):
            lines.append((code.co_name, number))

    def start():
        watching.set_events(1, watching.events.LINE)
        called(3)

    def stop():
        watching.set_events(1, 0)

    watching.register_callback(1, watching.events.LINE, line)
    work(9)
    print(lines)
    watching.free_tool_id(1)


def start():
    called(4)


stop = start
print(work(9))
