// SPDX-License-Identifier: Apache-2.0
// _core.Profiler: the Python type around measure::CallProfiler, with the interface of
// _lsprof.Profiler (what cProfile.Profile is derived from) and rows(), overhead() besides. It has
// that type's name, too, because reports show it: `{method 'disable' of '_lsprof.Profiler'
// objects}`.
#include "measure/call_profiler.h"

#include <algorithm>
#include <array>
#include <functional>
#include <new>
#include <string_view>

#include "modules/core/part.h"

namespace hone::modules {

namespace {

using cpython::Ref;
using cpython::steal;
using measure::CallProfiler;

struct ProfilerObject {
    PyObject_HEAD CallProfiler profiler;
};

CallProfiler& profiler_of(PyObject* self) {
    return reinterpret_cast<ProfilerObject*>(self)->profiler;
}

PyTypeObject* entry_type = nullptr;
PyTypeObject* subentry_type = nullptr;

// Unchanged where the caller did not say anything.
void set_flags(CallProfiler& profiler, int callers, int natives) {
    if (callers >= 0) profiler.settings.callers = callers != 0;
    if (natives >= 0) profiler.settings.natives = natives != 0;
}

bool wants_to_be_alone(PyObject* self) {
    const Ref<> alone = steal(PyObject_GetAttrString(self, "_alone"));
    if (!alone) PyErr_Clear();
    return alone.get() == Py_True;
}

PyObject* enable(PyObject* self, PyObject* arguments, PyObject* keywords) {
    static const char* names[] = {"subcalls", "builtins", nullptr};
    int callers = -1, natives = -1;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "|pp:enable", const_cast<char**>(names),
                                     &callers, &natives))
        return nullptr;
    CallProfiler::stop_abandoned_py(profiler_of);
    CallProfiler& profiler = profiler_of(self);
    set_flags(profiler, callers, natives);
    profiler.settings.alone = wants_to_be_alone(self);
    if (!profiler.enable_py()) return nullptr;
    Py_RETURN_NONE;
}

PyObject* disable(PyObject* self, PyObject*) {
    CallProfiler::stop_abandoned_py(profiler_of);
    if (!profiler_of(self).disable_py()) return nullptr;
    Py_RETURN_NONE;
}

PyObject* clear(PyObject* self, PyObject*) {
    if (!profiler_of(self).clear()) return nullptr;
    Py_RETURN_NONE;
}

PyObject* code_of(const CallProfiler::Row& row) {
    const auto* identity = row.identity;
    if (!identity->native) return identity->keeps.get();
    return identity->label ? identity->label.get() : Py_None;
}

// The tuple's items as a structseq of this type.
Ref<> as_entry(PyTypeObject* type, Ref<> items) {
    if (!items) return {};
    return steal(PyObject_CallOneArg(reinterpret_cast<PyObject*>(type), items.get()));
}

unsigned long long recursive_calls(const CallProfiler::Row& row) {
    return row.totals.calls - std::min(row.totals.outermost_calls, row.totals.calls);
}

Ref<> subentry(const CallProfiler::Row& row) {
    return as_entry(subentry_type,
                    steal(Py_BuildValue("(OKKdd)", code_of(row),
                                        static_cast<unsigned long long>(row.totals.calls),
                                        recursive_calls(row), row.cumulative, row.own)));
}

Ref<> subentries(const CallProfiler::Function& function) {
    if (function.calls.empty()) return cpython::own(Py_None);
    Ref<> list = steal(PyList_New(0));
    for (const CallProfiler::Row& row : function.calls) {
        const Ref<> entry = subentry(row);
        if (!list || !entry || PyList_Append(list.get(), entry.get()) < 0) return {};
    }
    return list;
}

Ref<> entry(const CallProfiler::Function& function) {
    const CallProfiler::Row& row = function.row;
    const Ref<> calls = subentries(function);
    if (!calls) return {};
    return as_entry(entry_type,
                    steal(Py_BuildValue(
                        "(OKKddO)", code_of(row), static_cast<unsigned long long>(row.totals.calls),
                        recursive_calls(row), row.cumulative, row.own, calls.get())));
}

PyObject* getstats(PyObject* self, PyObject*) {
    Ref<> list = steal(PyList_New(0));
    for (const CallProfiler::Function& function : profiler_of(self).functions()) {
        const Ref<> made = entry(function);
        if (!list || !made || PyList_Append(list.get(), made.get()) < 0) return nullptr;
    }
    return list.release();
}

Ref<> plain_row(const CallProfiler::Row& row) {
    const auto calls = static_cast<unsigned long long>(row.totals.calls);
    if (row.identity->native) {
        const std::string& name = row.identity->qualified;
        const Ref<> text = steal(
            PyUnicode_DecodeUTF8(name.data(), static_cast<Py_ssize_t>(name.size()), "replace"));
        if (!text) return {};
        return steal(Py_BuildValue("(siOKddO)", "~", 0, text.get(), calls, row.own, row.cumulative,
                                   Py_True));
    }
    const auto* code = reinterpret_cast<PyCodeObject*>(row.identity->keeps.get());
    return steal(Py_BuildValue("(OiOKddO)", code->co_filename, code->co_firstlineno,
                               code->co_qualname, calls, row.own, row.cumulative, Py_False));
}

// The profiler's own methods are no part of the program.
bool is_ours(const CallProfiler::Row& row) {
    return std::string_view(row.identity->qualified).starts_with("_lsprof.Profiler.");
}

PyObject* rows(PyObject* self, PyObject*) {
    auto functions = profiler_of(self).functions();
    std::erase_if(functions, [](const auto& function) { return is_ours(function.row); });
    std::ranges::stable_sort(functions, std::ranges::greater{},
                             [](const auto& function) { return function.row.own; });
    Ref<> list = steal(PyList_New(0));
    for (const auto& function : functions) {
        const Ref<> tuple = plain_row(function.row);
        if (!list || !tuple || PyList_Append(list.get(), tuple.get()) < 0) return nullptr;
    }
    return list.release();
}

PyObject* overhead(PyObject* self, PyObject*) {
    return profiler_of(self).overhead().release();
}

PyObject* stand_for(PyObject* self, PyObject* arguments) {
    PyObject *function = nullptr, *original = nullptr;
    if (!PyArg_ParseTuple(arguments, "OO:stand_for", &function, &original)) return nullptr;
    if (cpython::definition_of(function) == nullptr ||
        cpython::definition_of(original) == nullptr) {
        PyErr_SetString(PyExc_TypeError, "stand_for() needs two native functions");
        return nullptr;
    }
    profiler_of(self).stand_for(function, original);
    Py_RETURN_NONE;
}

PyObject* enter_context(PyObject* self, PyObject*) {
    return profiler_of(self).enable_py() ? Py_NewRef(self) : nullptr;
}

PyObject* exit_context(PyObject* self, PyObject*) {
    if (!profiler_of(self).disable_py()) return nullptr;
    Py_RETURN_FALSE;
}

PyObject* enabled(PyObject* self, void*) {
    return PyBool_FromLong(profiler_of(self).enabled());
}

template <class Function>
PyCFunction as_method(Function* function) {
    return reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(function));
}

PyMethodDef methods[] = {
    {"enable", as_method(enable), METH_VARARGS | METH_KEYWORDS,
     "enable(subcalls=True, builtins=True)\n\nWatch every call on every thread from now on. "
     "subcalls: tell calls apart by caller. builtins: watch native functions, too."},
    {"disable", disable, METH_NOARGS,
     "disable()\n\nStop watching; calls under way count as ended now."},
    {"clear", clear, METH_NOARGS, "clear()\n\nForget the calls that have ended."},
    {"getstats", getstats, METH_NOARGS,
     "getstats() -> list of profiler_entry\n\nEach has code (a code object, or the name of a "
     "native function), callcount, reccallcount, totaltime, inlinetime (seconds) and calls: None "
     "or a list of profiler_subentry, without calls of their own."},
    {"rows", rows, METH_NOARGS,
     "rows() -> list\n\n(filename, firstlineno, qualname, calls, own_seconds, cumulative_seconds, "
     "is_native) for each function, most own time first. Native functions stand in file '~'. "
     "Recursive activations are counted in calls, and once in cumulative_seconds."},
    {"overhead", overhead, METH_NOARGS,
     "overhead() -> dict\n\nThe clock, the measured cost of a probe in seconds, the seconds taken "
     "off in all, and those during which the profiler was on."},
    {"stand_for", stand_for, METH_VARARGS,
     "stand_for(function, original)\n\nCalls of the native function count as calls of the native "
     "original. One such pair."},
    {"__enter__", enter_context, METH_NOARGS, nullptr},
    {"__exit__", exit_context, METH_VARARGS, nullptr},
    {nullptr, nullptr, 0, nullptr},
};

PyGetSetDef properties[] = {
    {"enabled", enabled, nullptr, "Whether this profiler is on.", nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};

PyObject* create(PyTypeObject* type, PyObject*, PyObject*) {
    PyObject* self = type->tp_alloc(type, 0);
    if (self == nullptr) return nullptr;
    new (&profiler_of(self)) CallProfiler(self);
    return self;
}

int initialise(PyObject* self, PyObject* arguments, PyObject* keywords) {
    static const char* names[] = {"timer", "timeunit", "subcalls", "builtins",
                                  "raw",   "threads",  nullptr};
    PyObject* timer = Py_None;
    double unit = 0;
    int callers = -1, natives = -1, raw = 0, every_thread = 1;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "|Odpp$pp:Profiler",
                                     const_cast<char**>(names), &timer, &unit, &callers, &natives,
                                     &raw, &every_thread))
        return -1;
    CallProfiler& profiler = profiler_of(self);
    if (profiler.enabled()) {
        PyErr_SetString(PyExc_RuntimeError, "this profiler is on");
        return -1;
    }
    set_flags(profiler, callers, natives);
    profiler.settings.raw = raw != 0;
    profiler.settings.every_thread = every_thread != 0;
    if (timer != Py_None) profiler.set_timer(timer, unit);
    return 0;
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
    {Py_tp_doc,
     const_cast<char*>(
         "Profiler(timer=None, timeunit=0.0, subcalls=True, builtins=True, *, raw=False, "
         "threads=True)\n\nCounts and times every call, Python and native, on every thread. "
         "timer: a callable that gives seconds, or, with a timeunit of so many seconds, whole "
         "numbers of it. raw: leave the cost of the probes in the times. threads: False watches "
         "the thread alone that calls enable().")},
    {Py_tp_new, reinterpret_cast<void*>(create)},
    {Py_tp_init, reinterpret_cast<void*>(initialise)},
    {Py_tp_dealloc, reinterpret_cast<void*>(destroy)},
    {Py_tp_traverse, reinterpret_cast<void*>(traverse)},
    {Py_tp_clear, reinterpret_cast<void*>(drop_references)},
    {Py_tp_methods, methods},
    {Py_tp_getset, properties},
    {0, nullptr},
};

PyType_Spec spec{
    "_lsprof.Profiler", sizeof(ProfilerObject), 0,
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_IMMUTABLETYPE,
    slots};

PyStructSequence_Field entry_fields[] = {
    {"code", "code object, or name of a native function"},
    {"callcount", "calls"},
    {"reccallcount", "calls below another activation of the same"},
    {"totaltime", "seconds of the outermost activations"},
    {"inlinetime", "seconds, without those of what it called"},
    {"calls", "what it called"},
    {nullptr, nullptr},
};
PyStructSequence_Desc entry_description{"_lsprof.profiler_entry", nullptr, entry_fields, 6};

PyStructSequence_Field subentry_fields[] = {
    {"code", "code object, or name of a native function"},
    {"callcount", "calls by this caller"},
    {"reccallcount", "those of them below another call by the same caller"},
    {"totaltime", "seconds of the outermost of these calls"},
    {"inlinetime", "seconds, without those of what it called"},
    {nullptr, nullptr},
};
PyStructSequence_Desc subentry_description{"_lsprof.profiler_subentry", nullptr, subentry_fields,
                                           5};

bool add_structseq(PyObject* module, const char* name, PyStructSequence_Desc& description,
                   PyTypeObject*& type) {
    if (type == nullptr) type = PyStructSequence_NewType(&description);
    return type != nullptr &&
           PyModule_AddObjectRef(module, name, reinterpret_cast<PyObject*>(type)) == 0;
}

}  // namespace

bool add_call_profiler(PyObject* module) {
    const Ref<> type = steal(PyType_FromSpec(&spec));
    return type && PyModule_AddObjectRef(module, "Profiler", type.get()) == 0 &&
           add_structseq(module, "profiler_entry", entry_description, entry_type) &&
           add_structseq(module, "profiler_subentry", subentry_description, subentry_type);
}

}  // namespace hone::modules
