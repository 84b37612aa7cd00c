// SPDX-License-Identifier: Apache-2.0
#include "cpython/private.h"

#include "cpython/loops/ticker.h"

#include <atomic>
#include <cerrno>
#include <csignal>

#include <pthread.h>
#include <time.h>

namespace hone::cpython {

namespace {

constexpr std::uint32_t kFirst = 5;  // milliseconds
constexpr std::size_t kStack = 64 * 1024;

Tick on_tick = nullptr;
PyInterpreterState* interpreter = nullptr;
bool hooked = false;

// Held while a call is being queued, so that fork() never meets the interpreter's own lock taken.
pthread_mutex_t queueing = PTHREAD_MUTEX_INITIALIZER;
std::atomic<bool> running = false, wanted = false, queued = false;
std::atomic<std::uint32_t> pause = kFirst;

int serve(void*) {
    queued = false;
    if (!wanted) return 0;
    const std::uint32_t next = on_tick();
    if (next == 0) wanted = false;
    pause = next;
    return 0;
}

timespec milliseconds(std::uint32_t count) {
    return {.tv_sec = count / 1000, .tv_nsec = static_cast<long>(count % 1000) * 1'000'000};
}

// Sleeps until the process has used so much CPU time. Where the kernel has no such sleep, looks
// from time to time.
void sleep_busy(std::uint32_t count) {
    timespec until{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &until);
    const timespec span = milliseconds(count);
    until.tv_sec += span.tv_sec + (until.tv_nsec + span.tv_nsec) / 1'000'000'000;
    until.tv_nsec = (until.tv_nsec + span.tv_nsec) % 1'000'000'000;
    if (clock_nanosleep(CLOCK_PROCESS_CPUTIME_ID, TIMER_ABSTIME, &until, nullptr) == 0) return;
    const timespec step = milliseconds(20);
    for (timespec now{}; wanted; nanosleep(&step, nullptr)) {
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
        if (now.tv_sec > until.tv_sec ||
            (now.tv_sec == until.tv_sec && now.tv_nsec >= until.tv_nsec))
            return;
    }
}

void* run(void*) {
    while (wanted) {
        sleep_busy(pause);
        pthread_mutex_lock(&queueing);
        if (wanted && !queued) {
            queued = Py_AddPendingCall(serve, nullptr) == 0;
            if (queued) raw::wake(interpreter);
        }
        pthread_mutex_unlock(&queueing);
    }
    running = false;
    return nullptr;
}

void before_fork() {
    pthread_mutex_lock(&queueing);
}
void after_fork_in_parent() {
    pthread_mutex_unlock(&queueing);
}
void after_fork_in_child() {
    pthread_mutex_unlock(&queueing);
    running = false;
}

// Signals are the program's own: its handlers must not run on this thread.
bool make_thread() {
    sigset_t all, before;
    sigfillset(&all);
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes) != 0) return false;
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, kStack);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_t thread;
    const bool made = pthread_create(&thread, &attributes, run, nullptr) == 0;
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    pthread_attr_destroy(&attributes);
    return made;
}

}  // namespace

void start_ticker(Tick tick) noexcept {
    on_tick = tick;
    wanted = true;
    pause = kFirst;
    if (running) return;
    if (!hooked)
        hooked = pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child) == 0;
    interpreter = PyInterpreterState_Main();
    running = true;
    if (hooked && make_thread()) return;
    running = wanted = false;
}

void stop_ticker() noexcept {
    pthread_mutex_lock(&queueing);
    wanted = false;
    pthread_mutex_unlock(&queueing);
}

bool ticker_runs() noexcept {
    return wanted;
}

void restart_ticker() noexcept {
    if (wanted && !running) {
        queued = false;
        start_ticker(on_tick);
    }
}

}  // namespace hone::cpython
