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
//
// One that was woken has to be on its way out of the system call for some time (kOut): the kernel
// may take its turn there, too. And one whose turn is taken as it enters one, by a kernel that does
// so anywhere, can't be told from others (docs/decisions/0021).
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
    // `cpu` is its clock at a moment at which it did not run; the answer is its clock now, if it
    // may be asked as long as that stands. Gives it time to run if need be, and wakes up again,
    // which `wakings` counts.
    [[nodiscard]] std::optional<Nanoseconds> check(std::int32_t thread, Nanoseconds cpu,
                                                   std::uint32_t& wakings) noexcept;
    // It was asked.
    void note(std::uint32_t question) noexcept { question_ = question; }

  private:
    // That it was ready when its clock stood at `cpu`, after so many switches.
    struct Seen {
        std::uint64_t voluntary;
        Nanoseconds cpu;
    };
    [[nodiscard]] static std::optional<Seen> see(std::int32_t thread, Nanoseconds cpu) noexcept;
    [[nodiscard]] static bool is_out(const Seen& before, const Seen& now) noexcept;
    [[nodiscard]] std::optional<Seen> expected() const noexcept;

    std::optional<Seen> seen_;
    std::optional<std::uint32_t> question_;
};

}  // namespace hone::measure::native
