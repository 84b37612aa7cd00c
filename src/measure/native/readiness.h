// SPDX-License-Identifier: Apache-2.0
// May a thread be asked (asking.h) without noticing?
//
// A signal ends many system calls early, some whatever SA_RESTART says (signal(7)). So only a
// thread is asked that was interrupted outside of them: one that is ready to run, whose turn was
// taken from it and that has not begun another one. One that waited and is to go on may still be on
// its way out of poll(), and would return EINTR where its time was over. The kernel counts both
// kinds of switches: if a thread has run and the number of those that it wanted itself stands, the
// last one was not wanted. A thread that blocks the signal isn't asked: what it waits for by
// sigwait() is its own.
#pragma once

#include <cstdint>
#include <optional>

#include "measure/sampler_clock.h"

namespace hone::measure::native {

struct ThreadStatus {
    bool ready = false;           // runs, or is to
    std::uint64_t blocked = 0;    // signals, a bit each
    std::uint64_t voluntary = 0;  // switches
};

// From /proc/self/task/THREAD/status; proc(5).
[[nodiscard]] std::optional<ThreadStatus> status_of(std::int32_t thread) noexcept;

// What is remembered of a thread from one question to the next.
class Readiness {
  public:
    // `cpu` is its clock at a moment at which it did not run; if the thread is given time to run,
    // it is that of a later one.
    [[nodiscard]] bool check(std::int32_t thread, Nanoseconds cpu) noexcept;
    // It was asked.
    void note(std::uint32_t question) noexcept { question_ = question; }

  private:
    [[nodiscard]] std::optional<std::uint64_t> expected() const noexcept;

    std::optional<std::uint64_t> voluntary_;
    std::optional<std::uint32_t> question_;
};

}  // namespace hone::measure::native
