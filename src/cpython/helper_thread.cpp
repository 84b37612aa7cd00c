// SPDX-License-Identifier: Apache-2.0
#include "cpython/private.h"

#include "cpython/helper_thread.h"

#include <csignal>

#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

namespace hone::cpython {

namespace {

constexpr std::size_t kStack = 256 * 1024;
constexpr int kTries = 10'000;  // the interpreter serves up to 32 pending calls at once

}  // namespace

bool make_helper(pthread_t& thread, void* (*run)(void*)) noexcept {
    sigset_t all, before;
    sigfillset(&all);
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes) != 0) return false;
    pthread_attr_setstacksize(&attributes, kStack);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const bool made = pthread_create(&thread, &attributes, run, nullptr) == 0;
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    pthread_attr_destroy(&attributes);
    return made;
}

// The kernel counts a thread a little longer than it lasts. Not for ever: another thread may have
// got its number.
void join_helper(pthread_t thread, pid_t id) noexcept {
    pthread_join(thread, nullptr);
    const pid_t process = getpid();
    const timespec step{.tv_sec = 0, .tv_nsec = 20'000};
    for (int i = 0; i < 1000 && syscall(SYS_tgkill, process, id, 0) == 0; ++i)
        nanosleep(&step, nullptr);
}

ForkPlace place_of_fork() noexcept {
    PyThreadState* const thread = PyGILState_GetThisThreadState();
    if (thread == nullptr || !PyGILState_Check()) return {};
    Frame* const frame = raw::current(thread);
    if (frame == nullptr || raw::is_shim(frame)) return {};
    return {.frame = frame, .unit = raw::running_unit(frame), .tries = kTries};
}

bool still_forking(ForkPlace& place) noexcept {
    if (!raw::kForkWarnsOfThreads || place.tries == 0) return false;
    --place.tries;
    Frame* frame = raw::current(current_thread());
    if (frame == place.frame) return false;
    while (frame != nullptr && frame != place.frame) frame = caller_of(frame);
    return frame != nullptr && !raw::is_shim(frame) && raw::running_unit(frame) == place.unit;
}

bool call_soon(int (*call)(void*)) noexcept {
    if (Py_AddPendingCall(call, nullptr) != 0) return false;
    raw::wake(PyInterpreterState_Main());
    return true;
}

}  // namespace hone::cpython
