// SPDX-License-Identifier: Apache-2.0
// How many bytes lie between two samples on average: as few as the budget of time allows, since
// each sample makes all estimates better, and as many as are needed to keep few samples of much
// memory. Threads: one at a time.
#pragma once

#include <algorithm>

#include "measure/ticks.h"

namespace hone::measure::memory {

class Budget {
  public:
    static constexpr double kShare = 0.025;       // of the time
    static constexpr double kLeastMean = 1024;    // bytes
    static constexpr double kMostLive = 1 << 13;  // samples of what is held

    Budget() = default;
    // `every`: always so many bytes, whatever it costs; 0 = by the budget.
    Budget(double every, Ticks now) noexcept
        : mean_(every > 0 ? every : kFirstMean), fixed_(every > 0), since_(now) {}

    [[nodiscard]] double mean() const noexcept { return mean_; }

    // So long was worked on samples.
    void spend(Ticks cost) noexcept { spent_ += std::min(cost, kLongest); }
    // One more is told; so many bytes are held.
    void end_sample(Ticks now, double held) noexcept {
        if (fixed_ || ++samples_ < kSamples) return;
        const double share =
            static_cast<double>(spent_) / static_cast<double>(std::max<Ticks>(now - since_, 1));
        mean_ *= std::clamp(share / kShare, 0.5, 4.0);
        mean_ = std::max({mean_, kLeastMean, held / kMostLive});
        spent_ = 0;
        samples_ = 0;
        since_ = now;
    }

  private:
    static constexpr double kFirstMean = 4096;
    static constexpr int kSamples = 32;           // after which the mean is set anew
    static constexpr Ticks kLongest = 1'000'000;  // more is no work: the processor was taken away

    double mean_ = kFirstMean;
    bool fixed_ = false;
    int samples_ = 0;
    Ticks spent_ = 0, since_ = 0;
};

}  // namespace hone::measure::memory
