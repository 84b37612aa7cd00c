// SPDX-License-Identifier: Apache-2.0
#include <Python.h>

#include "measure/sampler.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <optional>
#include <utility>

#include <linux/close_range.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "cpython/helper_thread.h"
#include "measure/native/asking.h"
#include "measure/sampler_rounds.h"
#include "measure/sampler_spool.h"

namespace hone::measure {

namespace {

constexpr double kSecond = 1e9;
constexpr double kSmooth = 0.1;    // weight of the last round's cost
constexpr double kRepay = 20;      // rounds in which an excess is made up for
constexpr double kLongest = 0.25;  // seconds between two rounds
constexpr Nanoseconds kReaderGone = 10'000'000'000;
constexpr Nanoseconds kReport = 500'000'000;

// Everything of one sampling.
struct Session {
    SamplerOptions options;
    Spool spool;
    std::optional<Rounds> rounds;
    Nanoseconds started = 0, cost = 0, reported = 0;
    native::Totals native;   // up to the last round
    double smooth_cost = 0;  // nanoseconds a round
    std::uint32_t wakings = 0, last_beat = 0;
    Nanoseconds beat_at = 0;
    std::uint64_t random = 0;
};

// Who makes the thread or ends it; held during fork().
pthread_mutex_t making = PTHREAD_MUTEX_INITIALIZER;
std::unique_ptr<Session> session;
pthread_t thread;
bool made = false, hooked = false;  // and not joined yet
std::atomic<pid_t> thread_id = 0;
cpython::ForkPlace fork_place;

pthread_mutex_t waiting = PTHREAD_MUTEX_INITIALIZER;
pthread_cond_t woken;
bool quit = false;               // guarded by `waiting`
std::atomic<bool> over = false;  // it has ended by itself

// splitmix64
double random_share(std::uint64_t& state) noexcept {
    std::uint64_t z = (state += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return static_cast<double>((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

// Seconds until the next round: as often as asked for, if the budget lasts; at random, so that a
// program that does things periodically is not always met doing the same.
double next_pause(Session& own, Nanoseconds at) noexcept {
    const double elapsed = static_cast<double>(at - own.started) / kSecond;
    const double excess = static_cast<double>(own.cost) / kSecond - own.options.budget * elapsed;
    double mean = std::max(1 / own.options.rate, own.smooth_cost / kSecond / own.options.budget);
    if (excess > 0) mean += excess / own.options.budget / kRepay;
    return std::min(mean, kLongest) * (0.5 + random_share(own.random));
}

// False: it is to end.
bool wait_for(double seconds) noexcept {
    timespec until{};
    clock_gettime(CLOCK_MONOTONIC, &until);
    const auto total = static_cast<long>(seconds * kSecond) + until.tv_nsec;
    until.tv_sec += total / 1'000'000'000;
    until.tv_nsec = total % 1'000'000'000;
    pthread_mutex_lock(&waiting);
    int status = 0;
    while (!quit && status == 0) status = pthread_cond_timedwait(&woken, &waiting, &until);
    const bool on = !quit;
    pthread_mutex_unlock(&waiting);
    return on;
}

// Does somebody still want it?
bool wanted(Session& own, Nanoseconds at) noexcept {
    SpoolHeader* const header = own.spool.header();
    if (own.spool.full() || __atomic_load_n(&header->stop, __ATOMIC_RELAXED) != 0) return false;
    if (own.options.seconds > 0 &&
        static_cast<double>(at - own.started) >= own.options.seconds * kSecond)
        return false;
    if (!own.options.watch_reader) return true;
    const std::uint32_t beat = __atomic_load_n(&header->beat, __ATOMIC_RELAXED);
    if (beat != own.last_beat || own.beat_at == 0) {
        own.last_beat = beat;
        own.beat_at = at;
    }
    return at - own.beat_at < kReaderGone;
}

// What answering takes from a thread, beside the time until it stands: it goes on as it has come,
// and it was switched to and from once more.
Nanoseconds cost_of_asking(Session& own) noexcept {
    const native::Totals before = std::exchange(own.native, own.rounds->native_totals());
    return (own.native.wakings - before.wakings) * own.options.waking_cost +
           2 * (own.native.taken - before.taken);
}

void account(Session& own, Nanoseconds& cpu_before) {
    const Nanoseconds cpu = own_cpu_time();
    const Nanoseconds cost = cpu - cpu_before + own.options.waking_cost + cost_of_asking(own);
    cpu_before = cpu;
    own.cost += cost;
    ++own.wakings;
    const auto last = static_cast<double>(cost);
    own.smooth_cost =
        own.wakings == 1 ? last : own.smooth_cost + kSmooth * (last - own.smooth_cost);
}

void report(Session& own, Nanoseconds at) {
    if (at - own.reported < kReport) return;
    own.reported = at;
    own.rounds->note_cost(own.cost, own.wakings);
}

// Files of /proc are opened all the time: not among the program's, where numbers would be missing.
void have_own_descriptors() noexcept {
    syscall(SYS_close_range, 0U, ~0U, CLOSE_RANGE_UNSHARE);
}

void* run(void*) {
    thread_id = static_cast<pid_t>(syscall(SYS_gettid));
    prctl(PR_SET_TIMERSLACK, 1UL, 0, 0, 0);
    Session& own = *session;
    if (own.options.native) have_own_descriptors();
    own.rounds->change_thread();
    Nanoseconds cpu = own_cpu_time();
    while (wait_for(next_pause(own, now()))) {
        const Nanoseconds at = now();
        if (!wanted(own, at)) {
            own.rounds->note_cost(own.cost, own.wakings);
            own.spool.close();
            native::give_signal_back();
            over = true;
            break;
        }
        own.rounds->round(at);
        account(own, cpu);
        report(own, at);
    }
    return nullptr;
}

// `making` is held.
void end_thread() noexcept {
    if (!made) return;
    pthread_mutex_lock(&waiting);
    quit = true;
    pthread_cond_signal(&woken);
    pthread_mutex_unlock(&waiting);
    cpython::join_helper(thread, thread_id);
    made = false;
}

bool start_thread() noexcept {
    quit = false;
    made = cpython::make_helper(thread, run);
    return made;
}

int resume(void*) {
    if (cpython::still_forking(fork_place)) {
        cpython::call_soon(resume);
        return 0;
    }
    pthread_mutex_lock(&making);
    if (session && !made && !over) start_thread();
    pthread_mutex_unlock(&making);
    return 0;
}

void before_fork() {
    pthread_mutex_lock(&making);
    if (session) fork_place = cpython::place_of_fork();
    end_thread();
}
void after_fork_in_parent() {
    const bool goes_on = session != nullptr;
    pthread_mutex_unlock(&making);
    if (goes_on) cpython::call_soon(resume);
}
// The child has neither the thread nor the mapped file; what is left of the session is not touched.
void after_fork_in_child() {
    [[maybe_unused]] const Session* const left = session.release();
    Rounds::forget();
    native::give_signal_back();
    pthread_mutex_unlock(&making);
}

bool prepare_process() noexcept {
    if (hooked) return true;
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&woken, &monotonic);
    pthread_condattr_destroy(&monotonic);
    hooked = pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child) == 0;
    return hooked;
}

// Says in the spool why there will be no C stacks, if so.
void begin_native(Session& own) {
    NativeStacks state = NativeStacks::Taken;
    if (!native::can_find_images())
        state = NativeStacks::NoLoader;
    else if (!native::take_signal())
        state = NativeStacks::NoSignal;
    else
        own.rounds->take_native();
    own.spool.header()->native = static_cast<std::uint32_t>(state);
}

// `making` is held.
Result<void> begin(const SamplerOptions& options) {
    if (session && !over) return fail("this process is being sampled already");
    end_thread();
    session.reset();
    cpython::OwnMemory::here();
    auto fresh = std::make_unique<Session>();
    fresh->options = options;
    if (auto opened = fresh->spool.open(options.spool); !opened) return opened;
    fresh->rounds.emplace(fresh->spool);
    if (options.native) begin_native(*fresh);
    fresh->started = fresh->random = now();
    session = std::move(fresh);
    over = false;
    if (prepare_process() && start_thread()) return {};
    native::give_signal_back();
    session.reset();
    return fail("no thread can be started");
}

}  // namespace

bool prepare_sampler() noexcept {
    pthread_mutex_lock(&making);
    const bool ready = prepare_process();
    pthread_mutex_unlock(&making);
    return ready;
}

Result<void> start_sampler(const SamplerOptions& options) {
    pthread_mutex_lock(&making);
    auto result = begin(options);
    pthread_mutex_unlock(&making);
    return result;
}

void stop_sampler() noexcept {
    pthread_mutex_lock(&making);
    end_thread();
    if (session && !over) {
        session->rounds->note_cost(session->cost, session->wakings);
        session->spool.close();
    }
    native::give_signal_back();
    session.reset();
    over = false;
    pthread_mutex_unlock(&making);
}

bool sampler_runs() noexcept {
    return session != nullptr && !over;
}

void name_sampled_threads() noexcept {
    if (sampler_runs()) session->rounds->name_threads();
}

}  // namespace hone::measure
