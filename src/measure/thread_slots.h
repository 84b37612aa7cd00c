// SPDX-License-Identifier: Apache-2.0
// Where a thread finds its own state in each of the recorders that are on: by the recorder's number
// in an array of the thread's. A slot names the session it was filled in, so what an earlier
// session of that number left over is never used. Threads: a thread reads and fills its own slots;
// numbers are given out under the GIL.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

namespace hone::measure {

struct ThreadSlot {
    std::uint64_t session = 0;
    void* state = nullptr;
};

struct ThreadSlots {
    std::uint32_t count = 0;
    ThreadSlot* at = nullptr;
};

// Initial-exec: one instruction instead of a call, and 8 bytes of what the dynamic linker keeps
// for that.
extern thread_local constinit ThreadSlots* my_slots __attribute__((tls_model("initial-exec")));

// Makes room for this number. The slots live as long as the thread.
ThreadSlot& slot_for(std::uint32_t number);

// Becomes true when the calling thread is taken down by the operating system.
[[nodiscard]] const std::shared_ptr<std::atomic<bool>>& end_of_this_thread();

// The smallest number that is not taken.
[[nodiscard]] std::uint32_t take_number();
void give_number_back(std::uint32_t number) noexcept;

}  // namespace hone::measure
