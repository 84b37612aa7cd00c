// SPDX-License-Identifier: Apache-2.0
// libhone_replay.so, loaded before everything else into a run: records what the program reads of
// clocks and random sources (open run), or feeds it the same values again (sealed runs). As the
// interpreter's hash seed comes from getrandom, it is the same too, without a PYTHONHASHSEED that
// the program could see; the variables that bring the library in are removed before main.
//
//   HONE_REPLAY=record:FILE | feed:FILE      HONE_REPLAY_PRELOAD=what LD_PRELOAD was before
//
// Fed clocks run behind the kernel's. What is past the end of a recording goes on from the last
// value at real speed, and absolute deadlines that a program computed from a fed clock are moved by
// the difference before the kernel sees them, so that waiting still waits. hone's own libraries and
// threads and the C++ library read the real clock: the streams belong to the program. A forked
// child goes on with real values; an exec'd one is not followed. Threads: any; signal handlers too
// (no locks, no allocation after the constructor).
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdarg.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "tune/replay/recording.h"

#define HONE_EXPORT extern "C" __attribute__((visibility("default")))

namespace hone::replay {
namespace {

enum class Mode { kOff, kRecord, kFeed };

constexpr int kClocks = 12;  // CLOCK_REALTIME .. CLOCK_TAI
constexpr std::int64_t kSecond = 1'000'000'000;

std::atomic<Mode> mode{Mode::kOff};
thread_local bool foreign_thread = false;  // started by hone's own libraries
Recording recording;
std::atomic<std::uint64_t> random_cursor{0};

struct ClockState {
    std::atomic<std::uint64_t> cursor{0};
    std::atomic<std::int64_t> behind{0};  // real minus fed time, nanoseconds
};
ClockState clocks[kClocks];

using ClockGettime = int (*)(clockid_t, timespec*);

template <class Function>
Function next_of(const char* name) {
    return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

int real_clock(clockid_t id, timespec* out) {
    static const auto real = next_of<ClockGettime>("clock_gettime");
    return real(id, out);
}

std::int64_t nanoseconds(const timespec& t) {
    return t.tv_sec * kSecond + t.tv_nsec;
}

timespec to_timespec(std::int64_t ns) {
    timespec t{static_cast<time_t>(ns / kSecond), static_cast<long>(ns % kSecond)};
    if (t.tv_nsec < 0) {
        t.tv_nsec += kSecond;
        --t.tv_sec;
    }
    return t;
}

// Whose reads are the program's: not those of hone's own libraries, LLVM and the C++ library.
// A small cache by the caller's page keeps dladdr off the usual path.
bool is_foreign(const void* caller) {
    constexpr std::size_t kSlots = 64;
    static std::atomic<std::uintptr_t> known[kSlots];
    const auto page = reinterpret_cast<std::uintptr_t>(caller) >> 12;
    std::atomic<std::uintptr_t>& slot = known[page % kSlots];
    const std::uintptr_t seen = slot.load(std::memory_order_relaxed);
    if (seen >> 1 == page) return seen & 1;
    Dl_info info;
    bool foreign = false;
    if (dladdr(caller, &info) && info.dli_fname) {
        for (const char* name :
             {"libhone_", "/hone/_core.", "/hone/_jit.", "libstdc++", "libLLVM"}) {
            foreign = foreign || std::strstr(info.dli_fname, name) != nullptr;
        }
    }
    slot.store(page << 1 | static_cast<std::uintptr_t>(foreign), std::memory_order_relaxed);
    return foreign;
}

Mode mode_for(const void* caller) {
    const Mode now = mode.load(std::memory_order_relaxed);
    if (now == Mode::kOff || foreign_thread) return Mode::kOff;
    return is_foreign(caller) ? Mode::kOff : now;
}

void feed_clock(clockid_t id, timespec* out) {
    ClockState& state = clocks[id];
    const std::int64_t real = nanoseconds(*out);
    std::size_t size = 0;
    if (const void* bytes = recording.next(
            static_cast<std::uint32_t>(Kind::kClock) + static_cast<std::uint32_t>(id), state.cursor,
            size);
        bytes && size == sizeof *out) {
        std::memcpy(out, bytes, sizeof *out);
        state.behind.store(real - nanoseconds(*out), std::memory_order_relaxed);
    } else {
        *out = to_timespec(real - state.behind.load(std::memory_order_relaxed));
    }
}

// The clock as the program sees it.
int program_clock(clockid_t id, timespec* out, const void* caller) {
    const int result = real_clock(id, out);
    if (result != 0 || id < 0 || id >= kClocks) return result;
    switch (mode_for(caller)) {
        case Mode::kRecord:
            recording.append(
                static_cast<std::uint32_t>(Kind::kClock) + static_cast<std::uint32_t>(id), out,
                sizeof *out);
            break;
        case Mode::kFeed:
            feed_clock(id, out);
            break;
        case Mode::kOff:
            break;
    }
    return result;
}

// A deadline in the program's time, in the kernel's.
timespec real_deadline(clockid_t id, const timespec& deadline) {
    if (mode.load(std::memory_order_relaxed) != Mode::kFeed || id < 0 || id >= kClocks)
        return deadline;
    return to_timespec(nanoseconds(deadline) + clocks[id].behind.load(std::memory_order_relaxed));
}

// Fills the buffer from the recording as far as it reaches; the number of bytes filled.
std::size_t feed_random(void* buffer, std::size_t size) {
    std::size_t recorded = 0;
    const void* bytes =
        recording.next(static_cast<std::uint32_t>(Kind::kRandom), random_cursor, recorded);
    if (!bytes || recorded != size) return 0;
    std::memcpy(buffer, bytes, size);
    return size;
}

// What to do with random bytes the kernel has just given.
void pass_random(void* buffer, ssize_t size, const void* caller) {
    if (size <= 0) return;
    switch (mode_for(caller)) {
        case Mode::kRecord:
            recording.append(static_cast<std::uint32_t>(Kind::kRandom), buffer,
                             static_cast<std::size_t>(size));
            break;
        case Mode::kFeed:
            feed_random(buffer, static_cast<std::size_t>(size));
            break;
        case Mode::kOff:
            break;
    }
}

// Descriptors that are /dev/urandom or /dev/random.
constexpr int kMostFiles = 1024;
std::atomic<bool> is_random[kMostFiles];

int note_opened(int file, const char* path) {
    if (file >= 0 && file < kMostFiles && path) {
        const bool random =
            std::strcmp(path, "/dev/urandom") == 0 || std::strcmp(path, "/dev/random") == 0;
        is_random[file].store(random, std::memory_order_relaxed);
    }
    return file;
}

struct Start {
    void* (*routine)(void*);
    void* argument;
};

// The interpreter reads the clock when a thread waits for its lock; a compile thread's waits are
// not the program's.
void* run_foreign_thread(void* start) {
    const Start copy = *static_cast<Start*>(start);
    delete static_cast<Start*>(start);
    foreign_thread = true;
    return copy.routine(copy.argument);
}

void leave_child_alone() {
    mode.store(Mode::kOff);
}

void restore_environment() {
    unsetenv("HONE_REPLAY");
    const char* before = getenv("HONE_REPLAY_PRELOAD");
    if (before && *before) {
        setenv("LD_PRELOAD", before, 1);
    } else {
        unsetenv("LD_PRELOAD");
    }
    unsetenv("HONE_REPLAY_PRELOAD");
}

__attribute__((constructor)) void begin() {
    const char* order = getenv("HONE_REPLAY");
    if (!order) return;
    if (std::strncmp(order, "record:", 7) == 0) {
        if (recording.create(order + 7)) mode.store(Mode::kRecord);
    } else if (std::strncmp(order, "feed:", 5) == 0) {
        if (recording.open(order + 5)) mode.store(Mode::kFeed);
    }
    restore_environment();
    pthread_atfork(nullptr, nullptr, leave_child_alone);
}

}  // namespace
}  // namespace hone::replay

using namespace hone::replay;  // NOLINT: this file is the C library's stand-in

HONE_EXPORT int clock_gettime(clockid_t id, timespec* out) noexcept {
    return program_clock(id, out, __builtin_return_address(0));
}

HONE_EXPORT int gettimeofday(timeval* __restrict out, void* __restrict zone) noexcept {
    timespec t;
    const int result = program_clock(CLOCK_REALTIME, &t, __builtin_return_address(0));
    if (result == 0) *out = {t.tv_sec, static_cast<suseconds_t>(t.tv_nsec / 1000)};
    if (zone) std::memset(zone, 0, sizeof(struct timezone));
    return result;
}

HONE_EXPORT time_t time(time_t* out) noexcept {
    timespec t;
    if (program_clock(CLOCK_REALTIME, &t, __builtin_return_address(0)) != 0)
        return static_cast<time_t>(-1);
    if (out) *out = t.tv_sec;
    return t.tv_sec;
}

HONE_EXPORT ssize_t getrandom(void* buffer, size_t size, unsigned flags) {
    static const auto real = next_of<ssize_t (*)(void*, size_t, unsigned)>("getrandom");
    const ssize_t got = real(buffer, size, flags);
    pass_random(buffer, got, __builtin_return_address(0));
    return got;
}

HONE_EXPORT int getentropy(void* buffer, size_t size) {
    static const auto real = next_of<int (*)(void*, size_t)>("getentropy");
    const int result = real(buffer, size);
    if (result == 0) pass_random(buffer, static_cast<ssize_t>(size), __builtin_return_address(0));
    return result;
}

HONE_EXPORT ssize_t read(int file, void* buffer, size_t size) {
    static const auto real = next_of<ssize_t (*)(int, void*, size_t)>("read");
    const ssize_t got = real(file, buffer, size);
    if (file >= 0 && file < kMostFiles && is_random[file].load(std::memory_order_relaxed)) {
        pass_random(buffer, got, __builtin_return_address(0));
    }
    return got;
}

HONE_EXPORT int pthread_create(pthread_t* thread, const pthread_attr_t* attributes,
                               void* (*routine)(void*), void* argument) noexcept {
    static const auto real =
        next_of<int (*)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*)>(
            "pthread_create");
    if (!is_foreign(__builtin_return_address(0)))
        return real(thread, attributes, routine, argument);
    auto* start = new Start{routine, argument};
    const int result = real(thread, attributes, run_foreign_thread, start);
    if (result != 0) delete start;
    return result;
}

HONE_EXPORT int close(int file) {
    static const auto real = next_of<int (*)(int)>("close");
    if (file >= 0 && file < kMostFiles) is_random[file].store(false, std::memory_order_relaxed);
    return real(file);
}

#define HONE_OPEN(name)                                                          \
    HONE_EXPORT int name(const char* path, int flags, ...) {                     \
        static const auto real = next_of<int (*)(const char*, int, ...)>(#name); \
        va_list rest;                                                            \
        va_start(rest, flags);                                                   \
        const mode_t mode_bits = va_arg(rest, mode_t);                           \
        va_end(rest);                                                            \
        return note_opened(real(path, flags, mode_bits), path);                  \
    }
HONE_OPEN(open)
HONE_OPEN(open64)

#define HONE_OPENAT(name)                                                             \
    HONE_EXPORT int name(int folder, const char* path, int flags, ...) {              \
        static const auto real = next_of<int (*)(int, const char*, int, ...)>(#name); \
        va_list rest;                                                                 \
        va_start(rest, flags);                                                        \
        const mode_t mode_bits = va_arg(rest, mode_t);                                \
        va_end(rest);                                                                 \
        return note_opened(real(folder, path, flags, mode_bits), path);               \
    }
HONE_OPENAT(openat)
HONE_OPENAT(openat64)

HONE_EXPORT int clock_nanosleep(clockid_t id, int flags, const timespec* request, timespec* left) {
    static const auto real =
        next_of<int (*)(clockid_t, int, const timespec*, timespec*)>("clock_nanosleep");
    if (!(flags & TIMER_ABSTIME) || !request) return real(id, flags, request, left);
    const timespec deadline = real_deadline(id, *request);
    return real(id, flags, &deadline, left);
}

HONE_EXPORT int pthread_cond_timedwait(pthread_cond_t* cond, pthread_mutex_t* mutex,
                                       const timespec* until) {
    static const auto real = next_of<int (*)(pthread_cond_t*, pthread_mutex_t*, const timespec*)>(
        "pthread_cond_timedwait");
    // CPython makes its conditions with CLOCK_MONOTONIC; glibc keeps that in bit 1 of __wrefs.
    const clockid_t id = cond->__data.__wrefs & 2 ? CLOCK_MONOTONIC : CLOCK_REALTIME;
    const timespec deadline = real_deadline(id, *until);
    return real(cond, mutex, &deadline);
}

HONE_EXPORT int pthread_cond_clockwait(pthread_cond_t* cond, pthread_mutex_t* mutex, clockid_t id,
                                       const timespec* until) {
    static const auto real =
        next_of<int (*)(pthread_cond_t*, pthread_mutex_t*, clockid_t, const timespec*)>(
            "pthread_cond_clockwait");
    const timespec deadline = real_deadline(id, *until);
    return real(cond, mutex, id, &deadline);
}

HONE_EXPORT int sem_timedwait(sem_t* __restrict sem, const timespec* __restrict until) {
    static const auto real = next_of<int (*)(sem_t*, const timespec*)>("sem_timedwait");
    const timespec deadline = real_deadline(CLOCK_REALTIME, *until);
    return real(sem, &deadline);
}

HONE_EXPORT int sem_clockwait(sem_t* __restrict sem, clockid_t id,
                              const timespec* __restrict until) {
    static const auto real = next_of<int (*)(sem_t*, clockid_t, const timespec*)>("sem_clockwait");
    const timespec deadline = real_deadline(id, *until);
    return real(sem, id, &deadline);
}
