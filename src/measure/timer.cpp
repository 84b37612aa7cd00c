// SPDX-License-Identifier: Apache-2.0
#include "measure/timer.h"

#include <cmath>

namespace hone::measure {

namespace {

constexpr double kNanoseconds = 1e9;

}  // namespace

// -1 may be an error: a Python error is set then.
Ticks Timer::to_ticks(PyObject* given) const noexcept {
    if (unit_ > 0) {
        if (PyLong_Check(given)) return PyLong_AsLongLong(given);
        PyErr_Format(PyExc_TypeError, "a timer with a unit must give int, not %s",
                     Py_TYPE(given)->tp_name);
        return -1;
    }
    const double seconds = PyFloat_AsDouble(given);
    if (seconds == -1 && PyErr_Occurred() != nullptr) return -1;
    const double ticks = std::floor(seconds * kNanoseconds);
    if (std::fabs(ticks) < 0x1p63) return static_cast<Ticks>(ticks);
    PyErr_SetString(PyExc_ValueError, "a timer's seconds are out of range");
    return -1;
}

Ticks Timer::read_py() const noexcept {
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    const cpython::Ref<> given = cpython::steal(PyObject_CallNoArgs(callable_.get()));
    Ticks ticks = given ? to_ticks(given.get()) : -1;
    if (PyErr_Occurred() != nullptr) {
        PyErr_WriteUnraisable(callable_.get());
        ticks = 0;
    }
    PyErr_Restore(type, value, traceback);
    return ticks;
}

}  // namespace hone::measure
