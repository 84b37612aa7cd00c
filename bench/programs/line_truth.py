# SPDX-License-Identifier: Apache-2.0
"""What functions do to a line profiler: they call, yield, raise, await, or only compute."""

import asyncio


def recursion(n):
    return fib(n)


def fib(n):
    if n < 2:
        return n
    return fib(n - 1) + fib(n - 2)


def generator(n):
    total = 0
    for item in numbers(n):
        total += item
    return total


def numbers(n):
    for i in range(n):
        yield i


def exceptions(n):
    caught = 0
    for i in range(n):
        try:
            if i & 1:
                refuse(i)
            raise ValueError
        except ValueError:
            caught += 1
    return caught


def refuse(i):
    raise ValueError(i)


def arithmetic(n):
    x = 0.5
    total = 0.0
    for i in range(n):
        x = 3.7 * x * (1.0 - x)
        if x > 0.9:
            total += x
        else:
            total -= x / (i + 1)
    return total


class Account:
    def __init__(self, balance):
        self.balance = balance
        self.moves = 0

    def is_open(self):
        return self.balance > 0

    def move(self, amount):
        if self.is_open():
            self.balance += amount
        self.moves += 1


def methods(n):
    one = Account(n)
    other = Account(n)
    for i in range(n):
        one.move(i)
        other.move(-1)
    return one.balance, other.moves


def coroutines(n):
    return asyncio.run(together(n))


async def together(n):
    return sum(await asyncio.gather(*[consume(part, n // 4) for part in range(4)]))


async def consume(part, n):
    total = 0
    for number in range(part, n):
        total += await checked(number)
    return total


async def checked(number):
    if number & 15 == 0:
        await asyncio.sleep(0)
    return await doubled(number)


async def doubled(number):
    return number * 2
