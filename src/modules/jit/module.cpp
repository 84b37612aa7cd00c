// SPDX-License-Identifier: Apache-2.0
// The door hone._jit: argument parsing over engine/. What each function takes and gives stands in
// its docstring; errors are Python exceptions of the usual kinds.
#include <Python.h>

#include <string>
#include <string_view>
#include <utility>

#include "cpython/ref.h"
#include "cpython/trampoline.h"
#include "engine/engine.h"
#include "modules/jit/comparisons.h"

namespace {

using hone::cpython::own;
using hone::cpython::Ref;
using hone::cpython::steal;
using hone::engine::Code;
using hone::engine::State;

bool started() {
    static const auto result = hone::engine::start();
    if (!result) PyErr_SetString(PyExc_RuntimeError, result.error().reason.c_str());
    return result.has_value();
}

PyCodeObject* as_code(PyObject* object) {
    if (PyFunction_Check(object))
        return reinterpret_cast<PyCodeObject*>(PyFunction_GetCode(object));
    if (PyCode_Check(object)) return reinterpret_cast<PyCodeObject*>(object);
    PyErr_Format(PyExc_TypeError, "a function or a code object is needed, not %.100s",
                 Py_TYPE(object)->tp_name);
    return nullptr;
}

Ref<> place_of(PyCodeObject* code) {
    return steal(
        Py_BuildValue("(OOi)", code->co_filename, code->co_qualname, code->co_firstlineno));
}

PyObject* prepare(PyObject*, PyObject* args, PyObject* kwargs) {
    static const char* words[] = {"code", "select", nullptr};
    PyObject *code = nullptr, *select = Py_None;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O!|$O", const_cast<char**>(words), &PyCode_Type,
                                     &code, &select))
        return nullptr;
    if (!started()) return nullptr;
    const auto chosen = [&](PyCodeObject* candidate) {
        if (select == Py_None) return true;
        const Ref<> place = place_of(candidate);
        const int found = place ? PySequence_Contains(select, place.get()) : -1;
        if (found < 0) PyErr_Clear();  // unhashable selections name nothing
        return found == 1;
    };
    return reinterpret_cast<PyObject*>(
        hone::engine::prepare(reinterpret_cast<PyCodeObject*>(code), chosen).release());
}

PyObject* compile_function(PyObject*, PyObject* function) {
    if (!PyFunction_Check(function))
        return PyErr_Format(PyExc_TypeError, "a Python function is needed, not %.100s",
                            Py_TYPE(function)->tp_name);
    if (!started()) return nullptr;
    PyCodeObject* const code = as_code(function);
    if (hone::cpython::entry_of(code) == nullptr) {
        const auto prepared = hone::engine::prepare(code, [](PyCodeObject*) { return true; });
        if (!prepared || PyObject_SetAttrString(function, "__code__", prepared.object()) < 0)
            return nullptr;
    }
    return Py_NewRef(function);
}

bool set_exits(PyObject* exits) {
    using hone::compiler::ForcedExits;
    auto& settings = hone::engine::settings();
    if (PyUnicode_Check(exits)) {
        const bool always = PyUnicode_CompareWithASCIIString(exits, "always") == 0;
        if (!always && PyUnicode_CompareWithASCIIString(exits, "never") != 0) {
            PyErr_Format(PyExc_ValueError, "exits is 'never', 'always' or a seed, not %R", exits);
            return false;
        }
        settings.exits = always ? ForcedExits::Always : ForcedExits::None;
        return true;
    }
    const unsigned long long seed = PyLong_AsUnsignedLongLong(exits);
    if (PyErr_Occurred() != nullptr) return false;
    settings.exits = ForcedExits::Random;
    settings.seed = seed;
    return true;
}

bool set_loops(PyObject* loops) {
    using hone::engine::LoopEntries;
    auto& settings = hone::engine::settings();
    if (PyLong_Check(loops)) {
        settings.loops = LoopEntries::Always;
        settings.lot = PyLong_AsUnsignedLongLong(loops);
        return PyErr_Occurred() == nullptr;
    }
    const char* const text = PyUnicode_Check(loops) ? PyUnicode_AsUTF8(loops) : "";
    if (text == nullptr) return false;
    const std::string_view word = text;
    const std::pair<std::string_view, LoopEntries> rows[] = {
        {"hot", LoopEntries::Hot}, {"always", LoopEntries::Always}, {"never", LoopEntries::Never}};
    for (const auto& [name, value] : rows) {
        if (name != word) continue;
        settings.loops = value;
        return true;
    }
    PyErr_SetString(PyExc_ValueError, "loops is 'hot', 'always', 'never' or a seed");
    return false;
}

PyObject* configure(PyObject*, PyObject* args, PyObject* kwargs) {
    static const char* words[] = {"threshold", "exits", "everything", "compare", "loops", nullptr};
    long threshold = -1;
    int everything = 0;
    double compare = 0;
    PyObject* exits = nullptr;
    PyObject* loops = nullptr;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|$lOpdO", const_cast<char**>(words), &threshold,
                                     &exits, &everything, &compare, &loops))
        return nullptr;
    if (loops != nullptr && !set_loops(loops)) return nullptr;
    if (exits != nullptr && !set_exits(exits)) return nullptr;
    if (everything != 0) {
        // Compiled code is what is asked for, be it slower.
        hone::engine::settings().compare = false;
        if (threshold < 0) threshold = 0;
    }
    if (threshold >= 0) hone::engine::settings().threshold = static_cast<std::uint32_t>(threshold);
    if (compare > 0) hone::modules::compare_calls(compare);
    Py_RETURN_NONE;
}

const char* state_name(const Code& code) {
    if (hone::engine::entered_at_loop(code)) return "compiled";
    switch (code.state) {
        case State::Compiled:
        case State::Unfit:
            return "compiled";
        case State::Interpreted:
            return "interpreted";
        default:
            return "cold";
    }
}

// Per source line of what was compiled: see explain's docstring.
Ref<> lines_of(const Code& code) {
    Ref<> rows = steal(PyList_New(0));
    for (const auto& note : code.notes) {
        std::string reasons;
        for (const auto& reason : note.reasons) reasons += (reasons.empty() ? "" : "; ") + reason;
        const Ref<> row = steal(Py_BuildValue("{sisIsIsIss}", "line", note.line, "native",
                                              note.native_ops, "object_ops", note.object_ops,
                                              "exits", note.guards, "reason", reasons.c_str()));
        if (!rows || !row || PyList_Append(rows.get(), row.get()) < 0) return {};
    }
    return rows;
}

// The functions whose bodies the compiled one contains: those that its exits can land in.
Ref<> inlined_in(const Code& code) {
    Ref<> places = steal(PySet_New(nullptr));
    const auto* const version = code.current();
    if (version == nullptr) return places;
    for (const auto& row : version->made.exits)
        for (const auto& frame : row.frames) {
            if (!frame.function.valid()) continue;
            PyObject* const function = version->objects.at(frame.function.raw);
            auto* const installed = reinterpret_cast<PyCodeObject*>(PyFunction_GetCode(function));
            const Ref<> place = place_of(hone::cpython::original_of(installed));
            if (!places || !place || PySet_Add(places.get(), place.get()) < 0) return {};
        }
    return places ? steal(PySequence_List(places.get())) : Ref<>();
}

PyObject* describe(const Code& code) {
    PyCodeObject* const original = code.original();
    std::size_t bytes = 0;
    for (const auto& version : code.versions) bytes += version->linked->size();
    for (const auto& loop : code.loops)
        for (const auto& version : loop.versions) bytes += version->linked->size();
    const auto reason =
        code.reason.empty() ? own(Py_None) : steal(PyUnicode_FromString(code.reason.c_str()));
    const Ref<> compared = hone::modules::comparisons_of(code);
    const Ref<> lines = lines_of(code), inlined = inlined_in(code);
    if (!reason || !compared || !lines || !inlined) return nullptr;
    const Ref<> ratio = code.ratio == 0 ? own(Py_None) : steal(PyFloat_FromDouble(code.ratio));
    if (!ratio) return nullptr;
    return Py_BuildValue(
        "{sOsOsisssOsKsKsdsLsnsOsOsOsOsK}", "filename", original->co_filename, "qualname",
        original->co_qualname, "firstlineno", original->co_firstlineno, "state", state_name(code),
        "reason", reason.get(), "calls", static_cast<unsigned long long>(code.all_calls()), "exits",
        static_cast<unsigned long long>(code.exits), "compile_seconds", code.compile_seconds,
        "compile_bytes", static_cast<long long>(code.compile_bytes), "code_bytes",
        static_cast<Py_ssize_t>(bytes), "compared", compared.get(), "lines", lines.get(), "inlined",
        inlined.get(), "ratio", ratio.get(), "loop_entries",
        static_cast<unsigned long long>(code.loop_entries));
}

// Codes that are garbage stay as long as it lives: a collection, which any new row may begin, would
// take them out of what is being looked through.
class NoCollection {
  public:
    NoCollection() : was_on_(PyGC_Disable() != 0) {}
    ~NoCollection() {
        if (was_on_) PyGC_Enable();
    }
    NoCollection(const NoCollection&) = delete;
    NoCollection& operator=(const NoCollection&) = delete;

  private:
    bool was_on_;
};

PyObject* report(PyObject*, PyObject*) {
    const NoCollection meanwhile;
    Ref<> rows = steal(PyList_New(0));
    for (const Code* code : hone::engine::all_codes()) {
        const Ref<> row = rows ? steal(describe(*code)) : Ref<>();
        if (!row || PyList_Append(rows.get(), row.get()) < 0) return nullptr;
    }
    return rows.release();
}

PyObject* explain(PyObject*, PyObject* object) {
    PyCodeObject* const code = as_code(object);
    if (code == nullptr) return nullptr;
    const Code* const known = hone::engine::code_of(code);
    return known == nullptr ? PyList_New(0) : lines_of(*known).release();
}

// Nothing of it stays: the prepared copy dies at once.
PyObject* refusal(PyObject*, PyObject* object) {
    PyCodeObject* const code = as_code(object);
    if (code == nullptr || !started()) return nullptr;
    const auto entry = hone::cpython::make_entry(code);
    if (!entry) return nullptr;
    const auto prepared = hone::cpython::prepare(code, entry.get());
    if (prepared) Py_RETURN_NONE;
    return PyUnicode_FromString(prepared.error().reason.c_str());
}

PyObject* original(PyObject*, PyObject* object) {
    PyCodeObject* const code = as_code(object);
    return code != nullptr
               ? Py_NewRef(reinterpret_cast<PyObject*>(hone::cpython::original_of(code)))
               : nullptr;
}

PyObject* stop(PyObject*, PyObject*) {
    hone::engine::stop();
    Py_RETURN_NONE;
}

PyObject* test_clock = nullptr;

std::int64_t read_test_clock() {
    const Ref<> time = steal(PyObject_CallNoArgs(test_clock));
    const long long value = time ? PyLong_AsLongLong(time.get()) : -1;
    if (PyErr_Occurred() != nullptr) PyErr_WriteUnraisable(test_clock);
    return value;
}

PyObject* set_clock(PyObject*, PyObject* function) {
    Py_XSETREF(test_clock, function == Py_None ? nullptr : Py_NewRef(function));
    hone::engine::set_clock(test_clock != nullptr ? &read_test_clock : nullptr);
    Py_RETURN_NONE;
}

PyObject* runs_compiled(PyObject*, PyObject* function) {
    PyCodeObject* const code = as_code(function);
    if (code == nullptr) return nullptr;
    const Code* const known = hone::engine::code_of(code);
    const bool compiled = known != nullptr && known->state == State::Compiled;
    return PyBool_FromLong(compiled && (!known->contest || known->contest->compiled_now()));
}

PyObject* after_fork(PyObject*, PyObject*) {
    hone::engine::loops_after_fork();
    Py_RETURN_NONE;
}

bool follow_forks(PyObject* module) {
    const Ref<> function = steal(PyObject_GetAttrString(module, "_after_fork"));
    const Ref<> os = function ? steal(PyImport_ImportModule("os")) : Ref<>();
    const Ref<> call = os ? steal(PyObject_GetAttrString(os.get(), "register_at_fork")) : Ref<>();
    const Ref<> none = steal(PyTuple_New(0));
    const Ref<> words = steal(Py_BuildValue("{sO}", "after_in_child", function.get()));
    return call && none && words && steal(PyObject_Call(call.get(), none.get(), words.get()));
}

// Early registered callbacks of atexit run last: when the program's own have run.
bool stop_at_exit(PyObject* module) {
    const Ref<> function = steal(PyObject_GetAttrString(module, "_stop"));
    const Ref<> atexit = function ? steal(PyImport_ImportModule("atexit")) : Ref<>();
    return atexit && steal(PyObject_CallMethod(atexit.get(), "register", "O", function.get()));
}

PyCFunction keywords(PyCFunctionWithKeywords function) {
    return reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(function));
}

PyMethodDef methods[] = {
    {"prepare", keywords(&prepare), METH_VARARGS | METH_KEYWORDS,
     "prepare(code, *, select=None)\n--\n\nA copy of a code tree whose functions can be compiled: "
     "all of them, or those whose\n"
     "(co_filename, co_qualname, co_firstlineno) is in `select`."},
    {"compile", &compile_function, METH_O,
     "compile(function)\n--\n\nPrepare a function in place and return it; it is compiled once it "
     "is hot."},
    {"configure", keywords(&configure), METH_VARARGS | METH_KEYWORDS,
     "configure(*, threshold=N, exits='never', everything=False, loops='hot', compare=0)\n--\n\n"
     "threshold: calls before a function is compiled (0: at the first, which is what everything "
     "means).\n"
     "exits: 'never', 'always' (every guard fails) or a seed (random guards fail).\n"
     "loops: 'hot', 'never', 'always' or a seed (for tests: entered at every jump back, or by "
     "lot).\n"
     "compare: seconds for comparing real calls on forked twins."},
    {"report", &report, METH_NOARGS,
     "report()\n--\n\nOne dict for each prepared code object that is alive."},
    {"explain", &explain, METH_O,
     "explain(function_or_code)\n--\n\nPer source line: native operations, object operations, "
     "guards, reasons."},
    {"refusal", &refusal, METH_O,
     "refusal(function_or_code)\n--\n\nWhy its calls can't be compiled at all; None if they can."},
    {"original", &original, METH_O,
     "original(function_or_code)\n--\n\nThe code object before preparing."},
    {"_stop", &stop, METH_NOARGS, "What runs when the interpreter ends."},
    {"_runs_compiled", &runs_compiled, METH_O,
     "_runs_compiled(function)\n--\n\nFor tests: did its last call, if none came in between?"},
    {"_set_clock", &set_clock, METH_O,
     "_set_clock(function or None)\n--\n\nFor tests: what compiled and interpreted blocks of calls "
     "are timed by, in nanoseconds."},
    {"_after_fork", &after_fork, METH_NOARGS, "What runs in a child of os.fork()."},
    {nullptr, nullptr, 0, nullptr},
};

PyModuleDef module_def = {PyModuleDef_HEAD_INIT,
                          "hone._jit",
                          "The compiler's engine.",
                          -1,
                          methods,
                          nullptr,
                          nullptr,
                          nullptr,
                          nullptr};

}  // namespace

PyMODINIT_FUNC PyInit__jit() {
    PyObject* const module = PyModule_Create(&module_def);
    if (module == nullptr) return nullptr;
    if (!started() || !hone::cpython::add_trampoline_names(module) || !stop_at_exit(module) ||
        !follow_forks(module)) {
        Py_DECREF(module);
        return nullptr;
    }
    return module;
}
