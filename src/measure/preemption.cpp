// SPDX-License-Identifier: Apache-2.0
#include "measure/preemption.h"

#include <sys/resource.h>

#include <algorithm>
#include <utility>

namespace hone::measure {

std::int64_t Preemption::since_last() noexcept {
    rusage used;
    if (getrusage(RUSAGE_THREAD, &used) != 0) return 0;
    // A thread's turn is mostly taken as it leaves the kernel: the clock that is read without it
    // comes last, or the turn would be found at the next question.
    const std::int64_t processor = thread_ns();
    const std::int64_t wall = monotonic_ns();
    const std::int64_t without = (wall - std::exchange(wall_ns_, wall)) -
                                 (processor - std::exchange(processor_ns_, processor));
    const bool waited = std::exchange(waits_, used.ru_nvcsw) != used.ru_nvcsw;
    return waited ? 0 : std::max<std::int64_t>(without, 0);
}

Ticks Preemption::within(Ticks gap, Ticks now) noexcept {
    const double seconds = static_cast<double>(since_last()) * 1e-9;
    const Ticks looking = now_ticks() - now;  // others may have had the processor in it, too
    const auto without = static_cast<Ticks>(seconds / tick_scale().seconds_per_tick());
    return std::exchange(looked_, true) ? std::clamp<Ticks>(without - looking, 0, gap) : 0;
}

}  // namespace hone::measure
