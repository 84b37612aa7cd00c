"""A module's own loops: its variables are globals that everybody may read and write."""

import sys

count = 0
total = 0.0
name = ""
big = 1
for i in range(50):
    count += i
    total += i * 0.5
    name = name + "x" if i % 7 == 0 else name
    big *= 3
print(i, count, total, name, big)


def look():
    return count, total, i


def change():
    global count, total
    count = count + 1000
    total = "now a string" if count > 3000 else 1.5


log = []
for i in range(12):
    count += 1
    log.append(look())
    change()
    log.append((count, total))
    if isinstance(total, str):
        total = 2
print(log)


class Tells:
    def __init__(self, k):
        self.k = k

    def __del__(self):
        print("gone", self.k, i, n, new_here if "new_here" in globals() else None)


n = 0
for i in range(4):
    for thing in [Tells(i), Tells(i + 10)]:
        n += 1
        kept = thing
    n += 100
    new_here = n
del thing, kept

for i in range(6):
    thing = Tells(i)
    n -= 1
thing = None

first_seen_in_order = [k for k in globals() if not k.startswith("__")]
print(first_seen_in_order)

for i in range(5):
    if i == 1:
        made_late = i
    elif i == 2:
        made_later = made_late + 1
    elif i == 3:
        del made_late
    n += i
print([k for k in globals() if k.startswith("made")], n)

values = [1, 2.5, "s", None, True, 2**70, (1, 2), [3]]
for i in range(20):
    v = values[i % 8]
    w = v
    try:
        w = w + 1
    except TypeError as error:
        w = str(error)
    print(v, w, end="; ")
print()

x = 1
while x < 10**25:
    x += x
    y = x & 255
print(x, y)

for i in range(10):
    if i % 2:
        values = i
    else:
        values = [i]
print(values)

for i in range(8):
    alias = log
    n += len(alias)
del alias
print(n)

for i in range(6):
    len_before = len
    if i == 3:
        len = lambda x: -1  # noqa: E731
    n += len("abc")
    print(n, end=" ")
del len, len_before
print(n)

counter = 0
for i in range(5):
    counter += 10
    globals()["counter"] += 100
    counter += len(globals()) * 0
    sys.modules[__name__].unseen = counter
print(counter)

try:
    for i in range(10):
        counter += 1
        counter // (4 - i)
except ZeroDivisionError as error:
    print(error, i, counter, error.__traceback__.tb_lineno)


class Body:
    total = 0
    for k in range(10):
        total += k
    squares = []
    for k in range(3):
        squares.append(k * k)


print(Body.total, Body.k, Body.squares)
