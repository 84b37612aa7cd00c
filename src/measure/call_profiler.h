// SPDX-License-Identifier: Apache-2.0
// The call profiler: exact counts, own and cumulative time of every function, Python and native,
// on every thread, with the price of the probes taken off. The price is measured when it is
// switched on (at most once a second) and follows the machine's pace from there. One profiler per
// process is on at a time. Threads: everything under the GIL.
#pragma once

#include <Python.h>

#include "cpython/events/call_events.h"
#include "measure/call_recorder.h"
#include "measure/probe_costs.h"

namespace hone::measure {

class CallProfiler final : private ExitListener {
  public:
    // `owner` is the Python object around this (borrowed); a profiler that is on keeps it alive.
    explicit CallProfiler(PyObject* owner) : owner_(owner), recorder_(this) {}

    // False: a Python error is set.
    [[nodiscard]] bool enable();
    void disable() noexcept;
    void clear() noexcept { recorder_.clear(); }
    [[nodiscard]] bool enabled() const noexcept { return events_.on(); }

    // A callable for ExitListener's occasions, or null.
    void set_before_exit(PyObject* callable) { before_exit_ = cpython::own(callable); }
    void hide(const PyMethodDef* definition) { recorder_.hide(definition); }

    // [(filename, firstlineno, qualname, calls, own_seconds, cumulative_seconds, is_native)], by
    // own time, longest first.
    [[nodiscard]] cpython::Ref<> stats() const;
    // {"clock": str, "python": {"inside": s, "outside": s}, "native": {...}, "dilation": factor,
    // "pace": ticks,
    //  "calls": n, "seconds": s}: seconds is what was taken off in all.
    [[nodiscard]] cpython::Ref<> overhead() const;

    [[nodiscard]] int traverse(visitproc visit, void* argument) const;
    void drop_references() noexcept;

  private:
    void before_exit_py() noexcept override;
    [[nodiscard]] bool calibrate();

    PyObject* owner_;
    cpython::Ref<> before_exit_;
    CallRecorder recorder_;
    cpython::CallEvents events_;
    ProbePrice price_;
    std::int64_t priced_at_ns_ = 0;  // 0 = never
    int process_ = 0;  // that switched it on: a forked child must not speak for its parent
};

}  // namespace hone::measure
