// SPDX-License-Identifier: Apache-2.0
// What watching one call costs, as it was measured (see probe_costs.h).
#pragma once

#include <array>
#include <cmath>

#include "measure/call_stack.h"
#include "measure/diversity.h"
#include "measure/pace.h"

namespace hone::measure {

struct ProbePrice {
    std::array<double, kCallWays> inside{};  // in ticks, see ProbePriceInTicks
    std::array<double, kCallWays> outside{};
    double dilation = 1;  // of plain bytecode while watched
    UsualTimes usual;     // in diversity of edges (see CallStack::diversity())
    // Ends of a 95 % interval of the price of a call of a function, as parts of it.
    double low = 1;
    double high = 1;
    Ticks pace = 0;  // read_pace() at the time; 0 = not measured

    // `slower`: how many times slower the machine is than it was then.
    [[nodiscard]] ProbePriceInTicks at(double slower, double diversity) const noexcept {
        const double times = slower * usual.at(diversity);
        ProbePriceInTicks now;
        for (std::size_t way = 0; way < kCallWays; ++way) {
            now.inside[way] = std::llround(inside[way] * times);
            now.outside[way] = std::llround(outside[way] * times);
        }
        return now;
    }
};

}  // namespace hone::measure
