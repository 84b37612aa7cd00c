// SPDX-License-Identifier: Apache-2.0
#include "measure/usual_program.h"

namespace hone::measure {

namespace {

using cpython::own;
using cpython::Ref;
using cpython::steal;

// Nothing that hone is measured with elsewhere, only alike in what it is made of. Ints are small,
// or their arithmetic would be what takes the time.
constexpr const char* kSource = R"(
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

def work(rounds, shelf=shelves(24)):
    dice, labels, basket = 42, {}, Basket()
    total = 0
    for _ in range(rounds):
        more, dice = visit(shelf, dice, basket)
        total += more + basket.largest() + label(labels, dice >> 10 & 31)
        if with_room(shelf, dice >> 9 & 63) is not None:
            total += 1
    return total
)";

constexpr int kRounds = 4;  // some 500 calls: 0.1 ms, or 0.2 watched

// The code object and all that are made in it. False: a Python error is set.
[[nodiscard]] bool collect(PyCodeObject* code, std::vector<PyCodeObject*>& to) {
    to.push_back(code);
    const Ref<> constants =
        steal(PyObject_GetAttrString(reinterpret_cast<PyObject*>(code), "co_consts"));
    if (!constants) return false;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(constants.get()); ++i) {
        PyObject* const constant = PyTuple_GET_ITEM(constants.get(), i);
        if (PyCode_Check(constant) && !collect(reinterpret_cast<PyCodeObject*>(constant), to))
            return false;
    }
    return true;
}

}  // namespace

bool UsualProgram::load() {
    const Ref<> names = steal(PyDict_New());
    code_ = steal(Py_CompileString(kSource, "<hone: usual program>", Py_file_input));
    const Ref<> name = steal(PyUnicode_FromString("usual"));
    rounds_ = steal(PyLong_FromLong(kRounds));
    if (!names || !code_ || !name || !rounds_) return false;
    if (PyDict_SetItemString(names.get(), "__builtins__", PyEval_GetBuiltins()) < 0 ||
        PyDict_SetItemString(names.get(), "__name__", name.get()) < 0)
        return false;
    if (!steal(PyEval_EvalCode(code_.get(), names.get(), names.get()))) return false;
    work_ = own(PyDict_GetItemString(names.get(), "work"));
    return collect(reinterpret_cast<PyCodeObject*>(code_.get()), codes_);
}

std::optional<double> UsualProgram::time() const {
    const Ticks start = now_ticks();
    const Ref<> result = steal(PyObject_CallOneArg(work_.get(), rounds_.get()));
    const Ticks end = now_ticks();
    if (!result) return std::nullopt;
    return static_cast<double>(end - start);
}

}  // namespace hone::measure
