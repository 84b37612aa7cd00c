// SPDX-License-Identifier: Apache-2.0
// Operations whose operands are known to be of exact builtin types, so that no Python code can
// run: the same functions as for any object, under rows that promise more.
#include <Python.h>

#include "runtime/functions.h"

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
std::int64_t hone_rt_length_plain(hone_obj* a) noexcept {
    return PyObject_Size(a);
}
}
