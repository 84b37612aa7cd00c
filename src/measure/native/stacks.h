// SPDX-License-Identifier: Apache-2.0
// What lies in machine code below a thread's innermost Python function: the thread is asked to
// stand still (asking.h), its registers and the top of its stack are copied, it goes on, and the
// frames are found in the copy (unwinder.h). docs/internals/native-stacks.md.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "cpython/stacks/walker.h"
#include "measure/native/places.h"
#include "measure/native/readiness.h"
#include "measure/native/unwinder.h"
#include "measure/sampler_clock.h"

namespace hone::measure::native {

// What there is to say of all that were asked.
struct Totals {
    std::uint32_t wanted = 0;   // stacks that would have been good to have
    std::uint32_t had = 0;      // of them
    std::uint32_t wakings = 0;  // of the sampler, beside those of its rounds
    Nanoseconds taken = 0;      // from them: CPU time that answering took
};

class Stacks {
  public:
    explicit Stacks(Spool& spool) : places_(spool) {}

    struct Answer {
        End end = End::Lost;
        std::span<const cpython::StackFrame> frames;  // innermost first
    };
    // `cpu` is the thread's clock when it stood where `seen` was read; `again` reads its Python
    // stack anew: who has another one by then gets no answer.
    [[nodiscard]] Answer look(std::int32_t thread, Nanoseconds cpu, Readiness& readiness,
                              const cpython::Stack& seen,
                              const std::function<const cpython::Stack*()>& again);
    [[nodiscard]] const Totals& totals() const noexcept { return totals_; }

  private:
    [[nodiscard]] bool capture(std::int32_t thread, Nanoseconds cpu, Readiness& readiness,
                               const cpython::Stack& seen,
                               const std::function<const cpython::Stack*()>& again);

    Places places_;
    Unwinder unwinder_;
    Registers registers_{};
    StackCopy stack_;
    std::vector<CodePlace> found_;
    std::vector<cpython::StackFrame> frames_;
    Totals totals_;
};

}  // namespace hone::measure::native
