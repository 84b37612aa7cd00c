// SPDX-License-Identifier: Apache-2.0
// How likely two calls are of different kinds: 0 in a loop over one function, towards 1 in programs
// with many. And what follows for prices that were measured in loops.
#pragma once

#include <algorithm>

namespace hone::measure {

class Diversity {
  public:
    // So many calls are of one kind.
    void add(double calls) noexcept {
        calls_ += calls;
        squares_ += calls * calls;
    }
    // Of no calls: `otherwise`.
    [[nodiscard]] double value(double otherwise) const noexcept {
        return calls_ > 0 ? 1 - squares_ / (calls_ * calls_) : otherwise;
    }

  private:
    double calls_ = 0;
    double squares_ = 0;
};

// In a program that calls many functions in turn probes cost so many times what they cost in a loop
// over one; and how diverse such a program's calls are.
struct UsualTimes {
    double times = 1;
    double diversity = 1;

    // In a program so diverse.
    [[nodiscard]] double at(double other) const noexcept {
        return 1 + (times - 1) * std::min(other / diversity, 1.0);
    }
};

}  // namespace hone::measure
