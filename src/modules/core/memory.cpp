// SPDX-License-Identifier: Apache-2.0
// _core.start_memory() and its like: the door of measure/memory/profiler.h.
#include <Python.h>

#include "measure/memory/profiler.h"

#include "modules/core/part.h"

namespace hone::modules {

namespace {

PyObject* start(PyObject*, PyObject* arguments, PyObject* keywords) {
    static const char* names[] = {"store", "every", "seed", nullptr};
    measure::memory::Options options;
    const char* store = nullptr;
    unsigned long long seed = 0;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "s|$dK:start_memory",
                                     const_cast<char**>(names), &store, &options.every, &seed))
        return nullptr;
    if (!(options.every >= 0)) {
        PyErr_SetString(PyExc_ValueError, "every must be a number of bytes");
        return nullptr;
    }
    options.store = store;
    options.seed = seed;
    if (const auto started = measure::memory::start(options); !started) {
        PyErr_SetString(PyExc_RuntimeError, started.error().reason.c_str());
        return nullptr;
    }
    Py_RETURN_NONE;
}

PyObject* stop(PyObject*, PyObject*) {
    measure::memory::stop();
    Py_RETURN_NONE;
}

PyObject* is_on(PyObject*, PyObject*) {
    return PyBool_FromLong(measure::memory::is_on());
}

PyMethodDef functions[] = {
    {"start_memory", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(start)),
     METH_VARARGS | METH_KEYWORDS,
     "start_memory(store, *, every=0.0, seed=0)\n--\n\nProfile what this process asks for from now "
     "on, into the file STORE, which exists and is the\nuser's, until stop_memory(). EVERY: bytes "
     "between two samples on average; at most 1: every block is\none; 0: as few as are cheap. "
     "SEED: of the chances, 0 for another one each time. RuntimeError if\nthe process's memory is "
     "profiled already or the file can't be written."},
    {"stop_memory", stop, METH_NOARGS, "stop_memory()\n--\n\nStop it; the file is complete."},
    {"profiles_memory", is_on, METH_NOARGS,
     "profiles_memory() -> bool\n--\n\nIs this process's memory profiled?"},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace

bool add_memory(PyObject* module) {
    return PyModule_AddFunctions(module, functions) == 0;
}

}  // namespace hone::modules
