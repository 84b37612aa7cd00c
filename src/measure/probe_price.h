// SPDX-License-Identifier: Apache-2.0
// What watching one call costs, as it was measured (see probe_costs.h).
#pragma once

#include <array>
#include <cmath>

#include "measure/call_stack.h"
#include "measure/pace.h"

namespace hone::measure {

struct ProbePrice {
    std::array<double, kCallKinds> inside{};  // ticks, see ProbePriceInTicks
    std::array<double, kCallKinds> outside{};
    double dilation = 1;  // of plain bytecode while watched
    // Ends of a 95 % interval of the price of a Python call, as parts of it.
    double low = 1;
    double high = 1;
    Ticks pace = 0;  // read_pace() at the time; 0 = not measured

    // `slower`: how many times slower the machine is than it was then.
    [[nodiscard]] ProbePriceInTicks at(double slower) const noexcept {
        ProbePriceInTicks now;
        for (std::size_t kind = 0; kind < kCallKinds; ++kind) {
            now.inside[kind] = std::llround(inside[kind] * slower);
            now.outside[kind] = std::llround(outside[kind] * slower);
        }
        return now;
    }
};

}  // namespace hone::measure
