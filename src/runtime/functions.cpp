// SPDX-License-Identifier: Apache-2.0
// Function objects and cells made by compiled code. Needs the GIL.
// Tested by tests/conform.
#include <Python.h>

#include "cpython/portable.h"
#include "runtime/functions.h"

extern "C" {

hone_obj* hone_rt_make_function(hone_frame* frame, hone_obj* code) noexcept {
    return hone::cpython::new_function(code, hone::cpython::frame_globals(frame));
}

std::int64_t hone_rt_set_function_part(hone_obj* function, std::int64_t which,
                                       hone_obj* value) noexcept {
    if (hone::cpython::set_function_part(function, static_cast<int>(which), value)) return 0;
    PyErr_BadInternalCall();
    return -1;
}

hone_obj* hone_rt_new_cell(hone_obj* contents) noexcept {
    return PyCell_New(contents);
}

std::int64_t hone_rt_cell_set(hone_obj* cell, hone_obj* v) noexcept {
    return PyCell_Set(cell, v);
}
}
