// SPDX-License-Identifier: Apache-2.0
// _core.before_exit() and what else concerns how this process ends: see cpython/endings.h.
#include "cpython/endings.h"

#include <cstdio>
#include <cstdlib>
#include <vector>

#include <unistd.h>

#include "cpython/ref.h"
#include "modules/core/part.h"

namespace hone::modules {

namespace {

struct Told {
    pid_t owner;
    PyObject* callables;  // a tuple
};

// Never given back: the process ends first.
std::vector<Told>* told = nullptr;
int status_instead = 0;

void call_all(PyObject* callables) {
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(callables); ++i) {
        if (!cpython::steal(PyObject_CallNoArgs(PyTuple_GET_ITEM(callables, i)))) PyErr_Clear();
    }
}

// By index: what is called may add to them.
void call_it() noexcept {
    const pid_t here = getpid();
    for (std::size_t i = told->size(); i-- > 0;) {
        const Told one = (*told)[i];
        if (one.owner == here) call_all(one.callables);
    }
}

PyObject* before_exit(PyObject*, PyObject* arguments, PyObject* keywords) {
    static const char* names[] = {"signals", nullptr};
    int signals = 0;
    const cpython::Ref<> nothing = cpython::steal(PyTuple_New(0));
    if (!nothing || !PyArg_ParseTupleAndKeywords(nothing.get(), keywords, "|$p:before_exit",
                                                 const_cast<char**>(names), &signals)) {
        return nullptr;
    }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(arguments); ++i) {
        if (!PyCallable_Check(PyTuple_GET_ITEM(arguments, i))) {
            PyErr_SetString(PyExc_TypeError, "before_exit() needs callables");
            return nullptr;
        }
    }
    if (told == nullptr) told = new std::vector<Told>;
    told->push_back({getpid(), Py_NewRef(arguments)});
    if (!cpython::tell_of_endings(call_it)) return nullptr;
    if (signals != 0 && !cpython::tell_of_ending_signals(call_it)) return nullptr;
    Py_RETURN_NONE;
}

// The last of what the C library calls that was registered since; files are flushed after it.
void end_otherwise(int status, void*) {
    if (status != 0 || status_instead == 0) return;
    std::fflush(nullptr);
    _exit(status_instead);
}

PyObject* fail_at_exit(PyObject*, PyObject* status) {
    const long value = PyLong_AsLong(status);
    if (value == -1 && PyErr_Occurred()) return nullptr;
    if (status_instead == 0) on_exit(end_otherwise, nullptr);
    status_instead = static_cast<int>(value);
    Py_RETURN_NONE;
}

PyMethodDef functions[] = {
    {"before_exit", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(before_exit)),
     METH_VARARGS | METH_KEYWORDS,
     "before_exit(*callables, signals=False)\n--\n\nCall them in turn whenever this process (no "
     "child of it) is about to end without atexit: by\nos._exit, os.abort, os.exec*; with "
     "`signals` "
     "by signals like SIGTERM, too, if they end the\nprogram. What was given last is called first; "
     "what is raised is dropped."},
    {"fail_at_exit", fail_at_exit, METH_O,
     "fail_at_exit(status)\n--\n\nIf this process ends with status 0, let it be this one."},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace

bool add_endings(PyObject* module) {
    return PyModule_AddFunctions(module, functions) == 0;
}

}  // namespace hone::modules
