// SPDX-License-Identifier: Apache-2.0
// The sampling profiler inside the program: a thread without the GIL that looks at all threads'
// Python stacks at random times (sampler_rounds.h) and writes what it sees to a file
// (sampler_spool.h). It measures what it costs and looks no more often than its budget allows.
//
// It is not there while the process forks, goes on in the parent and not in the child. One per
// process. None of these needs the GIL, but where said.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "measure/sampler_clock.h"

namespace hone::measure {

struct SamplerOptions {
    double rate = 1000;    // rounds a second, at most
    double budget = 0.01;  // seconds that it may cost, per second
    double seconds = 0;    // until it ends; 0 = when it is stopped
    Nanoseconds waking_cost =
        0;                      // what a waking costs the program beside the sampler's own CPU time
    bool watch_reader = false;  // ends when the spool's reader is gone
    bool native = false;        // C stacks too
    std::string spool;          // an existing file of the user's
};

// Whoever starts samplers from a thread that is not there during a fork calls it before it
// registers for forks itself: what is registered last is asked first, and that thread must have
// ended while there still can be a sampler. False: the system can't.
[[nodiscard]] bool prepare_sampler() noexcept;
[[nodiscard]] Result<void> start_sampler(const SamplerOptions& options);
// What was seen is in the file afterwards. Nothing happens if none runs.
void stop_sampler() noexcept;
[[nodiscard]] bool sampler_runs() noexcept;
// With the GIL: names of threads that will be gone when the file is read.
void name_sampled_threads() noexcept;

// Measured: what one waking of a thread takes from the thread that it interrupts, less the CPU time
// that the woken one is charged for. Takes some 20 ms.
[[nodiscard]] Nanoseconds measure_waking_cost();

}  // namespace hone::measure
