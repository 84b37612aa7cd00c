// SPDX-License-Identifier: Apache-2.0
#include "measure/usual_program.h"

namespace hone::measure {

// Nothing that hone is measured with elsewhere, only alike in what it is made of. Ints are small,
// or their arithmetic would be what takes the time. No run throws the same dice as another: a core
// learns by heart what is run twice.
const char* const kUsualProgram = R"(
class Shelf:
    def __init__(self, room, next):
        self.room = room
        self.next = next
        self.open = False
    def takes(self, size):
        return self.room * size & 1023
    def is_open(self):
        return self.open
    def turn(self, open):
        self.open = open
        self.turned()
    def turned(self):
        pass

class Deep(Shelf):
    def takes(self, size):
        if self.is_open():
            return Shelf.takes(self, size) + 1
        return self.room + self.behind(size)
    def behind(self, size):
        return abs(size - self.room)

class Noted(Shelf):
    def __init__(self, room, next):
        Shelf.__init__(self, room, next)
        self.notes = []
    def takes(self, size):
        self.notes.append(size)
        return min(self.room, size)
    def turned(self):
        self.notes.clear()

class Basket:
    def __init__(self):
        self.items = []
    def put(self, item):
        self.items.append(item)
        if len(self.items) > 16:
            self.lighten()
    def lighten(self):
        self.items.pop()
        self.items.pop()
    def largest(self, otherwise=0):
        return max(self.items) if self.items else otherwise

def throw(dice):
    return dice * 1103 + 12345 & 0xFFFFF

def shelves(count):
    shelf = None
    for number in range(count):
        kind = (Shelf, Deep, Noted)[number % 3]
        shelf = kind(number * 7 % 64, shelf)
    return shelf

def with_room(shelf, room):
    while shelf is not None:
        if shelf.room == room:
            return shelf
        shelf = shelf.next

def within(value, low=0, high=1023):
    if value < low:
        return low
    return high if value > high else value

def label(labels, number):
    found = labels.get(number)
    if found is None:
        found = labels.setdefault(number, str(number))
    return len(found)

def visit(shelf, dice, basket):
    total = 0
    while shelf is not None:
        dice = throw(dice)
        if dice & 256:
            total += within(shelf.takes(dice >> 8 & 63))
        elif isinstance(shelf, Deep):
            shelf.turn(not shelf.is_open())
        else:
            basket.put(within(total, high=dice >> 12 & 255))
        shelf = shelf.next
    return total, dice

def work(rounds, shelf=shelves(24), thrown=[42]):
    dice, labels, basket = thrown.pop(), {}, Basket()
    total = 0
    for _ in range(rounds):
        more, dice = visit(shelf, dice, basket)
        total += more + basket.largest() + label(labels, dice >> 10 & 31)
        if with_room(shelf, dice >> 9 & 63) is not None:
            total += 1
    thrown.append(dice)
    return total
)";

}  // namespace hone::measure
