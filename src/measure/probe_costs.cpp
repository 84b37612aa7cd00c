// SPDX-License-Identifier: Apache-2.0
#include "measure/probe_costs.h"
#include "measure/median.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "cpython/events/call_events.h"
#include "measure/call_recorder.h"

namespace hone::measure {

namespace {

using cpython::CallEvents;
using cpython::Ref;
using cpython::steal;

// One argument, as in most small functions: the unspecialised call that a probe forces costs more
// with each. Two callers, because a call site specialises for one kind of callee. Callees are
// globals, as in most programs: on 3.11 finding one is another thing that loses its specialisation.
constexpr const char* kProgram = R"(
def body(item):
    return item

def call_python(rounds):
    for item in rounds:
        body(item)

def call_native(rounds):
    for item in rounds:
        native(item)

def call_nothing(rounds):
    for item in rounds:
        item
)";

constexpr int kRounds = 256;       // calls a sample: some 30 microseconds
constexpr int kSamples = 25;       // medians over these
constexpr int kLowRank = 7;        // 8th and 18th of 25 enclose the median with 95 % (binomial)
constexpr int kWarmUpSamples = 3;  // until the interpreter has specialised

// The part of an unwatched call that lies between the two clock reads of a probe. A Python
// function's starts behind the set-up of its frame and ends before the frame is taken down; a
// native one's contains nearly all. (Halving is a convention: the sum of both parts is measured.)
constexpr double kPythonCallInside = 0.5;
constexpr double kNativeCallInside = 0.8;
constexpr double kMostNatural = 0.5;

PyObject* do_nothing(PyObject*, PyObject*) {
    Py_RETURN_NONE;
}
PyMethodDef do_nothing_definition{"do_nothing", do_nothing, METH_O, nullptr};

// One private copy of the program: the watched and the unwatched code must not share code objects.
struct Program {
    Ref<> names;
    Ref<> native;
    Ref<> rounds;

    [[nodiscard]] bool load() {
        names = steal(PyDict_New());
        native = steal(PyCFunction_New(&do_nothing_definition, nullptr));
        rounds =
            steal(PyObject_CallFunction(reinterpret_cast<PyObject*>(&PyRange_Type), "i", kRounds));
        if (!names || !native || !rounds) return false;
        if (PyDict_SetItemString(names.get(), "__builtins__", PyEval_GetBuiltins()) < 0 ||
            PyDict_SetItemString(names.get(), "native", native.get()) < 0)
            return false;
        const Ref<> code = steal(Py_CompileString(kProgram, "<hone: probe costs>", Py_file_input));
        return code && steal(PyEval_EvalCode(code.get(), names.get(), names.get()));
    }

    [[nodiscard]] PyObject* function(const char* name) const {
        return PyDict_GetItemString(names.get(), name);
    }
    [[nodiscard]] PyCodeObject* code(const char* name) const {
        return reinterpret_cast<PyCodeObject*>(PyFunction_GetCode(function(name)));
    }

    // Ticks a round, or nothing with a Python error set.
    [[nodiscard]] std::optional<double> time(const char* caller) const {
        const Ticks start = now_ticks();
        const Ref<> result = steal(PyObject_CallOneArg(function(caller), rounds.get()));
        const Ticks end = now_ticks();
        if (!result) return std::nullopt;
        return static_cast<double>(end - start) / kRounds;
    }
};

struct Samples {
    std::vector<double> inside;
    std::vector<double> outside;
};

class Calibration {
  public:
    explicit Calibration(bool natives) : natives_(natives) {}

    [[nodiscard]] bool run(ProbePrice& price) {
        if (!plain_.load() || !watched_.load()) return false;
        recorder_.begin({.natives = natives_});
        const bool fine = (!CallEvents::kTellsCodeApart || watch()) && take_samples();
        events_.stop();
        recorder_.end_py();
        if (!fine) return false;
        const double pace = median(paces_);
        for (std::size_t kind = 0; kind < kCallKinds; ++kind) {
            if (samples_[kind].inside.empty()) continue;
            price.inside[kind] = std::max(median(samples_[kind].inside) * pace, 0.0);
            price.outside[kind] = std::max(median(samples_[kind].outside) * pace, 0.0);
        }
        price.dilation = median(dilations_);
        const double middle = median(prices_);
        std::ranges::sort(prices_);
        if (middle > 0) {
            price.low = std::clamp(prices_[kLowRank] / middle, 0.0, 1.0);
            price.high = std::max(prices_[kSamples - 1 - kLowRank] / middle, 1.0);
        }
        price.pace = static_cast<Ticks>(pace);
        return true;
    }

  private:
    bool watch() {
        PyCodeObject* codes[] = {watched_.code("body"), watched_.code("call_python"),
                                 watched_.code("call_native"), watched_.code("call_nothing")};
        return events_.start_on(recorder_, natives_, codes);
    }

    bool take_samples() {
        for (int round = -kWarmUpSamples; round < kSamples; ++round) {
            if (!sample(CallKind::Python, round >= 0)) return false;
            if (natives_ && !sample(CallKind::Native, round >= 0)) return false;
            sample_compiled(round >= 0);
        }
        return true;
    }

    bool sample(CallKind kind, bool counts) {
        const bool python = kind == CallKind::Python;
        const Ticks pace_before = read_pace();
        const char* caller = python ? "call_python" : "call_native";
        const auto loop = plain_.time("call_nothing");
        const auto plain = loop ? plain_.time(caller) : std::nullopt;
        if (!plain) return false;

        const CallStack::Key key = python ? static_cast<CallStack::Key>(watched_.code("body"))
                                          : static_cast<CallStack::Key>(&do_nothing_definition);
        const Ticks before = own_ticks(key);
        if (!CallEvents::kTellsCodeApart && !watch()) return false;
        const auto watched_loop = watched_.time("call_nothing");
        const auto watched = watched_loop ? watched_.time(caller) : std::nullopt;
        if (!CallEvents::kTellsCodeApart) events_.stop();
        if (!watched) return false;
        if (!counts) return true;

        // The core may change its pace between two samples: what counts is the cost in its units.
        const double pace = static_cast<double>(pace_before + read_pace()) / 2;
        const double dilation = *watched_loop / *loop;
        const double recorded = static_cast<double>(own_ticks(key) - before) / kRounds;
        const double natural_call = (*plain - *loop) * dilation;
        // A short recorded time is never taken to be all natural: the probe's own tail is in it.
        const double natural_inside =
            std::min(natural_call * (python ? kPythonCallInside : kNativeCallInside),
                     recorded * kMostNatural);
        const double inside = recorded - natural_inside;
        Samples& samples = samples_[static_cast<std::size_t>(kind)];
        if (python) prices_.push_back((*watched - *watched_loop - natural_call) / pace);
        samples.inside.push_back(inside / pace);
        samples.outside.push_back((*watched - *watched_loop - natural_call - inside) / pace);
        dilations_.push_back(dilation);
        paces_.push_back(pace);
        return true;
    }

    // Compiled code tells the recorder by itself: the price of a call is the whole of it.
    void sample_compiled(bool counts) {
        cpython::CallSink* volatile const told = &recorder_;  // called as compiled code calls it
        PyCodeObject* const code = watched_.code("body");
        const Ticks pace_before = read_pace();
        const Ticks before = own_ticks(code);
        const Ticks start = now_ticks();
        for (int i = 0; i < kRounds; ++i) {
            told->compiled_enter_py(code, this);
            told->compiled_leave_py(this);
        }
        const double whole = static_cast<double>(now_ticks() - start) / kRounds;
        if (!counts) return;
        const double pace = static_cast<double>(pace_before + read_pace()) / 2;
        const double inside = static_cast<double>(own_ticks(code) - before) / kRounds;
        Samples& samples = samples_[static_cast<std::size_t>(CallKind::Compiled)];
        samples.inside.push_back(inside / pace);
        samples.outside.push_back((whole - inside) / pace);
    }

    [[nodiscard]] Ticks own_ticks(CallStack::Key key) const {
        const CallTable table = recorder_.table();
        const auto found = table.rows().find(key);
        return found == table.rows().end() ? 0 : found->second.totals.own;
    }

    bool natives_;
    Program plain_;
    Program watched_;
    CallRecorder recorder_;
    CallEvents events_;
    Samples samples_[kCallKinds];
    std::vector<double> prices_;  // of a Python call, in units of the pace
    std::vector<double> dilations_;
    std::vector<double> paces_;
};

}  // namespace

bool measure_probe_price(bool natives, ProbePrice& price) {
    return Calibration(natives).run(price);
}

}  // namespace hone::measure
