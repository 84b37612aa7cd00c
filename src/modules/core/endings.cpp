// SPDX-License-Identifier: Apache-2.0
// _core.before_exit(): see cpython/endings.h.
#include "cpython/endings.h"

#include <unistd.h>

#include "cpython/ref.h"
#include "modules/core/part.h"

namespace hone::modules {

namespace {

// Never given back: the process ends first.
PyObject* callable = nullptr;
pid_t owner = 0;

void call_it() noexcept {
    if (getpid() != owner) return;
    if (!cpython::steal(PyObject_CallNoArgs(callable))) PyErr_Clear();
}

PyObject* before_exit(PyObject*, PyObject* function) {
    if (!PyCallable_Check(function)) {
        PyErr_SetString(PyExc_TypeError, "before_exit() needs a callable");
        return nullptr;
    }
    Py_XSETREF(callable, Py_NewRef(function));
    owner = getpid();
    if (!cpython::tell_of_endings(call_it)) return nullptr;
    Py_RETURN_NONE;
}

PyMethodDef functions[] = {
    {"before_exit", before_exit, METH_O,
     "before_exit(callable)\n--\n\nCall it whenever this process (no child of it) is about to end "
     "without atexit: by\nos._exit, os.abort, os.exec*. One callable at a time; what it raises is "
     "dropped."},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace

bool add_endings(PyObject* module) {
    return PyModule_AddFunctions(module, functions) == 0;
}

}  // namespace hone::modules
