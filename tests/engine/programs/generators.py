"""Loops in the frames of generators and coroutines; values sent, thrown, left half-way."""

import asyncio


def squares(n):
    total = 0
    for i in range(n):
        for j in range(5):
            total += i * j
        got = yield total
        if got is not None:
            total = got
    return total


def delegates(n):
    for i in range(n):
        result = yield from squares(3)
        k = 0
        while k < i + 3:
            k += 1
        yield result, k


def closes(log):
    try:
        for i in range(10):
            for j in range(4):
                log.append(i * j)
            yield i
    finally:
        for k in range(3):
            log.append(-k)


async def waits(n):
    total = 0
    for i in range(n):
        for j in range(6):
            total += j ^ i
        await asyncio.sleep(0)
    return total


async def streams(n):
    for i in range(n):
        for j in (1, 2, 3):
            i += j
        yield i


async def consumes(n):
    out = []
    async for x in streams(n):
        for k in range(3):
            x += k
        out.append(x)
    return out, [y async for y in streams(n)], await asyncio.gather(waits(4), waits(3))


for _ in range(3):
    print(list(squares(6)), list(delegates(4)))
    g = squares(8)
    print(next(g), g.send(1000), next(g), g.send(5), list(g))
    log = []
    c = closes(log)
    print(next(c), next(c), c.close(), log)
    c = closes(log)
    next(c)
    try:
        c.throw(KeyError("thrown"))
    except KeyError as error:
        print(error, len(log), error.__traceback__.tb_next.tb_lineno)
    print(asyncio.run(consumes(4)))
    print(sum(x * x for x in range(20)), max(len(w) for w in ("a", "bcd")))
