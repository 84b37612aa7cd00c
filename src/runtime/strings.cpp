// SPDX-License-Identifier: Apache-2.0
// Strings: the parts of f-strings and their concatenation. Needs the GIL.
// Tested by tests/conform.
#include <Python.h>

#include "cpython/portable.h"
#include "runtime/functions.h"

namespace {

enum Conversion : std::int64_t { kNoConversion = 0, kStr = 1, kRepr = 2, kAscii = 3 };

PyObject* convert(PyObject* v, std::int64_t conversion) noexcept {
    switch (conversion) {
        case kStr:
            return PyObject_Str(v);
        case kRepr:
            return PyObject_Repr(v);
        case kAscii:
            return PyObject_ASCII(v);
        default:
            return Py_NewRef(v);
    }
}

}  // namespace

extern "C" {

hone_obj* hone_rt_build_string(hone_obj** items, std::int64_t n) noexcept {
    return hone::cpython::join_strings(items, n);
}

hone_obj* hone_rt_format_value(hone_obj* v, hone_obj* spec, std::int64_t conversion) noexcept {
    PyObject* value = convert(v, conversion);
    if (value == nullptr || (spec == nullptr && PyUnicode_CheckExact(value))) return value;
    PyObject* result = PyObject_Format(value, spec);
    Py_DECREF(value);
    return result;
}
}
