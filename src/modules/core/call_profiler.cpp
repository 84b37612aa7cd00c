// SPDX-License-Identifier: Apache-2.0
// _core.CallProfiler: the Python type around measure::CallProfiler.
#include "measure/call_profiler.h"

#include <new>

#include "modules/core/part.h"

namespace hone::modules {

namespace {

struct ProfilerObject {
    PyObject_HEAD measure::CallProfiler profiler;
};

measure::CallProfiler& profiler_of(PyObject* self) {
    return reinterpret_cast<ProfilerObject*>(self)->profiler;
}

PyObject* enable(PyObject* self, PyObject*) {
    if (!profiler_of(self).enable()) return nullptr;
    Py_RETURN_NONE;
}
PyObject* disable(PyObject* self, PyObject*) {
    profiler_of(self).disable();
    Py_RETURN_NONE;
}

PyObject* clear(PyObject* self, PyObject*) {
    profiler_of(self).clear();
    Py_RETURN_NONE;
}

PyObject* stats(PyObject* self, PyObject*) {
    return profiler_of(self).stats().release();
}
PyObject* overhead(PyObject* self, PyObject*) {
    return profiler_of(self).overhead().release();
}

PyObject* enter_context(PyObject* self, PyObject*) {
    return profiler_of(self).enable() ? Py_NewRef(self) : nullptr;
}

PyObject* exit_context(PyObject* self, PyObject*) {
    profiler_of(self).disable();
    Py_RETURN_FALSE;
}

PyObject* enabled(PyObject* self, void*) {
    return PyBool_FromLong(profiler_of(self).enabled());
}

PyMethodDef methods[] = {
    {"enable", enable, METH_NOARGS,
     "enable()\n\nWatch every call on every thread from now on. RuntimeError if a CallProfiler is "
     "on already."},
    {"disable", disable, METH_NOARGS,
     "disable()\n\nStop watching; calls under way count as ended now."},
    {"clear", clear, METH_NOARGS, "clear()\n\nForget the calls that have ended."},
    {"stats", stats, METH_NOARGS,
     "stats() -> list\n\n(filename, firstlineno, qualname, calls, own_seconds, cumulative_seconds, "
     "is_native) for "
     "each function, most own time first. Native functions stand in file '~'. Recursive "
     "activations are counted "
     "in calls, and once in cumulative_seconds. The cost of the probes has been taken off."},
    {"overhead", overhead, METH_NOARGS,
     "overhead() -> dict\n\nThe clock, the measured cost of a probe in seconds, and the seconds "
     "taken off in all."},
    {"__enter__", enter_context, METH_NOARGS, nullptr},
    {"__exit__", exit_context, METH_VARARGS, nullptr},
    {nullptr, nullptr, 0, nullptr},
};

PyGetSetDef properties[] = {
    {"enabled", enabled, nullptr, "Whether this profiler is on.", nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};

PyObject* create(PyTypeObject* type, PyObject* arguments, PyObject* keywords) {
    static const char* names[] = {"before_exit", nullptr};
    PyObject* before_exit = Py_None;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "|$O:CallProfiler",
                                     const_cast<char**>(names), &before_exit)) {
        return nullptr;
    }
    if (before_exit != Py_None && !PyCallable_Check(before_exit)) {
        PyErr_SetString(PyExc_TypeError, "before_exit must be callable or None");
        return nullptr;
    }
    PyObject* self = type->tp_alloc(type, 0);
    if (self == nullptr) return nullptr;
    auto* profiler =
        new (&reinterpret_cast<ProfilerObject*>(self)->profiler) measure::CallProfiler(self);
    if (before_exit != Py_None) profiler->set_before_exit(before_exit);
    for (const PyMethodDef* method = methods; method->ml_name != nullptr; ++method)
        profiler->hide(method);
    return self;
}

void destroy(PyObject* self) {
    PyObject_GC_UnTrack(self);
    PyTypeObject* type = Py_TYPE(self);
    profiler_of(self).~CallProfiler();
    type->tp_free(self);
    Py_DECREF(type);
}

int traverse(PyObject* self, visitproc visit, void* arg) {
    Py_VISIT(Py_TYPE(self));
    return profiler_of(self).traverse(visit, arg);
}

int drop_references(PyObject* self) {
    profiler_of(self).drop_references();
    return 0;
}

PyType_Slot slots[] = {
    {Py_tp_doc, const_cast<char*>("CallProfiler(*, before_exit=None)\n\nCounts and times every "
                                  "call, Python and native, on every thread. "
                                  "before_exit() is called when the program is about to end the "
                                  "process at once (os._exit, os.abort, os.exec*).")},
    {Py_tp_new, reinterpret_cast<void*>(create)},
    {Py_tp_dealloc, reinterpret_cast<void*>(destroy)},
    {Py_tp_traverse, reinterpret_cast<void*>(traverse)},
    {Py_tp_clear, reinterpret_cast<void*>(drop_references)},
    {Py_tp_methods, methods},
    {Py_tp_getset, properties},
    {0, nullptr},
};

PyType_Spec spec{"hone._core.CallProfiler", sizeof(ProfilerObject), 0,
                 Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE, slots};

}  // namespace

bool add_call_profiler(PyObject* module) {
    const cpython::Ref<> type = cpython::steal(PyType_FromSpec(&spec));
    return type && PyModule_AddObjectRef(module, "CallProfiler", type.get()) == 0;
}

}  // namespace hone::modules
