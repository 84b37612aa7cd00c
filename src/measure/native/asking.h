// SPDX-License-Identifier: Apache-2.0
// Asking a thread of this process to stand still in a signal handler, with its registers at hand.
//
// The signal is SIGURG: its default action is to be ignored, so that one which comes too late (the
// program has become another by exec, the sampling is over) does nothing. The handler takes no lock
// and calls nothing but the kernel: it copies the registers, wakes the sampler and sleeps until
// that has looked, for kPatience at most. A thread that is asked while it sleeps in a system call
// would notice: whom to ask is for readiness.h to say.
//
// One is asked at a time, by one thread.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "measure/native/registers.h"
#include "measure/sampler_clock.h"

namespace hone::measure::native {

// The signal is ours from now on. An error: the program handles it itself.
[[nodiscard]] Result<void> take_signal() noexcept;
// As it was, unless the program has taken it meanwhile. In the child of a fork, too.
void give_signal_back() noexcept;
[[nodiscard]] bool is_signal_ours() noexcept;
// The bit of the signal in a mask as /proc shows it.
[[nodiscard]] std::uint64_t signal_bit() noexcept;

// What a thread was asked: its number tells it from all others.
class Question {
  public:
    // The thread stands, or did not answer in time. It is not asked if its clock has left `cpu`,
    // which is looked at last of all: nothing is known then of where it is.
    Question(std::int32_t thread, Nanoseconds cpu) noexcept;
    // It goes on.
    ~Question();
    Question(const Question&) = delete;
    Question& operator=(const Question&) = delete;

    // What the thread had in its registers; nothing: it did not answer.
    [[nodiscard]] const Registers* registers() const noexcept;
    // It goes on. True: it has stood still until now.
    [[nodiscard]] bool release() noexcept;
    [[nodiscard]] std::uint32_t number() const noexcept { return number_; }

  private:
    std::uint32_t number_;
    bool stands_ = false;
};

// Did the thread sleep while it stood? To be asked when it has gone on; true also if that is no
// longer known.
enum class Slept : std::uint8_t { No, Yes, Unknown };
[[nodiscard]] Slept slept_at(std::uint32_t question) noexcept;

}  // namespace hone::measure::native
