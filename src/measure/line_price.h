// SPDX-License-Identifier: Apache-2.0
// What watching lines costs, as it was measured (see line_costs.h).
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "cpython/events/line_starts.h"
#include "measure/diversity.h"
#include "measure/pace.h"

namespace hone::measure {

using cpython::kLineStarts;
using cpython::LineStart;

// Hit: of a line that begins plainly. Mark: what is told besides lines and ends on 3.11.
enum class LineProbe : std::uint8_t { Hit, Mark, Enter, Resume, Return, Yield, Unwind, Compiled };
inline constexpr std::size_t kLineProbes = 8;

// In 1/kReferencePace of a tick.
struct LineCosts {
    std::array<Ticks, kLineProbes> of{};
    std::array<Ticks, kLineStarts> starts{};  // of a line, besides the hit

    [[nodiscard]] Ticks operator[](LineProbe probe) const noexcept {
        return of[static_cast<std::size_t>(probe)];
    }
};

struct LinePrice {
    std::array<double, kLineProbes> of{};  // in ticks
    std::array<double, kLineStarts> starts{};
    UsualTimes usual;
    Ticks pace = 0;  // read_pace() at the time; 0 = not measured

    [[nodiscard]] double& operator[](LineProbe probe) noexcept {
        return of[static_cast<std::size_t>(probe)];
    }
    [[nodiscard]] double operator[](LineProbe probe) const noexcept {
        return of[static_cast<std::size_t>(probe)];
    }
    [[nodiscard]] double& operator[](LineStart start) noexcept {
        return starts[static_cast<std::size_t>(start)];
    }
    [[nodiscard]] double operator[](LineStart start) const noexcept {
        return starts[static_cast<std::size_t>(start)];
    }
    // `slower`: how many times slower the machine is than it was then.
    [[nodiscard]] LineCosts at(double slower, double diversity) const noexcept {
        const double times = slower * usual.at(diversity) * static_cast<double>(kReferencePace);
        LineCosts now;
        for (std::size_t i = 0; i < kLineProbes; ++i) now.of[i] = std::llround(of[i] * times);
        for (std::size_t i = 0; i < kLineStarts; ++i)
            now.starts[i] = std::llround(starts[i] * times);
        return now;
    }
};

}  // namespace hone::measure
