// SPDX-License-Identifier: Apache-2.0
// _core.unshare_descriptors(): a thread with files of its own.
#include <Python.h>

#include <sched.h>

#include "modules/core/part.h"

namespace hone::modules {

namespace {

PyObject* unshare_descriptors(PyObject*, PyObject*) {
    if (unshare(CLONE_FILES) != 0) return PyErr_SetFromErrno(PyExc_OSError);
    Py_RETURN_NONE;
}

PyMethodDef functions[] = {
    {"unshare_descriptors", unshare_descriptors, METH_NOARGS,
     "unshare_descriptors()\n--\n\nFrom now on this thread has its own copies of the process's "
     "descriptors: what it opens and\ncloses is nobody else's. OSError if the system refuses."},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace

bool add_descriptors(PyObject* module) {
    return PyModule_AddFunctions(module, functions) == 0;
}

}  // namespace hone::modules
