// SPDX-License-Identifier: Apache-2.0
// A clock of the user's, as cProfile.Profile takes one: a callable that gives seconds, or, with a
// unit, whole numbers of that unit. Threads: under the GIL.
#pragma once

#include <Python.h>

#include "cpython/ref.h"
#include "measure/ticks.h"

namespace hone::measure {

class Timer {
  public:
    // `unit`: seconds for each unit, 0 if the callable gives seconds.
    Timer(PyObject* callable, double unit) : callable_(cpython::own(callable)), unit_(unit) {}

    // Ticks of this timer. What the callable raises, or gives instead of a number, is reported as
    // unraisable, and counts as 0. Keeps a Python error that is set.
    [[nodiscard]] Ticks read_py() const noexcept;
    [[nodiscard]] double seconds_per_tick() const noexcept { return unit_ > 0 ? unit_ : 1e-9; }
    [[nodiscard]] PyObject* callable() const noexcept { return callable_.get(); }

  private:
    [[nodiscard]] Ticks to_ticks(PyObject* given) const noexcept;

    cpython::Ref<> callable_;
    double unit_;
};

}  // namespace hone::measure
