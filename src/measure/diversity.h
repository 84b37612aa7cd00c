// SPDX-License-Identifier: Apache-2.0
// How likely two events (calls, hits of lines) are of different kinds: 0 in a loop over one,
// towards 1 in programs with many. And what follows for prices that were measured in loops: there a
// probe is cheapest, as its data is in the core's caches and its branches are foreseen.
#pragma once

#include <algorithm>

namespace hone::measure {

class Diversity {
  public:
    // So many events are of one kind.
    void add(double events) noexcept {
        events_ += events;
        squares_ += events * events;
    }
    // Of no events: `otherwise`.
    [[nodiscard]] double value(double otherwise) const noexcept {
        return events_ > 0 ? 1 - squares_ / (events_ * events_) : otherwise;
    }

  private:
    double events_ = 0;
    double squares_ = 0;
};

// In a program of usual diversity, or more, probes cost so many times what they cost in loops.
struct UsualTimes {
    double times = 1;
    double diversity = 1;
    double of_loops = 0;  // what the loops' was

    // In a program so diverse.
    [[nodiscard]] double at(double other) const noexcept {
        const double share = (other - of_loops) / (diversity - of_loops);
        return 1 + (times - 1) * std::clamp(share, 0.0, 1.0);
    }
};

}  // namespace hone::measure
