// SPDX-License-Identifier: Apache-2.0
// _core.fingerprint(object) and _core.confine(pipe): see tune/compare/fingerprint.h,
// tune/twin/confine.h.
#include <Python.h>

#include <cerrno>

#include "modules/core/part.h"
#include "tune/compare/fingerprint.h"
#include "tune/twin/confine.h"

namespace hone::modules {
namespace {

PyObject* fingerprint(PyObject*, PyObject* object) {
    tune::Fingerprint found;
    if (!tune::fingerprint(object, found)) return nullptr;
    return Py_BuildValue("(snn)", found.digest.c_str(), found.objects, found.opaque);
}

PyObject* confine(PyObject*, PyObject* pipe) {
    const int file = PyObject_AsFileDescriptor(pipe);
    if (file < 0) return nullptr;
    errno = tune::confine(file);
    if (errno != 0) return PyErr_SetFromErrno(PyExc_OSError);
    Py_RETURN_NONE;
}

PyMethodDef functions[] = {
    {"fingerprint", fingerprint, METH_O,
     "fingerprint(object) -> (digest, objects, opaque)\n\nEqual digests: nothing tells the two "
     "graphs apart. opaque: "
     "how many objects have state in C that was not looked at."},
    {"confine", confine, METH_O,
     "confine(pipe)\n\nFrom now on this process can only compute, write to the pipe and end; "
     "anything else ends it with "
     "status 77. For forked twins."},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace

bool add_twins(PyObject* module) {
    return PyModule_AddFunctions(module, functions) == 0;
}

}  // namespace hone::modules
