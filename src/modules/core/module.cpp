// SPDX-License-Identifier: Apache-2.0
// hone._core: measuring and tuning natives; never LLVM. The door only: what is in it stands in
// parts.def.
#include <Python.h>

#include "modules/core/part.h"

#ifdef Py_GIL_DISABLED
#error "hone does not support free-threaded builds of CPython"
#endif

namespace {

// The profilers' state is the process's, not an interpreter's.
bool in_main_interpreter() {
    if (PyInterpreterState_Get() == PyInterpreterState_Main()) return true;
    PyErr_SetString(PyExc_ImportError,
                    "hone works in the main interpreter only, not in sub-interpreters");
    return false;
}

int execute(PyObject* module) {
    if (!in_main_interpreter()) return -1;
#define HONE_CORE_PART(name) \
    if (!hone::modules::add_##name(module)) return -1;
#include "modules/core/parts.def"
#undef HONE_CORE_PART
    return 0;
}

PyModuleDef_Slot slots[] = {
    {Py_mod_exec, reinterpret_cast<void*>(execute)},
#ifdef Py_mod_multiple_interpreters
    {Py_mod_multiple_interpreters, Py_MOD_MULTIPLE_INTERPRETERS_NOT_SUPPORTED},
#endif
    {0, nullptr},
};

PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    "hone._core",
    "Measuring and tuning, natively.",
    0,
    nullptr,
    slots,
    nullptr,
    nullptr,
    nullptr,
};

}  // namespace

PyMODINIT_FUNC PyInit__core() {
    return PyModuleDef_Init(&definition);
}
