// SPDX-License-Identifier: Apache-2.0
#include "measure/line_costs.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "measure/median.h"
#include "measure/pace.h"

namespace hone::measure {

namespace {

using cpython::Ref;
using cpython::steal;

constexpr const char* kProgram = R"(
def lines(rounds, function):
    for item in rounds:
        item
        item
        item
        item
        item
        item
        item

def calls(rounds, function):
    for item in rounds:
        function(item)

def body(item):
    return item
)";

constexpr int kLines = 8;  // of a round of lines()
constexpr int kRounds = 64;
constexpr int kSamples = 15;       // medians over these
constexpr int kWarmUpSamples = 3;  // until the interpreter has specialised
constexpr double kHalf = 0.5;      // of the price of a call's two ends: only their sum is measured

// One private copy of the program: watched and unwatched code must not share code objects.
struct Program {
    Ref<> names;
    Ref<> rounds;

    [[nodiscard]] bool load() {
        names = steal(PyDict_New());
        rounds =
            steal(PyObject_CallFunction(reinterpret_cast<PyObject*>(&PyRange_Type), "i", kRounds));
        if (!names || !rounds) return false;
        if (PyDict_SetItemString(names.get(), "__builtins__", PyEval_GetBuiltins()) < 0)
            return false;
        const Ref<> code = steal(Py_CompileString(kProgram, "<hone: line costs>", Py_file_input));
        return code && steal(PyEval_EvalCode(code.get(), names.get(), names.get()));
    }

    [[nodiscard]] PyObject* function(const char* name) const {
        return PyDict_GetItemString(names.get(), name);
    }

    [[nodiscard]] bool watch(LineBook& book, const char* name) const {
        PyObject* const watched = function(name);
        auto* const code = reinterpret_cast<PyCodeObject*>(PyFunction_GetCode(watched));
        const Ref<PyCodeObject> fresh = book.add(code, false);
        return fresh && PyObject_SetAttrString(watched, "__code__", fresh.object()) == 0;
    }

    // Ticks a round, or nothing with a Python error set.
    [[nodiscard]] std::optional<double> time(const char* caller) const {
        const Ticks start = now_ticks();
        const Ref<> result = steal(PyObject_CallFunctionObjArgs(function(caller), rounds.get(),
                                                                function("body"), nullptr));
        const Ticks end = now_ticks();
        if (!result) return std::nullopt;
        return static_cast<double>(end - start) / kRounds;
    }
};

// What watching adds to a round, or nothing with an error set.
std::optional<double> added(const Program& plain, const Program& watched, const char* caller) {
    const auto without = plain.time(caller);
    const auto with = without ? watched.time(caller) : std::nullopt;
    if (!with) return std::nullopt;
    return *with - *without;
}

}  // namespace

bool measure_line_price(LinePrice& price) {
    Program plain, watched;
    LineBook book;
    if (!plain.load() || !watched.load() || !watched.watch(book, "lines") ||
        !watched.watch(book, "body") || !book.enable()) {
        return false;
    }
    std::vector<double> lines, calls, paces;
    for (int round = -kWarmUpSamples; round < kSamples; ++round) {
        const auto line = added(plain, watched, "lines");
        const auto call = line ? added(plain, watched, "calls") : std::nullopt;
        if (!call) return false;
        if (round < 0) continue;
        lines.push_back(*line / kLines);
        calls.push_back(*call);
        paces.push_back(static_cast<double>(read_pace()));
    }
    const double hit = std::max(median(lines), 0.0);
    const double ends = std::max(median(calls) - hit, 0.0);
    price.of = {hit, ends * kHalf, ends * kHalf, hit};  // the last one: until it is known
    price.pace = static_cast<Ticks>(median(paces));
    return true;
}

}  // namespace hone::measure
