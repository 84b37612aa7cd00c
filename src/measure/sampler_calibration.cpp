// SPDX-License-Identifier: Apache-2.0
#include <Python.h>

#include <algorithm>
#include <atomic>
#include <vector>

#include <pthread.h>
#include <sched.h>
#include <time.h>

#include "cpython/stacks/memory.h"
#include "measure/sampler.h"

namespace hone::measure {

namespace {

constexpr int kWakings = 60;
constexpr Nanoseconds kInterruption = 1'000;  // a longer gap is one

// A thread that does nothing but look at the clock notices when it is interrupted, and for how
// long.
struct Spinner {
    std::atomic<bool> ready = false, done = false;
    std::atomic<pthread_t> self = 0;
    std::vector<Nanoseconds> gaps;
};
Spinner* spinner = nullptr;

void* spin(void*) {
    Spinner& own = *spinner;
    own.self = pthread_self();
    own.gaps.reserve(10'000);
    own.ready = true;
    for (Nanoseconds before = now(); !own.done && own.gaps.size() < own.gaps.capacity();) {
        const Nanoseconds at = now();
        if (at - before > kInterruption) own.gaps.push_back(at - before);
        before = at;
    }
    return nullptr;
}

Nanoseconds waking_time = 0;  // CPU time of the woken thread, each

// Wakes on the spinner's processor, as a sampler does.
void* wake(void*) {
    Place place;
    const std::uint64_t control = static_cast<std::uint64_t>(spinner->self.load());
    const timespec pause{.tv_sec = 0, .tv_nsec = 200'000};
    const Nanoseconds before = own_cpu_time();
    for (int i = 0; i < kWakings; ++i) {
        if (const auto processor = processor_of(0, control)) place.go_to(*processor);
        nanosleep(&pause, nullptr);
    }
    waking_time = (own_cpu_time() - before) / kWakings;
    return nullptr;
}

// The gaps that a waking made: others are the machine's, most of them longer.
Nanoseconds typical(std::vector<Nanoseconds>& gaps) {
    if (gaps.size() < kWakings / 2) return 0;
    std::ranges::sort(gaps);
    return gaps[gaps.size() / 4];
}

}  // namespace

Nanoseconds measure_waking_cost() {
    cpython::OwnMemory::here();
    Spinner own;
    spinner = &own;
    pthread_t spinning, waking;
    if (pthread_create(&spinning, nullptr, spin, nullptr) != 0) return 0;
    while (!own.ready) sched_yield();
    const bool woke = pthread_create(&waking, nullptr, wake, nullptr) == 0;
    if (woke) pthread_join(waking, nullptr);
    own.done = true;
    pthread_join(spinning, nullptr);
    const Nanoseconds gap = typical(own.gaps);
    return woke && gap > waking_time ? gap - waking_time : 0;
}

}  // namespace hone::measure
