"""Loops in functions over every kind of iterable, left in every way."""

import weakref


class Countdown:
    def __init__(self, n):
        self.n = n

    def __iter__(self):
        return self

    def __next__(self):
        if self.n == 0:
            raise StopIteration
        self.n -= 1
        return self.n


def pairs(n):
    for k in range(n):
        for m in (1, 2.5, "x"):
            if k % 3 == 2:
                continue
            yield k, m


def over(iterable):
    seen, total = [], 0
    for item in iterable:
        seen.append(item)
        total += len(seen)
    return seen, total


def nested(n):
    out = []
    for i in range(n):
        for j, x in enumerate([1, 2.0, "three", None]):
            for a, b in zip((i, j), reversed([x, n])):
                out.append((a, b))
                if len(out) > 40:
                    break
            else:
                continue
            break
        else:
            out.append("else")
    return out


def mixed_numbers(n):
    total = 1
    for i in range(n):
        total = total * 3 + i
        if i == n - 4:
            total = float(total % 1000)
    return total


def grows(n):
    x = 1
    while x < n:
        x += x
        y = x ^ (x >> 3)
    return x, y


def shared_iterator():
    it = iter(range(20))
    out = []
    for x in it:
        out.append((x, next(it, None)))
    return out


def shared_list_iterator():
    data = [1, 2, 3, 4, 5, 6, 7]
    it = iter(data)
    for x in it:
        if x == 3:
            data.append(x)
        if x == 5:
            break
    return list(it), data


def mutated():
    data = [1, 2, 3]
    out = []
    for x in data:
        out.append(x)
        if len(data) < 10:
            data.append(x * 2)
        elif len(data) == 10:
            del data[5:]
    return out, data


def comprehension(n):
    return [x * y for x in range(n) for y in (x, 2) if x != y], {k: k * k for k in range(n)}


def unbound(n):
    for i in range(n):
        if i > 3:
            late = i
        elif i == 2:
            del n
    return i, late


def closures(n):
    fs = []
    for i in range(n):
        k = i * 2
        fs.append(lambda: k + i)
    return [f() for f in fs]


def all_die():
    class Thing:
        pass

    things = [Thing() for _ in range(3)]
    seen = [weakref.ref(t) for t in things]
    for t in things:
        for u in (t, t):
            pass
    del things, t, u
    return [r() is None for r in seen]


for _ in range(3):
    print(over(range(5)), over([1, "a"]), over((None, 2.5)), over({"k": 1, "l": 2}))
    print(over("abc"), over({1}), over(Countdown(6)), over(pairs(4)), over(map(abs, [-1, 2])))
    print(over(enumerate("xy", 5)), over(zip([1, 2], (3, 4), range(9))), over(reversed([1, 2, 3])))
    print(over(iter([])), over(range(10, -10, -3)), over(zip([1, 2, 3], pairs(2))))
    print(over(zip(range(3), range(3), strict=True)), over(enumerate(zip("ab", "cd"))))
    print(nested(4), nested(1))
    print(mixed_numbers(10), mixed_numbers(80), grows(10**30), grows(100))
    print(shared_iterator(), shared_list_iterator(), mutated())
    print(comprehension(5), unbound(7), closures(4), all_die())
