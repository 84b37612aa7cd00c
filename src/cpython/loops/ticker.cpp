// SPDX-License-Identifier: Apache-2.0
#include "cpython/private.h"

#include "cpython/loops/ticker.h"

#include <atomic>
#include <cerrno>
#include <csignal>

#include <pthread.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "cpython/frame.h"
#include "cpython/helper_thread.h"

namespace hone::cpython {

namespace {

constexpr std::uint32_t kFirst = 5;  // milliseconds

Tick on_tick = nullptr;
bool hooked = false;

// Who makes the thread or ends it; held during fork(), and taken before `queueing`.
pthread_mutex_t making = PTHREAD_MUTEX_INITIALIZER;
pthread_t thread;
bool made = false;  // and not joined yet
std::atomic<pid_t> thread_id = 0;

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

void let_end(bool allowed) {
    int before = 0;
    pthread_setcancelstate(allowed ? PTHREAD_CANCEL_ENABLE : PTHREAD_CANCEL_DISABLE, &before);
}

bool goes_on() {
    pthread_mutex_lock(&queueing);
    const bool on = wanted;
    if (!on) running = false;
    pthread_mutex_unlock(&queueing);
    return on;
}

void queue_call() {
    pthread_mutex_lock(&queueing);
    if (wanted && !queued) queued = call_soon(serve);
    pthread_mutex_unlock(&queueing);
}

void* run(void*) {
    let_end(false);
    thread_id = static_cast<pid_t>(syscall(SYS_gettid));
    while (goes_on()) {
        let_end(true);
        sleep_busy(pause);
        let_end(false);
        queue_call();
    }
    return nullptr;
}

bool make_thread() {
    made = make_helper(thread, run);
    return made;
}

void join_thread() {
    join_helper(thread, thread_id);
    made = running = false;
}

// `making` is held.
void run_thread() {
    pthread_mutex_lock(&queueing);
    const bool runs = running.exchange(true);
    pthread_mutex_unlock(&queueing);
    if (runs) return;
    if (made) join_thread();
    running = true;
    if (!make_thread()) running = wanted = false;
}

ForkPlace fork_place;

int resume(void*) {
    if (still_forking(fork_place)) {
        call_soon(resume);
        return 0;
    }
    pthread_mutex_lock(&making);
    if (wanted) run_thread();
    pthread_mutex_unlock(&making);
    return 0;
}

// A process that forks has no thread of ours meanwhile.
void before_fork() {
    pthread_mutex_lock(&making);
    if (made) {
        pthread_cancel(thread);
        join_thread();
    }
    fork_place = place_of_fork();
    pthread_mutex_lock(&queueing);
}
void after_fork_in_parent() {
    pthread_mutex_unlock(&queueing);
    pthread_mutex_unlock(&making);
    if (wanted) call_soon(resume);
}
void after_fork_in_child() {
    pthread_mutex_unlock(&queueing);
    pthread_mutex_unlock(&making);
}

}  // namespace

void start_ticker(Tick tick) noexcept {
    on_tick = tick;
    pause = kFirst;
    if (!hooked)
        hooked = pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child) == 0;
    pthread_mutex_lock(&making);
    wanted = hooked;
    if (wanted) run_thread();
    pthread_mutex_unlock(&making);
}

void stop_ticker() noexcept {
    pthread_mutex_lock(&queueing);
    wanted = false;
    pthread_mutex_unlock(&queueing);
}

void hold_ticker() noexcept {
    pthread_mutex_lock(&queueing);
}

void let_ticker_go() noexcept {
    pthread_mutex_unlock(&queueing);
}

void leave_ticker_behind() noexcept {
    made = false;  // but `running`, so that none is made
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
