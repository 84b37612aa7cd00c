// SPDX-License-Identifier: Apache-2.0
// _core.run_program(function, *arguments) or (code, names): runs a program the way the
// interpreter's own main does. No frame of the caller is visible to it, and an exception that
// leaves it is reported here, before it could pick up the caller's frames in its traceback.
#include <Python.h>

#include "cpython/bare_stack.h"
#include "modules/core/part.h"

namespace hone::modules {
namespace {

constexpr int kFailed = 1;
constexpr int kInterrupted = 130;

// The program's outcome as an exit code; SystemExit goes on to the interpreter, which knows it
// best.
PyObject* outcome_of_error() {
    if (PyErr_ExceptionMatches(PyExc_SystemExit)) return nullptr;
    const bool interrupted = PyErr_ExceptionMatches(PyExc_KeyboardInterrupt);
    PyErr_Print();
    return PyLong_FromLong(interrupted ? kInterrupted : kFailed);
}

// Code is evaluated as the interpreter's main does it; exec() would take a place in the recursion
// limit.
PyObject* start(PyObject* const* arguments, Py_ssize_t count) {
    if (PyCode_Check(arguments[0]) && count == 2 && PyDict_Check(arguments[1])) {
        if (PySys_Audit("exec", "O", arguments[0]) < 0) return nullptr;
        return PyEval_EvalCode(arguments[0], arguments[1], arguments[1]);
    }
    return PyObject_Vectorcall(arguments[0], arguments + 1, static_cast<size_t>(count - 1),
                               nullptr);
}

PyObject* run_program(PyObject*, PyObject* const* arguments, Py_ssize_t count) {
    if (count < 1) {
        PyErr_SetString(PyExc_TypeError, "run_program() needs a function or code");
        return nullptr;
    }
    cpython::BareStack bare;
    PyObject* result = start(arguments, count);
    if (!result) return outcome_of_error();
    Py_DECREF(result);
    return PyLong_FromLong(0);
}

PyMethodDef functions[] = {
    {"run_program", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(run_program)),
     METH_FASTCALL,
     "run_program(function, *arguments) -> int\nrun_program(code, names) -> int\n\nRuns it on an "
     "empty stack. An exception is printed as "
     "the interpreter prints it at the end of a program, and 1 is returned, 130 for "
     "KeyboardInterrupt; 0 without one. "
     "SystemExit is let through."},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace

bool add_run_program(PyObject* module) {
    return PyModule_AddFunctions(module, functions) == 0;
}

}  // namespace hone::modules
