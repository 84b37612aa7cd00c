// SPDX-License-Identifier: Apache-2.0
// Calls of objects. The argument array is the one compiled code laid out: callable, self or NULL,
// arguments; the slot before the first argument may be used by the callee and is put back, as the
// vectorcall protocol says. Needs the GIL. Tested by tests/conform.
#include <Python.h>

#include "runtime/functions.h"
#include "runtime/interpreted.h"

namespace {

// *args of a call as a new tuple; a type that can't be iterated gets the call's own error text.
PyObject* positional_tuple(PyObject* callable, PyObject* args) noexcept {
    if (PyTuple_CheckExact(args)) return Py_NewRef(args);
    PyObject* tuple = hone::runtime::never_iterable(args) ? nullptr : PySequence_Tuple(args);
    if (tuple == nullptr && !PyErr_Occurred())
        hone::runtime::raise_interpreted("def f(g, x): return g(*x)\n", {callable, args});
    return tuple;
}

}  // namespace

extern "C" {

hone_obj* hone_rt_call(hone_obj** argv, std::int64_t count, hone_obj* kwnames) noexcept {
    const std::int64_t first = argv[1] != nullptr ? 1 : 2;
    const Py_ssize_t named = kwnames != nullptr ? PyTuple_GET_SIZE(kwnames) : 0;
    const auto positional = static_cast<std::size_t>(count - first - named);
    return PyObject_Vectorcall(argv[0], argv + first, positional | PY_VECTORCALL_ARGUMENTS_OFFSET,
                               kwnames);
}

hone_obj* hone_rt_call_ex(hone_obj* callable, hone_obj* args, hone_obj* kwargs) noexcept {
    PyObject* tuple = positional_tuple(callable, args);
    if (tuple == nullptr) return nullptr;
    PyObject* result = PyObject_Call(callable, tuple, kwargs);
    Py_DECREF(tuple);
    return result;
}
}
