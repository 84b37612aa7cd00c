// SPDX-License-Identifier: Apache-2.0
// Global names, looked up in the namespace of the entered frame and then in its builtins, as
// LOAD_GLOBAL does: exact dicts directly, anything else through its mapping protocol.
// Needs the GIL. Tested by tests/conform.
#include <Python.h>

#include "cpython/objects.h"
#include "cpython/portable.h"
#include "runtime/functions.h"
#include "runtime/interpreted.h"

namespace {

// A look-up that runs no Python: all keys are strings. Borrowed.
PyObject* plain_global(hone_frame* frame, PyObject* name) noexcept {
    PyObject* const globals = hone::cpython::frame_globals(frame);
    if (hone::cpython::dict_keys(globals)->kind == hone::cpython::kKeysGeneral) return nullptr;
    return PyDict_GetItemWithError(globals, name);
}

}  // namespace

extern "C" {

hone_obj* hone_rt_load_global(hone_frame* frame, hone_obj* name) noexcept {
    PyObject* value = hone::cpython::find_global(hone::cpython::frame_globals(frame),
                                                 hone::cpython::frame_builtins(frame), name);
    if (value == nullptr && !PyErr_Occurred()) hone::runtime::raise_undefined(name);
    return value;
}

hone_obj* hone_rt_load_variable(hone_frame* frame, hone_obj* name, hone_obj* held) noexcept {
    if (held != nullptr) return Py_NewRef(held);
    PyObject* const value = plain_global(frame, name);
    return value != nullptr && !hone::cpython::is_lazy_import(value) ? Py_NewRef(value) : nullptr;
}

std::int64_t hone_rt_store_variable(hone_frame* frame, hone_obj* name, hone_obj* v) noexcept {
    PyObject* const old = plain_global(frame, name);
    if (old == nullptr || !hone::cpython::dies_quietly(old)) return 0;
    if (PyDict_SetItem(hone::cpython::frame_globals(frame), name, v) == 0) return 1;
    PyErr_Clear();
    return 0;
}

std::int64_t hone_rt_store_global(hone_frame* frame, hone_obj* name, hone_obj* v) noexcept {
    return PyDict_SetItem(hone::cpython::frame_globals(frame), name, v);
}

std::int64_t hone_rt_delete_global(hone_frame* frame, hone_obj* name) noexcept {
    const int status = PyDict_DelItem(hone::cpython::frame_globals(frame), name);
    if (status < 0 && PyErr_ExceptionMatches(PyExc_KeyError)) hone::runtime::raise_undefined(name);
    return status;
}
}
