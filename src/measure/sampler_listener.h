// SPDX-License-Identifier: Apache-2.0
// For programs that agreed to be sampled by who asks: a thread that waits at an abstract Unix
// socket, "hone-attach-PID", for a request to start the sampler. It answers to the same user and to
// root only, which the kernel vouches for (SO_PEERCRED). No Python code runs, no signal is sent.
//
// A request is an AttachRequest and the path of the spool; the answer is a text, empty if the
// sampler was started. The thread is not there while the process forks; children do not listen.
#pragma once

#include <cstdint>

#include "base/result.h"

namespace hone::measure {

struct AttachRequest {
    double rate, budget, seconds;
    std::uint64_t waking_cost;  // nanoseconds
    std::uint32_t version;      // kSpoolVersion
    std::uint32_t path_size;    // of the spool's path, which follows
    std::uint32_t native;       // 1: C stacks too
    std::uint32_t spare;
};

// Listens from now on; nothing happens if it does already. Needs no GIL.
[[nodiscard]] Result<void> listen_for_attach();
void stop_listening() noexcept;

}  // namespace hone::measure
