// SPDX-License-Identifier: Apache-2.0
#include "measure/call_profiler.h"

#include <unistd.h>

#include <algorithm>
#include <functional>

namespace hone::measure {

namespace {

using cpython::own;
using cpython::Ref;
using cpython::steal;

constexpr std::int64_t kPriceLastsNs = 1'000'000'000;

CallProfiler* active_profiler = nullptr;

const TickScale& scale() {
    static const TickScale the_scale;
    return the_scale;
}

struct TimedRow {
    const CallRecorder::Identity* identity;
    std::uint64_t calls;
    CallTimes times;
};

Ref<> to_tuple(const TimedRow& row, double seconds_per_tick) {
    const double own_seconds = row.times.own * seconds_per_tick;
    const double cumulative = row.times.cumulative * seconds_per_tick;
    const auto calls = static_cast<unsigned long long>(row.calls);
    if (row.identity->kind == CallKind::Native) {
        const std::string& name = row.identity->name;
        const Ref<> text = steal(
            PyUnicode_DecodeUTF8(name.data(), static_cast<Py_ssize_t>(name.size()), "replace"));
        if (!text) return {};
        return steal(Py_BuildValue("(siOKddO)", "~", 0, text.get(), calls, own_seconds, cumulative,
                                   Py_True));
    }
    const auto* code = reinterpret_cast<PyCodeObject*>(row.identity->keeps.get());
    return steal(Py_BuildValue("(OiOKddO)", code->co_filename, code->co_firstlineno,
                               code->co_qualname, calls, own_seconds, cumulative, Py_False));
}

}  // namespace

bool CallProfiler::enable() {
    if (active_profiler != nullptr) {
        PyErr_SetString(PyExc_RuntimeError, active_profiler == this
                                                ? "this CallProfiler is already on"
                                                : "another CallProfiler is on in this process");
        return false;
    }
    (void)scale();
    if (!calibrate() || !recorder_.begin(price_.pace)) return false;
    if (!events_.start(recorder_)) {
        recorder_.end();
        return false;
    }
    active_profiler = this;
    process_ = getpid();
    Py_INCREF(owner_);
    return true;
}

void CallProfiler::disable() noexcept {
    if (active_profiler != this) return;
    events_.stop();
    recorder_.end();
    active_profiler = nullptr;
    // The caller holds the owner too, so this is not the last count.
    Py_DECREF(owner_);
}

bool CallProfiler::calibrate() {
    if (priced_at_ns_ != 0 && monotonic_ns() - priced_at_ns_ < kPriceLastsNs) return true;
    if (!measure_probe_price(price_)) return false;
    priced_at_ns_ = monotonic_ns();
    return true;
}

Ref<> CallProfiler::stats() const {
    std::vector<TimedRow> rows;
    for (const CallRecorder::Row& row : recorder_.rows()) {
        rows.push_back({row.identity, row.totals.calls,
                        correct(row.totals, row.identity->kind, price_.costs)});
    }
    std::ranges::sort(rows, std::ranges::greater{},
                      [](const TimedRow& row) { return row.times.own; });
    const double seconds_per_tick = scale().seconds_per_tick();
    Ref<> list = steal(PyList_New(0));
    for (const TimedRow& row : rows) {
        const Ref<> tuple = to_tuple(row, seconds_per_tick);
        if (!list || !tuple || PyList_Append(list.get(), tuple.get()) < 0) return {};
    }
    return list;
}

Ref<> CallProfiler::overhead() const {
    const double second = scale().seconds_per_tick();
    ProbeCosts price = price_.costs;
    std::uint64_t calls = 0;
    double removed = 0;
    for (const CallRecorder::Row& row : recorder_.rows()) {
        const auto kind = static_cast<std::size_t>(row.identity->kind);
        calls += row.totals.calls;
        removed += static_cast<double>(row.totals.probed) / kReferencePace *
                   (price.inside[kind] + price.outside[kind]);
    }
    for (std::size_t kind = 0; kind < kCallKinds; ++kind) {
        price.inside[kind] *= second;
        price.outside[kind] *= second;
    }
    return steal(
        Py_BuildValue("{s:s,s:{s:d,s:d},s:{s:d,s:d},s:d,s:d,s:K,s:d}", "clock", tick_source_name(),
                      "python", "inside", price.inside[0], "outside", price.outside[0], "native",
                      "inside", price.inside[1], "outside", price.outside[1], "dilation",
                      price_.dilation, "pace", static_cast<double>(price_.pace), "calls",
                      static_cast<unsigned long long>(calls), "seconds", removed * second));
}

void CallProfiler::before_exit_py() noexcept {
    if (!before_exit_ || getpid() != process_) return;
    const Ref<> callable = own(before_exit_.get());
    const Ref<> result = steal(PyObject_CallNoArgs(callable.get()));
    if (!result) PyErr_WriteUnraisable(callable.get());
}

int CallProfiler::traverse(visitproc visit, void* argument) const {
    if (before_exit_) {
        if (const int status = visit(before_exit_.get(), argument); status != 0) return status;
    }
    return recorder_.traverse(visit, argument);
}

void CallProfiler::drop_references() noexcept {
    before_exit_ = {};
    recorder_.clear();
}

}  // namespace hone::measure
