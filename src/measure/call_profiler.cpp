// SPDX-License-Identifier: Apache-2.0
#include "measure/call_profiler.h"

#include <unistd.h>

#include <algorithm>
#include <array>

#include "measure/call_hub.h"
#include "measure/probe_costs.h"

namespace hone::measure {

namespace {

using cpython::Ref;
using cpython::steal;

constexpr std::array<const char*, kCallWays> kWayNames{"function", "object",   "bare",  "resumed",
                                                       "native",   "compiled", "hidden"};
constexpr std::int64_t kPriceLastsNs = 1'000'000'000;

struct KnownPrice {
    ProbePrice price;
    std::int64_t at_ns = 0;
};
std::array<KnownPrice, 2> known_prices;  // without native functions, and with them

// The thread that measures the price, 0 for none. It runs Python code, so other threads get their
// turn meanwhile; but there is one subscription to events, and it has it.
unsigned long calibrating_thread = 0;

class Calibrating {
  public:
    Calibrating() { calibrating_thread = PyThread_get_thread_ident(); }
    ~Calibrating() { calibrating_thread = 0; }
    Calibrating(const Calibrating&) = delete;
    Calibrating& operator=(const Calibrating&) = delete;
};

// Some milliseconds at most. False: a Python error is set.
bool wait_for_calibration() {
    while (calibrating_thread != 0) {
        if (calibrating_thread == PyThread_get_thread_ident()) {
            PyErr_SetString(PyExc_RuntimeError,
                            "hone can't profile: a signal's handler came in between");
            return false;
        }
        Py_BEGIN_ALLOW_THREADS;
        usleep(200);
        Py_END_ALLOW_THREADS;
    }
    return true;
}

}  // namespace

void CallProfiler::set_timer(PyObject* callable, double unit) {
    timer_ = std::make_unique<Timer>(callable, unit);
}

bool CallProfiler::refuse_in_timer(const char* what) const {
    if (!recorder_.in_timer()) return false;
    PyErr_Format(PyExc_RuntimeError, "cannot %s profiler in external timer", what);
    return true;
}

// A price that is at hand is used while another profiler is on: its events would be measured, too.
bool CallProfiler::find_price() {
    KnownPrice& known = known_prices[settings.natives ? 1 : 0];
    const bool lasts = known.at_ns != 0 && monotonic_ns() - known.at_ns < kPriceLastsNs;
    if (!lasts && CallHub::shared().empty()) {
        const Calibrating alone;
        if (!measure_probe_price(settings.natives, known.price)) return false;
        known.at_ns = monotonic_ns();
    }
    price_ = known.price;
    return true;
}

bool CallProfiler::enable_py() {
    if (refuse_in_timer("enable")) return false;
    if (enabled() && !settings.alone) return true;
    if (!wait_for_calibration()) return false;
    if (settings.alone && !place_.take()) return false;
    (void)tick_scale();
    const bool priced = !settings.raw && timer_ == nullptr;
    if (priced && !find_price()) return false;
    recorder_.begin({.natives = settings.natives,
                     .callers = settings.callers,
                     .every_thread = settings.every_thread,
                     .timer = timer_.get(),
                     .price = priced ? price_ : ProbePrice{}});
    if (CallHub::shared().add(recorder_, settings.natives, owner_)) return true;
    recorder_.end_py();
    place_.leave();
    return false;
}

bool CallProfiler::disable_py() {
    if (refuse_in_timer("disable")) return false;
    if (!enabled() || closing_) return true;
    // The caller holds the owner, so this is not the end of it.
    CallHub::shared().remove(recorder_);
    place_.leave();
    closing_ = true;  // a timer of the user's runs now
    recorder_.end_py();
    closing_ = false;
    return true;
}

void CallProfiler::stop_abandoned_py(CallProfiler& (*of)(PyObject* owner)) noexcept {
    while (PyObject* owner = CallHub::shared().find_abandoned()) {
        const Ref<> held = cpython::own(owner);
        if (!of(owner).disable_py()) {
            PyErr_Clear();  // it is reading its timer: another time
            return;
        }
    }
}

bool CallProfiler::clear() {
    if (refuse_in_timer("clear")) return false;
    recorder_.clear();
    return true;
}

double CallProfiler::seconds_per_tick() const {
    return timer_ != nullptr ? timer_->seconds_per_tick() : tick_scale().seconds_per_tick();
}

CallProfiler::Row CallProfiler::to_row(CallStack::Key key, const CallTotals& totals,
                                       double tick) const {
    const auto seconds = [tick](Ticks ticks) {
        return static_cast<double>(std::max<Ticks>(ticks, 0)) * tick;
    };
    // What is taken off is an estimate: a call of nanoseconds may come out shorter than nothing.
    return {.identity = &recorder_.identity(key),
            .totals = totals,
            .own = seconds(totals.own),
            .cumulative = seconds(std::max(totals.own, totals.cumulative))};
}

std::vector<CallProfiler::Function> CallProfiler::functions() const {
    const CallTable table = recorder_.table();
    const double tick = seconds_per_tick();
    std::vector<Function> functions;
    for (const auto& [key, row] : table.rows()) {
        if (row.totals.calls == 0) continue;
        Function& function = functions.emplace_back(to_row(key, row.totals, tick));
        for (const auto& [callee, totals] : row.calls)
            function.calls.push_back(to_row(callee, totals, tick));
    }
    std::ranges::sort(functions, {}, [](const Function& f) { return f.row.identity->order; });
    return functions;
}

Ref<> CallProfiler::prices() const {
    const double tick = tick_scale().seconds_per_tick();
    Ref<> all = steal(PyDict_New());
    for (std::size_t way = 0; all && way < kCallWays; ++way) {
        const Ref<> one = steal(Py_BuildValue("{s:d,s:d}", "inside", price_.inside[way] * tick,
                                              "outside", price_.outside[way] * tick));
        if (!one || PyDict_SetItemString(all.get(), kWayNames[way], one.get()) < 0) all = {};
    }
    return all;
}

Ref<> CallProfiler::overhead() const {
    const double tick = tick_scale().seconds_per_tick();
    const auto seconds = [tick](Ticks ticks) { return static_cast<double>(ticks) * tick; };
    const Ref<> price = prices();
    if (!price) return {};
    return steal(Py_BuildValue(
        "{s:s,s:O,s:d,s:d,s:d,s:d,s:d,s:d,s:d,s:(dd)}", "clock", tick_source_name(), "price",
        price.get(), "usual", price_.usual.times, "dilation", price_.dilation, "pace",
        static_cast<double>(price_.pace), "seconds", seconds(recorder_.probes()),
        "without_processor", seconds(recorder_.taken_away()), "compiling",
        seconds(recorder_.compiling()), "watched", seconds(recorder_.watched()), "interval",
        price_.low, price_.high));
}

int CallProfiler::traverse(visitproc visit, void* argument) const {
    if (timer_ != nullptr) {
        if (const int status = visit(timer_->callable(), argument); status != 0) return status;
    }
    return recorder_.traverse(visit, argument);
}

void CallProfiler::drop_references() noexcept {
    timer_.reset();
    recorder_.clear();
}

}  // namespace hone::measure
