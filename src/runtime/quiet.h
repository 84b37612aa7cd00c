// SPDX-License-Identifier: Apache-2.0
// Objects that compiled code's fast ways may handle without the frame being written: nothing that
// is done with them runs Python code. Needs the GIL.
#pragma once

#include <Python.h>

namespace hone::runtime {

// An exact number, string or None: hashing, comparing and dropping it runs no Python code. (Bytes
// are left out: comparing them to a str warns under python -b.)
[[nodiscard]] inline bool is_plain(PyObject* o) noexcept {
    PyTypeObject* const type = Py_TYPE(o);
    return type == &PyLong_Type || type == &PyUnicode_Type || type == &PyFloat_Type ||
           type == &PyBool_Type || o == Py_None || type == &PyComplex_Type;
}

// Giving up one reference runs no Python code: somebody else has one too, or the object is plain.
[[nodiscard]] inline bool dies_quietly(PyObject* o) noexcept {
    return Py_REFCNT(o) > 1 || is_plain(o);
}

// A key made of plain objects alone.
[[nodiscard]] inline bool is_plain_key(PyObject* o) noexcept {
    if (is_plain(o)) return true;
    if (!PyTuple_CheckExact(o)) return false;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(o); ++i)
        if (!is_plain(PyTuple_GET_ITEM(o, i))) return false;
    return true;
}

}  // namespace hone::runtime
