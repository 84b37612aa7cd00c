// SPDX-License-Identifier: Apache-2.0
// Operations whose operands are known to be of exact builtin types, so that no Python code can
// run: the same functions as for any object, under rows that promise more.
#include <Python.h>

#include "runtime/functions.h"

namespace {

constexpr std::int64_t kAskSlowly = -2;

// Their truth and length are fields; no Python code is asked.
bool has_builtin_length(PyObject* a) noexcept {
    return PyList_CheckExact(a) || PyTuple_CheckExact(a) || PyUnicode_CheckExact(a) ||
           PyDict_CheckExact(a) || PyAnySet_CheckExact(a) || PyBytes_CheckExact(a) ||
           PyByteArray_CheckExact(a) || Py_IS_TYPE(a, &PyRange_Type);
}

bool is_builtin_number(PyObject* a) noexcept {
    return PyLong_CheckExact(a) || PyBool_Check(a) || PyFloat_CheckExact(a) || a == Py_None ||
           PyComplex_CheckExact(a);
}

}  // namespace

extern "C" {

hone_obj* hone_rt_binary_plain(hone_obj* a, hone_obj* b, std::int64_t op) noexcept {
    return hone_rt_binary(a, b, op);
}
hone_obj* hone_rt_compare_plain(hone_obj* a, hone_obj* b, std::int64_t op) noexcept {
    return hone_rt_compare(a, b, op);
}
std::int64_t hone_rt_truth_plain(hone_obj* a) noexcept {
    return PyObject_IsTrue(a);
}
std::int64_t hone_rt_truth_quick(hone_obj* a) noexcept {
    return is_builtin_number(a) || has_builtin_length(a) ? PyObject_IsTrue(a) : kAskSlowly;
}
std::int64_t hone_rt_length_quick(hone_obj* a) noexcept {
    // (len of a range can be too large for a size, which raises.)
    return has_builtin_length(a) && !Py_IS_TYPE(a, &PyRange_Type) ? PyObject_Size(a) : kAskSlowly;
}
std::int64_t hone_rt_length_plain(hone_obj* a) noexcept {
    return PyObject_Size(a);
}
}
