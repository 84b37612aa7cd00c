// SPDX-License-Identifier: Apache-2.0
#include "engine/services.h"

#include <charconv>

#include "cpython/exits.h"
#include "cpython/guards.h"
#include "cpython/layout.h"
#include "cpython/overwrite.h"
#include "cpython/tools.h"
#include "engine/activations.h"
#include "engine/announce.h"
#include "engine/direct_calls.h"
#include "engine/engine.h"
#include "engine/facts.h"
#include "engine/places.h"
#include "runtime/addresses.h"
#include "runtime/functions.h"

namespace hone::engine {
namespace {

using ir::Activation;

PyObject* leave(Activation* activation, Version* version, std::int64_t row,
                const std::int64_t* words) {
    count_exit(*version, static_cast<std::size_t>(row));
    return engine::leave(*activation, static_cast<std::size_t>(row), words);
}

void sync(Activation* activation, Version*, std::int64_t row, const std::int64_t* words) {
    show(*activation, static_cast<std::size_t>(row), words);
}

// What a frame's slot holds, as its bits say.
struct Shown {
    PyObject* object;
    bool only_here;  // to be given up, it would be freed
};

Shown shown(std::uint64_t bits) {
    auto* const object = reinterpret_cast<PyObject*>(bits & ~std::uint64_t{1});
    return {object, object != nullptr && (bits & 1) == 0 && Py_REFCNT(object) == 1};
}

// A slot that shows the number already keeps its object: loops that call do not box again and again
// what does not change. The last number of the same variable, if nobody else has it, takes the new
// one in place of being freed.
PyObject* show_int(std::uint64_t old, std::int64_t value) {
    const Shown now = shown(old);
    const bool becomes =
        now.object != nullptr && cpython::becomes_int(now.object, now.only_here, value);
    return becomes ? Py_NewRef(now.object) : hone_rt_box_i64(value);
}

PyObject* show_float(std::uint64_t old, double value) {
    const Shown now = shown(old);
    const bool becomes =
        now.object != nullptr && cpython::becomes_float(now.object, now.only_here, value);
    return becomes ? Py_NewRef(now.object) : hone_rt_box_f64(value);
}

cpython::Frame* frame(Activation* activation) {
    return frame_of(*activation);
}

void bury(Activation* activation, PyObject* object) {
    engine::bury(*activation, object);
}

PyObject* finish(Activation* activation, Version*, std::int64_t row, const std::int64_t* words,
                 PyObject* result) {
    return engine::finish(*activation, static_cast<std::size_t>(row), words, result);
}

std::int64_t poll(Activation* activation, PyThreadState*, Version* version, std::int64_t row,
                  const std::int64_t* words) {
    const Serving serving(*activation);
    const cpython::After after = cpython::serve_while_shown(
        frame_of(*activation), version->made.exits[static_cast<std::size_t>(row)], words,
        version->objects, version->code->entry->body_offset);
    if (after == cpython::After::Raise) return -1;
    return after == cpython::After::Leave ? 1 : 0;
}

std::int64_t check_globals(Version* version) {
    if (!names_hold(*version, version->code->unstable)) return 0;
    version->globals_version = cpython::dict_version(version->globals);
    version->builtins_version = cpython::dict_version(version->builtins);
    version->valid = 1;
    return 1;
}

// Random exits: a reproducible sequence per process (splitmix64), one guard in eight fails.
std::int64_t chaos(Version*, std::uint64_t seed) {
    static std::uint64_t state = seed;
    std::uint64_t z = (state += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return ((z ^ (z >> 31)) & 7) == 0 ? 1 : 0;
}

struct Service {
    std::string_view name;
    const void* address;
};

template <class F>
const void* code_address(F* function) {
    return reinterpret_cast<const void*>(function);
}

const void* service(std::string_view name) {
    const Service services[] = {
        {"hone_leave", code_address(&leave)},
        {"hone_sync", code_address(&sync)},
        {"hone_poll", code_address(&poll)},
        {"hone_check_globals", code_address(&check_globals)},
        {"hone_chaos", code_address(&chaos)},
        {"hone_frame", code_address(&frame)},
        {"hone_show_int", code_address(&show_int)},
        {"hone_show_float", code_address(&show_float)},
        {"hone_finish", code_address(&finish)},
        {"hone_bury", code_address(&bury)},
        {"hone_find_direct", code_address(&find_direct)},
        {"hone_find_bound", code_address(&find_bound)},
        {"hone_find_init", code_address(&find_init)},
        {"hone_init_failed", code_address(&init_failed)},
        {"hone_line", code_address(&tell_line)},
        {"hone_probe", code_address(&tell_probe)},
    };
    for (const Service& row : services)
        if (row.name == name) return row.address;
    return nullptr;
}

const void* type_object(std::string_view name) {
    const Service types[] = {
        {"int", &PyLong_Type},
        {"float", &PyFloat_Type},
        {"bool", &PyBool_Type},
        {"NoneType", Py_TYPE(Py_None)},
        {"str", &PyUnicode_Type},
        {"bytes", &PyBytes_Type},
        {"complex", &PyComplex_Type},
        {"tuple", &PyTuple_Type},
        {"list", &PyList_Type},
        {"dict", &PyDict_Type},
        {"set", &PySet_Type},
        {"range", &PyRange_Type},
        {"slice", &PySlice_Type},
        {"list_iterator", &PyListIter_Type},
        {"tuple_iterator", &PyTupleIter_Type},
        {"range_iterator", &PyRangeIter_Type},
        {"function", &PyFunction_Type},
        {"builtin_function", &PyCFunction_Type},
        {"module", &PyModule_Type},
        {"type", &PyType_Type},
    };
    for (const Service& row : types)
        if (row.name == name) return row.address;
    return nullptr;
}

PyObject* small_zero() {
    static PyObject* const zero = PyLong_FromLong(0);
    return zero;
}

const void* variable(Version& version, std::string_view name) {
    const ir::Layout& layout = cpython::known_layout();
    const Service variables[] = {
        {"hone_true", Py_True},
        {"hone_false", Py_False},
        {"hone_none", Py_None},
        {"hone_method_type", &PyMethod_Type},
        {"hone_small_int_zero", small_zero()},
        {"hone_code", &version},
        {"hone_units", cpython::body_units(*version.code->entry)},
        {"hone_root", &root},
        {"hone_entered", &entered},
        {"hone_tools", const_cast<const int*>(&cpython::tools_active)},
        {"hone_valid", &version.valid},
        {"hone_words", version.words.data()},
        {"hone_breaker", reinterpret_cast<const void*>(layout.breaker_address)},
        {"hone_globals_dict", version.globals},
        {"hone_builtins_dict", version.builtins},
        {"hone_globals_version", &version.globals_version},
        {"hone_builtins_version", &version.builtins_version},
    };
    for (const Service& row : variables)
        if (row.name == name) return row.address;
    return nullptr;
}

// The object that a symbol names by its number in the version's table; null if it names none.
PyObject* numbered_object(const Version& version, std::string_view symbol,
                          std::string_view prefix) {
    if (!symbol.starts_with(prefix)) return nullptr;
    symbol.remove_prefix(prefix.size());
    std::uint32_t index = 0;
    const char* const end = symbol.data() + symbol.size();
    const bool number = std::from_chars(symbol.data(), end, index).ptr == end;
    return number && index < version.objects.size() ? version.objects.at(index) : nullptr;
}

const Target* target_of(const Version& caller, PyObject* code) {
    static const Target nowhere;
    Code* const callee = code_of(reinterpret_cast<PyCodeObject*>(code));
    if (callee == nullptr) return &nowhere;
    if (callee->target_globals == nullptr) callee->target_globals = caller.globals;
    return callee->target_globals == caller.globals ? &callee->target : &nowhere;
}

}  // namespace

std::uint64_t resolve(Version& version, std::string_view symbol) {
    const auto address = [](const void* p) { return reinterpret_cast<std::uint64_t>(p); };
    if (const void* twin = version.watched.calls ? announced(symbol) : nullptr)
        return address(twin);
    if (symbol.starts_with("hone_rt_")) return address(runtime::rt_address(symbol));
    if (symbol.starts_with("hone_t_")) return address(type_object(symbol.substr(7)));
    if (const auto* object = numbered_object(version, symbol, "hone_k")) return address(object);
    if (auto* code = numbered_object(version, symbol, "hone_target_"))
        return address(target_of(version, code));
    if (const void* found = service(symbol)) return address(found);
    return address(variable(version, symbol));
}

}  // namespace hone::engine
