// SPDX-License-Identifier: Apache-2.0
#include "measure/line_costs.h"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "measure/line_recorder.h"
#include "measure/median.h"
#include "measure/scratch_program.h"
#include "measure/usual_program.h"

namespace hone::measure {

namespace {

using cpython::Ref;
using cpython::steal;

// The head of each watched loop is a line as well. Functions that are called are watched, loops
// that call them are not: only the ends are to be added. An exception is caught by who is not
// watched, as raising costs more where hone's own handler is passed (3.11).
constexpr const char* kProgram = R"(
kind = ValueError

def one_line(rounds):
    for item in rounds:
        item

def lines(rounds):
    for item in rounds:
        item
        item
        item
        item
        item
        item
        item

def globals_too(rounds):
    for item in rounds:
        item
        kind
        len
        kind
        len
        kind
        len

def body(item):
    return item

def refuse(item):
    raise item

def turns(rounds):
    for item in rounds:
        yield item

def call(rounds):
    for item in rounds:
        body(item)

def resume(rounds):
    for item in turns(rounds):
        item

def catch(rounds):
    for item in rounds:
        try:
            refuse(kind)
        except kind:
            pass
)";
constexpr std::array kWatched{"one_line", "lines", "globals_too", "body", "refuse", "turns"};

enum Loop { kOneLine, kLines, kGlobals, kCall, kResume, kCatch, kLoops };
constexpr std::array<const char*, kLoops> kCallers{"one_line", "lines",  "globals_too",
                                                   "call",     "resume", "catch"};
constexpr double kLinesInTurn = 8;  // of `lines`
constexpr double kMoreLines = 6;    // of `lines` than of `one_line`
constexpr double kGlobalLines = 6;
constexpr double kHalf = 0.5;  // of the price of two ends: only their sum is measured

constexpr int kRounds = 400;        // so many that a loop's first turns do not count
constexpr int kFirstInt = 2048;     // above those that CPython keeps, as most are
constexpr int kSamples = 25;        // medians over these
constexpr int kWarmUpSamples = 3;   // until the interpreter has specialised
constexpr int kUsualRounds = 24;    // some 0.6 ms, or 1.5 watched
constexpr int kUsualEvery = 2;      // samples
constexpr double kMostUsual = 2.5;  // what is above is a disturbance

[[nodiscard]] bool watch(LineBook& book, PyObject* function) {
    auto* const code = reinterpret_cast<PyCodeObject*>(PyFunction_GetCode(function));
    const Ref<PyCodeObject> fresh = book.add(code, false);
    return fresh && PyObject_SetAttrString(function, "__code__", fresh.object()) == 0;
}

class Calibration {
  public:
    [[nodiscard]] bool run(LinePrice& price) {
        if (!load() || !book_.enable()) return false;
        for (int round = -kWarmUpSamples; round < kSamples; ++round)
            if (!sample(round >= 0)) return false;
        set(price);
        return charge_usual(price);
    }

  private:
    struct Twins {
        ScratchProgram plain;
        ScratchProgram watched;

        [[nodiscard]] bool load(const char* source, const char* file) {
            return plain.load(source, file) && watched.load(source, file);
        }
    };

    // Ticks that watching adds to a function. Nothing: a Python error is set.
    static std::optional<double> added(const Twins& program, const char* name,
                                       const Ref<>& argument) {
        const auto plain = program.plain.processor_time(name, argument.get());
        const auto watched = plain ? program.watched.processor_time(name, argument.get()) : plain;
        if (!watched) return std::nullopt;
        return *watched - *plain;
    }

    [[nodiscard]] bool load() {
        rounds_ = steal(PyObject_CallFunction(reinterpret_cast<PyObject*>(&PyRange_Type), "ii",
                                              kFirstInt, kFirstInt + kRounds));
        usual_rounds_ = steal(PyLong_FromLong(kUsualRounds));
        if (!rounds_ || !usual_rounds_) return false;
        if (!loops_.load(kProgram, "<hone: line costs>") ||
            !usual_program_.load(kUsualProgram, "<hone: usual program>"))
            return false;
        for (const char* name : kWatched)
            if (!watch(book_, loops_.watched.function(name))) return false;
        for (PyObject* function : usual_program_.watched.functions())
            if (!watch(book_, function)) return false;
        return true;
    }

    [[nodiscard]] bool sample(bool counts) {
        for (std::size_t loop = 0; loop < kLoops; ++loop) {
            const Ticks pace_before = read_pace();
            const auto ticks = added(loops_, kCallers[loop], rounds_);
            if (!ticks) return false;
            // The core may change its pace between two samples.
            const double pace = static_cast<double>(pace_before + read_pace()) / 2;
            if (!counts) continue;
            added_[loop].push_back(*ticks / kRounds / pace);
            paces_.push_back(pace);
        }
        return ++sampled_ % kUsualEvery != 0 || sample_usual(counts);
    }

    // In units of what lines cost on both sides of it: no pace is as near.
    [[nodiscard]] bool sample_usual(bool counts) {
        const auto line_before = added(loops_, kCallers[kLines], rounds_);
        const auto work = line_before ? added(usual_program_, "work", usual_rounds_) : line_before;
        const auto line_after = work ? added(loops_, kCallers[kLines], rounds_) : work;
        if (!line_after) return false;
        const double line = (*line_before + *line_after) / 2;
        if (counts && line > 0) usual_.push_back(*work / line);
        return true;
    }

    void set(LinePrice& price) {
        const double pace = median(paces_);
        const auto added = [&](Loop loop) { return median(added_[loop]) * pace; };
        lines_ = added(kLines) * kRounds;
        const double hit = std::max((added(kLines) - added(kOneLine)) / kMoreLines, 0.0);
        const double head = std::max(added(kOneLine) - hit, hit);
        const double ends = std::max(added(kCall) - hit, 0.0) * kHalf;
        const double turns = std::max(added(kResume) - hit - head, 0.0) * kHalf;
        price[LineProbe::Hit] = price[LineProbe::Mark] = hit;
        price[LineProbe::Compiled] = hit;  // until it is known
        price[LineProbe::Enter] = price[LineProbe::Return] = ends;
        price[LineProbe::Resume] = price[LineProbe::Yield] = turns;
        price[LineProbe::Unwind] = std::max(added(kCatch) - hit - ends, 0.0);
        price[LineStart::Iterates] = head - hit;
        price[LineStart::Adapts] = std::max((added(kGlobals) - added(kLines)) / kGlobalLines, 0.0);
        price.pace = static_cast<Ticks>(pace);
    }

    // How much more the usual program really pays than it is charged.
    [[nodiscard]] bool charge_usual(LinePrice& price) {
        LineRecorder& recorder = LineRecorder::instance();
        recorder.charge(price);
        (void)recorder.diversity();  // of what was before
        const double before = book_.span().probes;
        if (!usual_program_.watched.time("work", usual_rounds_.get())) return false;
        const double charged = book_.span().probes - before;
        const double paid = median(usual_) * lines_;
        if (charged > 0)
            price.usual = {.times = std::clamp(paid / charged, 1.0, kMostUsual),
                           .diversity = recorder.diversity(),
                           .of_loops = 1 - 1 / kLinesInTurn};
        return true;
    }

    Twins loops_;
    Twins usual_program_;
    Ref<> rounds_;
    Ref<> usual_rounds_;
    LineBook book_;
    std::array<std::vector<double>, kLoops> added_;  // to a round, in units of the pace
    double lines_ = 0;                               // ticks that are added to `lines`
    std::vector<double> usual_;                      // in units of that
    int sampled_ = 0;
    std::vector<double> paces_;
};

}  // namespace

bool measure_line_price(LinePrice& price) {
    return Calibration().run(price);
}

}  // namespace hone::measure
