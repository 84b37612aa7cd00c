// SPDX-License-Identifier: Apache-2.0
// A thread's own CPU clock as proof that it did not run: it counts nanoseconds while the thread
// executes and stands still otherwise, so equal before and after means not one instruction in
// between. The sampler keeps itself on the processor of the thread that it looks at: while the one
// runs there, the other does not. No signal, nothing that the program could notice.
// Threads: to be used by one thread, the one that is pinned.
#pragma once

#include <cstdint>
#include <optional>

namespace hone::measure {

using Nanoseconds = std::uint64_t;

// Of CLOCK_MONOTONIC.
[[nodiscard]] Nanoseconds now() noexcept;
// The CPU time of the calling thread.
[[nodiscard]] Nanoseconds own_cpu_time() noexcept;
// The CPU time of a thread of this process; nothing if it has ended.
[[nodiscard]] std::optional<Nanoseconds> cpu_time_of(std::int32_t thread) noexcept;
// The processor it runs on, or ran on last; nothing if the kernel does not say. `control` is the
// address of the thread's control block, a pthread_t.
[[nodiscard]] std::optional<unsigned> processor_of(std::int32_t thread, std::uint64_t control);

class Place {
  public:
    // The calling thread runs on this processor only. False: it may not, or there is no such.
    bool go_to(unsigned processor) noexcept;

  private:
    std::optional<unsigned> here_;
};

}  // namespace hone::measure
