// SPDX-License-Identifier: Apache-2.0
// What threads of hone's own in the user's process have in common: no signal of the program's is
// served on them, and they are not there while the process forks, since CPython counts a process's
// threads after a fork, to warn the program (3.12 and later) if it has several.
#pragma once

#include <Python.h>

#include <cstdint>

#include <pthread.h>
#include <sys/types.h>

#include "cpython/frame.h"

namespace hone::cpython {

// Runs `run` on a new thread. False: there can be no more.
[[nodiscard]] bool make_helper(pthread_t& thread, void* (*run)(void*)) noexcept;
// Waits for its end, until the kernel does not count it any more. `id` is the kernel's, as the
// thread itself has found it.
void join_helper(pthread_t thread, pid_t id) noexcept;

// Where Python code called what forks. Pending calls are served within that call, too, in handlers
// of os.register_at_fork(), and CPython counts after these.
struct ForkPlace {
    Frame* frame = nullptr;
    std::uint32_t unit = 0;
    int tries = 0;
};
// Asked by who is about to fork.
[[nodiscard]] ForkPlace place_of_fork() noexcept;
// Asked in the main thread with the GIL. Only so often: the same place may call something else the
// next time.
[[nodiscard]] bool still_forking(ForkPlace& place) noexcept;

// Has `call` called in the main thread, with the GIL, at the interpreter's next chance. False: too
// many are waiting. Needs no GIL.
bool call_soon(int (*call)(void*)) noexcept;

}  // namespace hone::cpython
