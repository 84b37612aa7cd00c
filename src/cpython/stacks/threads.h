// SPDX-License-Identifier: Apache-2.0
// The interpreter's threads as somebody sees them who has not got the GIL. Everything is a look at
// memory that changes meanwhile; what makes it dependable stands in walker.h.
#pragma once

#include <Python.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "cpython/stacks/memory.h"

namespace hone::cpython {

struct ThreadFacts {
    Address state = 0;             // the PyThreadState
    std::int32_t native_id = 0;    // the kernel's
    std::uint64_t identifier = 0;  // threading.get_ident()
    bool operator==(const ThreadFacts&) const = default;
};

// The newest thread's state; changes whenever one is added, or the newest one goes.
[[nodiscard]] Address newest_thread() noexcept;
// All threads, newest first. Nothing: the list changed while it was read.
[[nodiscard]] std::optional<std::vector<ThreadFacts>> read_threads(OwnMemory& memory);
// Who the thread at this address is now; nothing if it is gone.
[[nodiscard]] std::optional<ThreadFacts> read_thread(OwnMemory& memory, Address state) noexcept;
// The thread that holds the GIL; 0 = none.
[[nodiscard]] Address gil_holder() noexcept;
// Who had the GIL last, and how often it had gone from one thread to another. A thread that is not
// the last holder, with the same seen before and after, did not have it in between.
struct GilStay {
    unsigned long switches = 0;
    Address last = 0;

    bool operator==(const GilStay&) const = default;
};
[[nodiscard]] GilStay gil_stay() noexcept;
// Is garbage being collected?
[[nodiscard]] bool collects_garbage() noexcept;

}  // namespace hone::cpython
