// SPDX-License-Identifier: Apache-2.0
#include "modules/jit/comparisons.h"

#include <time.h>

#include <algorithm>
#include <map>
#include <string>
#include <unordered_map>

#include "cpython/loops/ticker.h"
#include "engine/watch.h"
#include "tune/twin/twin.h"

namespace hone::modules {
namespace {

using cpython::own;
using cpython::Ref;
using cpython::steal;
using engine::Code;
using engine::WatchedCall;

// What came of one function's calls.
struct Tally {
    Ref<PyCodeObject> code;  // keeps the key from being used again
    std::uint64_t equal = 0, different = 0, opaque = 0;
    std::map<std::string, std::uint64_t> not_compared;  // by reason
    std::string first_difference;
    double seconds = 0;
};

struct Comparer {
    double left = 0;  // of the budget
    std::unordered_map<PyCodeObject*, Tally> tallies;
};

Comparer& comparer() {
    // Never destroyed: after the interpreter's end its references can't be given back.
    static auto& current = *new Comparer;
    return current;
}

double now() {
    timespec t{};
    clock_gettime(CLOCK_MONOTONIC, &t);
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

// What the function's global names stand for now, but for modules, types and functions.
bool add_globals(PyObject* list, PyObject* function) {
    auto* const code = reinterpret_cast<PyCodeObject*>(PyFunction_GetCode(function));
    PyObject* const globals = PyFunction_GetGlobals(function);
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(code->co_names); ++i) {
        PyObject* const value =
            PyDict_GetItemWithError(globals, PyTuple_GET_ITEM(code->co_names, i));
        if (value == nullptr && PyErr_Occurred() != nullptr) return false;
        if (value == nullptr || PyModule_Check(value) || PyType_Check(value) ||
            PyFunction_Check(value) || PyCFunction_Check(value))
            continue;
        if (PyList_Append(list, value) < 0) return false;
    }
    return true;
}

// Everything a call may have changed, short of the rest of the world.
PyObject* state_of(const WatchedCall& call) {
    Ref<> list = steal(PyList_New(0));
    PyObject* const closure = PyFunction_GetClosure(call.function);
    if (!list || PyList_Append(list.get(), call.args) < 0 ||
        PyList_Append(list.get(), call.kwargs) < 0 ||
        PyList_Append(list.get(), closure != nullptr ? closure : Py_None) < 0 ||
        !add_globals(list.get(), call.function))
        return nullptr;
    return list.release();
}

tune::TwinCall twin_call(const WatchedCall& call) {
    const auto make = [&call] { return PyObject_Call(call.function, call.args, call.kwargs); };
    return {.original =
                [make] {
                    cpython::leave_ticker_behind();
                    engine::interpret_everything();
                    return make();
                },
            .compiled =
                [make] {
                    cpython::leave_ticker_behind();
                    engine::stop_watching();
                    return make();
                },
            .state = [&call] { return state_of(call); }};
}

void count(Tally& tally, Code& code, const tune::TwinAnswer& answer) {
    switch (answer.verdict) {
        case tune::TwinVerdict::Equal:
            ++tally.equal;
            if (answer.opaque > 0) ++tally.opaque;
            return;
        case tune::TwinVerdict::Different:
            if (++tally.different == 1)
                tally.first_difference =
                    "call " + std::to_string(code.calls) + ": " + answer.detail;
            return;
        default:
            ++tally.not_compared[answer.detail];
            // It will not be otherwise the next time.
            if (answer.verdict == tune::TwinVerdict::HadEffects || answer.timed_out)
                code.sample.end();
    }
}

// No call takes more than half of what is left, and no function goes on once it has had that much.
void compare(const WatchedCall& call) {
    Comparer& current = comparer();
    auto* const original = call.code.original();
    Tally& tally = current.tallies[original];
    if (!tally.code) tally.code = Ref<PyCodeObject>::own(original);
    if (current.left <= 0 || tally.seconds > current.left) {
        ++tally.not_compared["the time for comparing was used up"];
        return;
    }
    const double start = now();
    cpython::hold_ticker();  // the copies must not find the interpreter's own lock taken
    count(tally, call.code, tune::compare_on_twins(twin_call(call), current.left / 2));
    cpython::let_ticker_go();
    const double spent = now() - start;
    current.left -= spent;
    tally.seconds += spent;
}

}  // namespace

void compare_calls(double seconds) {
    comparer().left = seconds;
    engine::watch_calls(compare);
}

Ref<> comparisons_of(const Code& code) {
    const auto found = comparer().tallies.find(code.original());
    if (found == comparer().tallies.end()) return own(Py_None);
    const Tally& tally = found->second;
    Ref<> reasons = steal(PyDict_New());
    for (const auto& [reason, times] : tally.not_compared) {
        const Ref<> number = steal(PyLong_FromUnsignedLongLong(times));
        if (!reasons || !number ||
            PyDict_SetItemString(reasons.get(), reason.c_str(), number.get()) < 0)
            return {};
    }
    return steal(Py_BuildValue("{sKsKsKsOss}", "equal",
                               static_cast<unsigned long long>(tally.equal), "different",
                               static_cast<unsigned long long>(tally.different), "opaque",
                               static_cast<unsigned long long>(tally.opaque), "not_compared",
                               reasons.get(), "first_difference", tally.first_difference.c_str()));
}

}  // namespace hone::modules
