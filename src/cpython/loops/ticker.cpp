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

namespace hone::cpython {

namespace {

constexpr std::uint32_t kFirst = 5;  // milliseconds
constexpr std::size_t kStack = 64 * 1024;
constexpr int kTries = 10'000;  // the interpreter serves up to 32 pending calls at once

Tick on_tick = nullptr;
PyInterpreterState* interpreter = nullptr;
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
    if (wanted && !queued) {
        queued = Py_AddPendingCall(serve, nullptr) == 0;
        if (queued) raw::wake(interpreter);
    }
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

// Signals are the program's own: its handlers must not run on this thread.
bool make_thread() {
    sigset_t all, before;
    sigfillset(&all);
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes) != 0) return false;
    pthread_attr_setstacksize(&attributes, kStack);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    made = pthread_create(&thread, &attributes, run, nullptr) == 0;
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    pthread_attr_destroy(&attributes);
    return made;
}

// Until the kernel does not count it any more, which is a little later than its end. Not for ever:
// another thread may have got its number.
void join_thread() {
    pthread_join(thread, nullptr);
    const pid_t process = getpid();
    const timespec step{.tv_sec = 0, .tv_nsec = 20'000};
    for (int i = 0; i < 1000 && syscall(SYS_tgkill, process, thread_id.load(), 0) == 0; ++i)
        nanosleep(&step, nullptr);
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

// Where Python code called what forks. Pending calls are served within that call, too, in handlers
// of os.register_at_fork(), and CPython counts the process's threads after these, to warn the
// program (3.12 and later) if it has several.
struct ForkPlace {
    Frame* frame = nullptr;
    std::uint32_t unit = 0;
    int tries = 0;
};
ForkPlace fork_place;

ForkPlace place_of_fork() {
    PyThreadState* const thread = PyGILState_GetThisThreadState();
    if (thread == nullptr || !PyGILState_Check()) return {};
    Frame* const frame = raw::current(thread);
    if (frame == nullptr || raw::is_shim(frame)) return {};
    return {.frame = frame, .unit = raw::running_unit(frame), .tries = kTries};
}

// Asked in the main thread. Only so often: the same place may call something else the next time.
bool is_forking() {
    if (!raw::kForkWarnsOfThreads || fork_place.tries == 0) return false;
    --fork_place.tries;
    Frame* frame = raw::current(current_thread());
    if (frame == fork_place.frame) return false;
    while (frame != nullptr && frame != fork_place.frame) frame = caller_of(frame);
    return frame != nullptr && !raw::is_shim(frame) && raw::running_unit(frame) == fork_place.unit;
}

int resume(void*);
void resume_soon() {
    if (Py_AddPendingCall(resume, nullptr) == 0) raw::wake(interpreter);
}

int resume(void*) {
    if (is_forking()) {
        resume_soon();
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
    if (wanted) resume_soon();
}
void after_fork_in_child() {
    pthread_mutex_unlock(&queueing);
    pthread_mutex_unlock(&making);
}

}  // namespace

void start_ticker(Tick tick) noexcept {
    on_tick = tick;
    pause = kFirst;
    interpreter = PyInterpreterState_Main();
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
