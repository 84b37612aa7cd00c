// SPDX-License-Identifier: Apache-2.0
#include "measure/probe_costs.h"
#include "measure/median.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "cpython/events/call_events.h"
#include "measure/call_recorder.h"
#include "measure/scratch_program.h"
#include "measure/usual_program.h"

namespace hone::measure {

namespace {

using cpython::CallEvents;
using cpython::Ref;
using cpython::steal;

// One argument, as in most small functions: the unspecialised call that a probe forces costs more
// with each. A caller for each way, because a call site specialises for one kind of callee. Callees
// are globals, as in most programs: on 3.11 finding one is another thing that loses its
// specialisation.
constexpr const char* kProgram = R"(
def body(item):
    return item

class Made:
    def __init__(self, item):
        pass
    def __neg__(self):
        return self

made = Made(0)
init = Made.__init__
minus = Made.__neg__

def turns(rounds):
    for item in rounds:
        yield item

def call_function(rounds):
    for item in rounds:
        body(item)

def call_object(rounds):
    for item in rounds:
        Made(item)

def call_bare(rounds):
    for item in rounds:
        -made

def call_resumed(rounds):
    for item in turns(rounds):
        item

def call_native(rounds):
    for item in rounds:
        native(item)

def call_hidden(rounds):
    for item in rounds:
        int(item)

def call_nothing(rounds):
    for item in rounds:
        item
)";
constexpr const char* kBaseline = "call_nothing";
// How a way is priced. `inside`: the part of an unwatched call that lies between the two clock
// reads of its probe. A Python function's starts behind the set-up of its frame and ends before the
// frame is taken down; a native one's contains nearly all; of a class's call only __init__ is in
// it. (The parts are a convention: the sum of both is measured.)
struct Way {
    CallWay way;
    const char* caller;
    const char* callee;  // a function of the program, or null
    double inside;
};
constexpr Way kWays[] = {
    {CallWay::Function, "call_function", "body", 0.5},
    {CallWay::Object, "call_object", "init", 0.25},
    {CallWay::Bare, "call_bare", "minus", 0.5},
    {CallWay::Resumed, "call_resumed", "turns", 0.5},
    {CallWay::Native, "call_native", nullptr, 0.8},
    {CallWay::Hidden, "call_hidden", nullptr, 0},
};
constexpr double kMostNatural = 0.5;

constexpr int kRounds = 128;  // calls a sample: some 15 microseconds
// Above the ints that CPython keeps, as most are: a loop over kept ones does less and is dilated by
// more than most code is.
constexpr int kFirstInt = 2048;
constexpr int kSamples = 25;       // medians over these
constexpr int kLowRank = 7;        // 8th and 18th of 25 enclose the median with 95 % (binomial)
constexpr int kUsualRounds = 4;    // some 500 calls: 0.1 ms, or 0.2 watched
constexpr double kMostUsual = 2;   // what is above is a disturbance
constexpr int kWarmUpSamples = 3;  // until the interpreter has specialised

PyObject* do_nothing(PyObject*, PyObject*) {
    Py_RETURN_NONE;
}
PyMethodDef do_nothing_definition{"do_nothing", do_nothing, METH_O, nullptr};

// Ticks a round.
struct Timed {
    double loop;
    double call;
};

// A loop of calls and one of nothing. Nothing: a Python error is set.
[[nodiscard]] std::optional<Timed> time_of(const ScratchProgram& program, const char* caller,
                                           PyObject* rounds, PyObject* no_rounds) {
    const auto none = program.time(kBaseline, no_rounds);  // the loop's own call is watched, too
    const auto loop = none ? program.time(kBaseline, rounds) : std::nullopt;
    const auto whole = loop ? program.time(caller, rounds) : std::nullopt;
    if (!whole) return std::nullopt;
    return Timed{.loop = (*loop - *none) / kRounds, .call = (*whole - *loop) / kRounds};
}

Ref<> range(int length) {
    return steal(PyObject_CallFunction(reinterpret_cast<PyObject*>(&PyRange_Type), "ii", kFirstInt,
                                       kFirstInt + length));
}

// See CallStack::diversity().
double diversity_of(const CallTable& table) {
    Diversity edges;
    for (const auto& [caller, row] : table.rows())
        for (const auto& [callee, totals] : row.calls) edges.add(static_cast<double>(totals.calls));
    return edges.value(1);
}

struct Samples {
    std::vector<double> inside;
    std::vector<double> outside;
};

class Calibration {
  public:
    explicit Calibration(bool natives) : natives_(natives) {}

    [[nodiscard]] bool run(ProbePrice& price) {
        if (!load()) return false;
        recorder_.begin({.natives = natives_});
        const bool fine = (!CallEvents::kTellsCodeApart || watch()) && take_samples();
        events_.stop();
        recorder_.end_py();
        if (!fine) return false;
        set(price);
        return charge_usual(price);
    }

  private:
    [[nodiscard]] bool load() {
        const Ref<> native = steal(PyCFunction_New(&do_nothing_definition, nullptr));
        rounds_ = range(kRounds);
        no_rounds_ = range(0);
        usual_rounds_ = steal(PyLong_FromLong(kUsualRounds));
        if (!native || !rounds_ || !no_rounds_ || !usual_rounds_) return false;
        for (ScratchProgram* program : {&plain_, &watched_})
            if (!program->load(kProgram, "<hone: probe costs>") ||
                !program->set("native", native.get()))
                return false;
        for (ScratchProgram* program : {&usual_plain_, &usual_watched_})
            if (!program->load(kUsualProgram, "<hone: usual program>")) return false;
        return true;
    }

    // Without CALL, and on 3.11, nothing tells how a function was called.
    [[nodiscard]] bool told(CallWay way) const {
        switch (way) {
            case CallWay::Object:
            case CallWay::Hidden:
                return natives_ && CallEvents::kTellsCodeApart;
            case CallWay::Bare:
                return natives_ || !CallEvents::kTellsCodeApart;
            case CallWay::Native:
                return natives_;
            default:
                return true;
        }
    }

    void set(ProbePrice& price) {
        const double pace = median(paces_);
        for (std::size_t way = 0; way < kCallWays; ++way) {
            if (samples_[way].inside.empty()) continue;
            price.inside[way] = std::max(median(samples_[way].inside) * pace, 0.0);
            price.outside[way] = std::max(median(samples_[way].outside) * pace, 0.0);
        }
        // What is left for the Python function once the call of the object is paid.
        double& object = price.outside[static_cast<std::size_t>(CallWay::Object)];
        object = std::max(object - price.outside[static_cast<std::size_t>(CallWay::Hidden)], 0.0);
        price.dilation = median(dilations_);
        const double middle = median(prices_);
        std::ranges::sort(prices_);
        if (middle > 0) {
            price.low = std::clamp(prices_[kLowRank] / middle, 0.0, 1.0);
            price.high = std::max(prices_[kSamples - 1 - kLowRank] / middle, 1.0);
        }
        price.pace = static_cast<Ticks>(pace);
    }

    bool watch() {
        std::vector<PyCodeObject*> codes;
        for (const ScratchProgram* program : {&watched_, &usual_watched_})
            codes.insert(codes.end(), program->codes().begin(), program->codes().end());
        return events_.start_on(recorder_, natives_, codes);
    }

    bool take_samples() {
        for (int round = -kWarmUpSamples; round < kSamples; ++round) {
            for (const Way& way : kWays)
                if (told(way.way) && !sample(way, round >= 0)) return false;
            if (!sample_usual(round >= 0)) return false;
            sample_compiled(round >= 0);
        }
        return true;
    }

    bool sample(const Way& way, bool counts) {
        const Ticks pace_before = read_pace();
        const auto plain = time_of(plain_, way.caller, rounds_.get(), no_rounds_.get());
        if (!plain) return false;
        const CallStack::Key key = key_of(way);
        const Ticks before = own_ticks(key);
        if (!CallEvents::kTellsCodeApart && !watch()) return false;
        const auto watched = time_of(watched_, way.caller, rounds_.get(), no_rounds_.get());
        if (!CallEvents::kTellsCodeApart) events_.stop();
        if (!watched) return false;
        const double recorded = static_cast<double>(own_ticks(key) - before) / kRounds;
        // The core may change its pace between two samples: what counts is the cost in its units.
        if (counts)
            keep(way, *plain, *watched, recorded,
                 static_cast<double>(pace_before + read_pace()) / 2);
        return true;
    }

    // Null: it has no row in the profile.
    [[nodiscard]] CallStack::Key key_of(const Way& way) const {
        if (way.callee != nullptr) return watched_.code(way.callee);
        return way.way == CallWay::Native ? &do_nothing_definition : nullptr;
    }

    void keep(const Way& way, const Timed& plain, const Timed& watched, double recorded,
              double pace) {
        const double dilation = watched.loop / plain.loop;
        const double natural = plain.call * dilation;
        const double price = watched.call - natural;
        // A short recorded time is never taken to be all natural: the probe's own tail is in it.
        const double inside = recorded - std::min(natural * way.inside, recorded * kMostNatural);
        Samples& samples = samples_[static_cast<std::size_t>(way.way)];
        samples.inside.push_back(inside / pace);
        samples.outside.push_back((price - inside) / pace);
        if (way.way == CallWay::Function) {
            prices_.push_back(price / pace);
            call_ = price;
        }
        dilations_.push_back(dilation);
        paces_.push_back(pace);
    }

    // Right after a call of a function was timed, and in units of it: no pace is as near.
    bool sample_usual(bool counts) {
        const auto plain = usual_plain_.time("work", usual_rounds_.get());
        if (!plain || (!CallEvents::kTellsCodeApart && !watch())) return false;
        const auto watched = usual_watched_.time("work", usual_rounds_.get());
        if (!CallEvents::kTellsCodeApart) events_.stop();
        if (!watched) return false;
        if (counts && call_ > 0)
            usual_.push_back({.plain = *plain / call_, .watched = *watched / call_});
        return true;
    }

    // What the usual program is charged by the price tells how much more it really pays; on 3.11,
    // where all code is slower and that is the larger part, how much slower.
    bool charge_usual(ProbePrice& price) {
        CallRecorder recorder;
        recorder.begin({.natives = natives_, .price = price, .follow_pace = false});
        const bool fine = events_.start_on(recorder, natives_, usual_watched_.codes()) &&
                          usual_watched_.time("work", usual_rounds_.get());
        events_.stop();
        recorder.end_py();
        const auto function = static_cast<std::size_t>(CallWay::Function);
        const double call = price.inside[function] + price.outside[function];
        if (!fine || usual_.empty() || call <= 0) return fine;
        set_usual(price, static_cast<double>(recorder.probes()) / call, recorder.table());
        return true;
    }

    // `calls`: of a function that cost what the usual program is charged.
    void set_usual(ProbePrice& price, double calls, const CallTable& table) const {
        std::vector<double> times, dilations;
        for (const auto& [plain, watched] : usual_) {
            times.push_back((watched - plain) / calls);
            dilations.push_back((watched - calls) / plain);
        }
        if (CallEvents::kTellsCodeApart) {
            price.usual = {.times = std::clamp(median(times), 1.0, kMostUsual),
                           .diversity = diversity_of(table)};
        } else {
            price.dilation = std::max(median(dilations), 1.0);
        }
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
        Samples& samples = samples_[static_cast<std::size_t>(CallWay::Compiled)];
        samples.inside.push_back(inside / pace);
        samples.outside.push_back((whole - inside) / pace);
    }

    [[nodiscard]] Ticks own_ticks(CallStack::Key key) const {
        const CallTable table = recorder_.table();
        const auto found = table.rows().find(key);
        return found == table.rows().end() ? 0 : found->second.totals.own;
    }

    bool natives_;
    ScratchProgram plain_;
    ScratchProgram watched_;
    Ref<> rounds_;
    Ref<> no_rounds_;
    CallRecorder recorder_;
    CallEvents events_;
    Samples samples_[kCallWays];
    std::vector<double> prices_;  // of a call of a function, in units of the pace
    std::vector<double> dilations_;
    std::vector<double> paces_;
    ScratchProgram usual_plain_;
    ScratchProgram usual_watched_;
    Ref<> usual_rounds_;
    double call_ = 0;  // the last price of a call of a function, in ticks
    struct Usual {
        double plain;
        double watched;
    };
    std::vector<Usual> usual_;  // in units of call_
};

}  // namespace

bool measure_probe_price(bool natives, ProbePrice& price) {
    return Calibration(natives).run(price);
}

}  // namespace hone::measure
