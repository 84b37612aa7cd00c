// SPDX-License-Identifier: Apache-2.0
// Memory that was mapped and is not unmapped yet. Mappings are few and large: all are known, none
// is sampled. Parts of them may go. Threads: one at a time.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>

namespace hone::measure::memory {

struct PlaceCounts;

class Mappings {
  public:
    void add(std::uintptr_t from, std::size_t size, PlaceCounts* place) {
        ranges_[from] = {.to = from + size, .place = place};
    }
    // What lies in this range goes; `tell` is told of each part: its place, and how many bytes.
    template <class Tell>
    void remove(std::uintptr_t from, std::size_t size, Tell&& tell) {
        const std::uintptr_t to = from + size;
        auto at = ranges_.upper_bound(from);
        if (at != ranges_.begin()) --at;
        while (at != ranges_.end() && at->first < to) {
            const auto [start, range] = *at;
            if (range.to <= from) {
                ++at;
                continue;
            }
            at = ranges_.erase(at);
            if (start < from) ranges_[start] = {.to = from, .place = range.place};
            if (range.to > to) ranges_[to] = range;
            tell(*range.place, std::min(range.to, to) - std::max(start, from));
        }
    }

  private:
    struct Range {
        std::uintptr_t to;
        PlaceCounts* place;
    };
    std::map<std::uintptr_t, Range> ranges_;  // by where they begin
};

}  // namespace hone::measure::memory
