// SPDX-License-Identifier: Apache-2.0
// The call profiler: exact counts, own and cumulative time of every function, Python and native, by
// caller, on every thread, with the price of the probes taken off. The price is measured when a
// profiler is switched on (at most once a second, and while no other is on) and follows the
// machine's pace from there. Any number of profilers may be on.
// Threads: everything under the GIL.
#pragma once

#include <Python.h>

#include <memory>
#include <vector>

#include "cpython/events/call_events.h"
#include "measure/call_recorder.h"

namespace hone::measure {

class CallProfiler {
  public:
    struct Settings {
        bool callers = true;
        bool natives = true;
        bool every_thread = true;
        bool raw = false;    // leave the price of the probes in the times
        bool alone = false;  // refuse to be on beside another profiler (3.12+), as cProfile does
    };

    struct Row {
        const CallRecorder::Identity* identity;
        CallTotals totals;
        double own = 0;  // seconds, >= 0
        double cumulative = 0;
    };
    struct Function {
        Row row;
        std::vector<Row> calls;  // what it called
    };

    // `owner` is the Python object around this (borrowed); a profiler that is on keeps it alive.
    explicit CallProfiler(PyObject* owner) : owner_(owner) {}

    Settings settings;
    void set_timer(PyObject* callable, double unit);

    // False: a Python error is set.
    [[nodiscard]] bool enable_py();
    [[nodiscard]] bool disable_py();
    [[nodiscard]] bool clear();
    [[nodiscard]] bool enabled() const noexcept { return recorder_.recording(); }
    void stand_for(PyObject* function, PyObject* original) {
        recorder_.stand_for(function, original);
    }

    // In the order in which they were met.
    [[nodiscard]] std::vector<Function> functions() const;
    // {"clock": str, "price": {a CallWay: {"inside": s, "outside": s}}, "usual": times the price in
    // a program of many functions, "dilation": factor, "pace": ticks, "seconds": of probes, taken
    // off in all, "compiling": seconds in which hone compiled, taken off, too, "without_processor":
    // seconds taken off because others had it, "watched": seconds that the profiler was on,
    // "interval": ends of a 95 % interval of the price, as parts of it}.
    [[nodiscard]] cpython::Ref<> overhead() const;

    // Switches off the profilers that nobody can switch off any more. `of` finds the profiler in an
    // owner.
    static void stop_abandoned_py(CallProfiler& (*of)(PyObject* owner)) noexcept;

    [[nodiscard]] int traverse(visitproc visit, void* argument) const;
    void drop_references() noexcept;

  private:
    [[nodiscard]] bool refuse_in_timer(const char* what) const;
    [[nodiscard]] bool find_price();
    [[nodiscard]] double seconds_per_tick() const;
    [[nodiscard]] cpython::Ref<> prices() const;
    [[nodiscard]] Row to_row(CallStack::Key key, const CallTotals& totals, double tick) const;

    PyObject* owner_;
    std::unique_ptr<Timer> timer_;
    CallRecorder recorder_;
    cpython::ProfilerPlace place_;
    ProbePrice price_;
    bool closing_ = false;
};

}  // namespace hone::measure
