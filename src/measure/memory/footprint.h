// SPDX-License-Identifier: Apache-2.0
// What is known of a place where memory is asked for, of all of it, and how both were at the peak.
//
// The peak is where most is held for sure: what is held less two standard errors. The largest of
// all estimates would be the one that is most wrong, where blocks come and go that stand for more
// than what is held (4 MiB for 0.2 MiB, measured on a string that grows by copies).
//
// No copy of all places is made whenever there is more memory than ever: a place's share of the
// peak is what it held when the peak was reached, which is what it holds until its next change. So
// each maximum has a number (`epoch`), and a place that changes first notes what it held at the
// last one (settle()). Whoever reads the places settles them, too. Both structures lie in the file
// (store.h), so that all of this holds when the process has been killed.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

namespace hone::measure::memory {

// Estimated; bytes, where not said. Read by python/hone/memory/spool.py.
struct PlaceCounts {
    double asked = 0;        // for
    double number = 0;       // of blocks
    double live = 0;         // not freed so far
    double live_number = 0;  // of blocks
    double peak = 0;         // of `live`, at the peak of number `epoch`
    double temporary = 0;    // freed before its thread had asked for more than one other block
    double copied = 0;
    std::uint64_t epoch = 0;
    double asked_variance = 0;  // of `asked` as an estimate: bytes squared
};
static_assert(sizeof(PlaceCounts) == 72);

struct Footprint {
    double live = 0;
    double peak = 0;
    double live_variance = 0;  // of the estimate: bytes squared
    double peak_variance = 0;
    std::uint64_t epoch = 1;    // the number of the last maximum
    std::uint64_t peak_at = 0;  // nanoseconds since the start
    double sure = 0;            // the peak less two standard errors; 0 if that is less
    double most = 0;            // that `live` ever was
};
static_assert(sizeof(Footprint) == 64);

inline void settle(PlaceCounts& place, const Footprint& all) noexcept {
    if (place.epoch == all.epoch) return;
    place.peak = place.live;
    place.epoch = all.epoch;
}

// Is there more now than ever, as far as is known? Where nothing is sure, the largest estimate
// counts.
inline bool is_peak(Footprint& all) noexcept {
    if (all.live <= all.sure) return false;
    const double sure = all.live - 2 * std::sqrt(std::max(all.live_variance, 0.0));
    if (sure <= all.sure) return all.sure <= 0 && all.live > all.peak;
    all.sure = sure;
    return true;
}

// Memory that is there now: what it weighs, and what that adds to the variance.
inline void hold(PlaceCounts& place, Footprint& all, double bytes, double number, double variance,
                 std::uint64_t now) noexcept {
    settle(place, all);
    place.live += bytes;
    place.live_number += number;
    all.live += bytes;
    all.live_variance += variance;
    all.most = std::max(all.most, all.live);
    if (!is_peak(all)) return;
    all.peak = all.live;
    all.peak_variance = all.live_variance;
    all.peak_at = now;
    ++all.epoch;
}

inline void let_go(PlaceCounts& place, Footprint& all, double bytes, double number,
                   double variance) noexcept {
    settle(place, all);
    place.live -= bytes;
    place.live_number -= number;
    all.live -= bytes;
    all.live_variance -= variance;
}

// The footprint over time: the most of each of a number of equal stretches. When they are used up,
// each two of them become one.
struct Timeline {
    static constexpr std::size_t kStretches = 2048;

    std::uint64_t stretch = 1'000'000;  // nanoseconds
    std::uint64_t used = 0;
    std::array<double, kStretches> most{};

    void note(std::uint64_t now, double live) noexcept {
        while (now / stretch >= kStretches) halve();
        const std::uint64_t at = now / stretch;
        // Nothing was noted meanwhile: nothing changed.
        const double last = used == 0 ? 0 : most[used - 1];
        for (; used <= at; ++used) most[used] = used == at ? live : last;
        if (live > most[at]) most[at] = live;
    }

  private:
    void halve() noexcept {
        for (std::size_t i = 0; i < kStretches / 2; ++i) {
            const double one = most[2 * i], other = most[2 * i + 1];
            most[i] = one > other ? one : other;
        }
        for (std::size_t i = kStretches / 2; i < kStretches; ++i) most[i] = 0;
        used = (used + 1) / 2;
        stretch *= 2;
    }
};

}  // namespace hone::measure::memory
