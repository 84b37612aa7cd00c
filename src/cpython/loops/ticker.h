// SPDX-License-Identifier: Apache-2.0
// A clock that looks at the program every few milliseconds of its own CPU time: a C thread without
// the GIL queues a pending call, which the interpreter serves in the main thread at the next
// chance. A process that waits is never woken. The thread keeps no process alive. It is not there
// while the process forks, and comes back soon afterwards; in the child, by restart_ticker().
#pragma once

#include <cstdint>

namespace hone::cpython {

// Called in the main thread with the GIL. Returns the milliseconds of CPU time until it wants to
// be called again; 0 = no more, until start_ticker().
using Tick = std::uint32_t (*)() noexcept;

// Requires the GIL. Nothing happens if it runs already, or if no thread can be made.
void start_ticker(Tick tick) noexcept;
// After it nothing is called any more. Requires the GIL.
void stop_ticker() noexcept;
// Between the two it queues nothing: for who forks by the bare system call.
void hold_ticker() noexcept;
void let_ticker_go() noexcept;
// What the copy calls instead of the latter: the thread is not in it.
void leave_ticker_behind() noexcept;
[[nodiscard]] bool ticker_runs() noexcept;
// In a child of fork(): goes on if the parent's ticked.
void restart_ticker() noexcept;

}  // namespace hone::cpython
