// SPDX-License-Identifier: Apache-2.0
// _core.LineProfiler: the Python type around measure::LineBook; hone.line_profiler derives from it.
#include <algorithm>
#include <new>

#include "measure/line_recorder.h"
#include "modules/core/part.h"

namespace hone::modules {

namespace {

using cpython::Ref;
using cpython::steal;
using measure::LineProbe;
using measure::LineRecorder;
using measure::LineStart;

struct ProfilerObject {
    PyObject_HEAD measure::LineBook book;
};

measure::LineBook& book_of(PyObject* self) {
    return reinterpret_cast<ProfilerObject*>(self)->book;
}

const measure::TickScale& scale() {
    static const measure::TickScale the_scale;
    return the_scale;
}

PyObject* create(PyTypeObject* type, PyObject*, PyObject*) {
    (void)scale();  // its rate is measured from here on
    PyObject* const self = type->tp_alloc(type, 0);
    if (self != nullptr) new (&book_of(self)) measure::LineBook();
    return self;
}

void destroy(PyObject* self) {
    PyTypeObject* const type = Py_TYPE(self);
    book_of(self).~LineBook();
    type->tp_free(self);
    Py_DECREF(type);
}

PyObject* choose(PyObject* self, PyObject* const* arguments, Py_ssize_t count) {
    if (count != 2 || !PyCode_Check(arguments[0])) {
        PyErr_SetString(PyExc_TypeError, "_choose() takes a code object and a truth value");
        return nullptr;
    }
    const int switches_on = PyObject_IsTrue(arguments[1]);
    if (switches_on < 0) return nullptr;
    auto* const code = reinterpret_cast<PyCodeObject*>(arguments[0]);
    return reinterpret_cast<PyObject*>(book_of(self).add(code, switches_on != 0).release());
}

PyObject* runs_as(PyObject* self, PyObject* const* arguments, Py_ssize_t count) {
    if (count != 2 || !PyCode_Check(arguments[0]) || !PyCode_Check(arguments[1])) {
        PyErr_SetString(PyExc_TypeError, "_runs_as() takes two code objects");
        return nullptr;
    }
    if (!book_of(self).runs_as(reinterpret_cast<PyCodeObject*>(arguments[0]),
                               reinterpret_cast<PyCodeObject*>(arguments[1])))
        return nullptr;
    Py_RETURN_NONE;
}

PyObject* set_compiled_price(PyObject*, PyObject* seconds) {
    const double value = PyFloat_AsDouble(seconds);
    if (value == -1.0 && PyErr_Occurred() != nullptr) return nullptr;
    LineRecorder::instance().set_compiled_price(value / scale().seconds_per_tick());
    Py_RETURN_NONE;
}

PyObject* enable(PyObject* self, PyObject*) {
    if (!book_of(self).enable()) return nullptr;
    Py_RETURN_NONE;
}

PyObject* disable(PyObject* self, PyObject*) {
    book_of(self).disable();
    Py_RETURN_NONE;
}

// A price that is wrong for the moment never makes what was measured less than nothing.
long long nanoseconds(const measure::LineTotals& line, bool raw, double per_tick) {
    const double off = static_cast<double>(line.off) / measure::kReferencePace;
    const double ticks = static_cast<double>(line.ticks) - (raw ? 0.0 : off);
    return static_cast<long long>(std::max(ticks, 0.0) * per_tick * 1e9 + 0.5);
}

Ref<> rows_of(const measure::LineAccount& account, bool raw, double per_tick) {
    Ref<> rows = steal(PyList_New(0));
    for (std::size_t i = 0; rows && i < account.lines.size(); ++i) {
        const measure::LineTotals& line = account.lines[i];
        if (line.hits == 0) continue;
        const Ref<> row = steal(Py_BuildValue(
            "(iKL)", account.function->first_line + static_cast<int>(i),
            static_cast<unsigned long long>(line.hits), nanoseconds(line, raw, per_tick)));
        if (!row || PyList_Append(rows.get(), row.get()) < 0) return {};
    }
    return rows;
}

PyObject* lines(PyObject* self, PyObject* const* arguments, Py_ssize_t count) {
    const int raw = count > 0 ? PyObject_IsTrue(arguments[0]) : 0;
    if (raw < 0) return nullptr;
    LineRecorder::instance().settle();
    const double per_tick = scale().seconds_per_tick();
    Ref<> all = steal(PyList_New(0));
    for (const auto& account : book_of(self).accounts()) {
        const Ref<> rows = rows_of(*account, raw != 0, per_tick);
        const Ref<> pair =
            steal(rows ? Py_BuildValue("(OO)", account->function->original.object(), rows.get())
                       : nullptr);
        if (!all || !pair || PyList_Append(all.get(), pair.get()) < 0) return nullptr;
    }
    return all.release();
}

struct PriceName {
    const char* name;
    LineProbe probe;
};
constexpr PriceName kPriceNames[] = {
    {"line", LineProbe::Hit},          {"enter", LineProbe::Enter}, {"return", LineProbe::Return},
    {"resume", LineProbe::Resume},     {"yield", LineProbe::Yield}, {"unwind", LineProbe::Unwind},
    {"compiled", LineProbe::Compiled},
};
struct StartName {
    const char* name;
    LineStart start;
};
constexpr StartName kStartNames[] = {
    {"loop", LineStart::Iterates},
    {"global", LineStart::Adapts},
};

bool put(const Ref<>& names, const char* name, double seconds) {
    const Ref<> value = steal(PyFloat_FromDouble(seconds));
    return value && PyDict_SetItemString(names.get(), name, value.get()) == 0;
}

// In seconds, by name.
Ref<> prices_of(const measure::LinePrice& price, double per_tick) {
    Ref<> names = steal(PyDict_New());
    for (const auto& [name, probe] : kPriceNames)
        if (!names || !put(names, name, price[probe] * per_tick)) return {};
    for (const auto& [name, start] : kStartNames)
        if (!put(names, name, price[start] * per_tick)) return {};
    return names;
}

PyObject* overhead(PyObject* self, PyObject*) {
    const measure::LineBook& book = book_of(self);
    const measure::LineSpan span = book.span();
    const double per_tick = scale().seconds_per_tick();
    const measure::LinePrice& price = LineRecorder::instance().price();
    const Ref<> prices = prices_of(price, per_tick);
    if (!prices) return nullptr;
    return Py_BuildValue("{s:s,s:O,s:d,s:d,s:d,s:d,s:d,s:K}", "clock", measure::tick_source_name(),
                         "price", prices.get(), "usual", price.usual.times, "pace",
                         static_cast<double>(price.pace), "on", span.ticks * per_tick, "seconds",
                         span.probes * per_tick, "without_processor", span.without * per_tick,
                         "hits", static_cast<unsigned long long>(book.hits()));
}

PyObject* is_on(PyObject* self, void*) {
    return PyBool_FromLong(book_of(self).on());
}
PyObject* calls(PyObject* self, void*) {
    return PyLong_FromUnsignedLongLong(book_of(self).calls());
}

template <class Function>
PyCFunction as_method(Function* function) {
    return reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(function));
}

PyMethodDef methods[] = {
    {"_choose", as_method(choose), METH_FASTCALL,
     "_choose(code, switches_on) -> code\n\nWatch a function by its code object. Returns the code "
     "that it must have from now on. With switches_on that is another object than its own, which "
     "turns the profiler on whenever it runs."},
    {"_runs_as", as_method(runs_as), METH_FASTCALL,
     "_runs_as(chosen, prepared)\n\nWhat _choose() returned also runs as this code, which leads to "
     "compiled code."},
    {"_set_compiled_price", set_compiled_price, METH_O,
     "_set_compiled_price(seconds)\n\nWhat a line costs that compiled code tells of, measured "
     "now."},
    {"_turn_on", enable, METH_NOARGS,
     "_turn_on()\n\nWatch the chosen functions. RuntimeError if other tools are in the way."},
    {"_turn_off", disable, METH_NOARGS, "_turn_off()\n\nStop watching."},
    {"_lines", as_method(lines), METH_FASTCALL,
     "_lines(raw=False) -> list\n\n(code, [(line, hits, nanoseconds)]) for each chosen function, "
     "by line; lines without hits are left out. The cost of the probes has been taken off unless "
     "raw."},
    {"overhead", overhead, METH_NOARGS,
     "overhead() -> dict\n\nThe clock; `price`: what watching cost in seconds at the time of "
     "calibration, of a line, of the ends of calls by their kind, and besides the line of one that "
     "begins a loop's round or with a global; `usual`: how many times as much programs pay that "
     "call "
     "many functions in turn; the machine's pace then; the seconds the profiler has been on; of "
     "these what probes cost, and what other processes had of the processor; and the hits."},
    {nullptr, nullptr, 0, nullptr},
};

PyGetSetDef properties[] = {
    {"enabled", is_on, nullptr, "Whether lines are counted now.", nullptr},
    {"_calls", calls, nullptr, "Calls under way of functions that turn it on.", nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};

PyType_Slot slots[] = {
    {Py_tp_doc, const_cast<char*>("Counts and times the lines of chosen functions. "
                                  "hone.line_profiler.LineProfiler is made of it.")},
    {Py_tp_new, reinterpret_cast<void*>(create)},
    {Py_tp_dealloc, reinterpret_cast<void*>(destroy)},
    {Py_tp_methods, methods},
    {Py_tp_getset, properties},
    {0, nullptr},
};

PyType_Spec spec{"hone._core.LineProfiler", sizeof(ProfilerObject), 0,
                 Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_IMMUTABLETYPE, slots};

}  // namespace

bool add_line_profiler(PyObject* module) {
    const Ref<> type = steal(PyType_FromSpec(&spec));
    return type && PyModule_AddObjectRef(module, "LineProfiler", type.get()) == 0;
}

}  // namespace hone::modules
