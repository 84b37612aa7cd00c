// SPDX-License-Identifier: Apache-2.0
// What a block stands for once realloc() has given it another size.
//
// Blocks are met with chances that nobody knows any more when they grow: the mean was another when
// their first bytes were asked for. So a block that is known grows by what it grows by, exactly;
// one that is not known is met by its growth only, and stands for that growth over its chance. With
// L the chance that it is known: L (w + d) + (1 - L) p d/p = L w + d. What the estimate is on
// average grows by d whatever L is, and whatever the mean does (Horvitz-Thompson's estimator, of
// bytes). Requires: whether `before` is known does not depend on whether the block is.
#pragma once

#include <cstdint>
#include <optional>

#include "measure/memory/countdown.h"
#include "measure/memory/live_blocks.h"

namespace hone::measure::memory {

struct Resized {
    const void* address;  // where it is now
    std::int64_t before;  // bytes that it had room for: malloc_usable_size()
    std::int64_t after;   // bytes
    bool moved;           // then all of it has been asked for, else what it has grown by
    bool met = false;     // a point fell on what has been asked for

    [[nodiscard]] std::int64_t asked() const noexcept { return moved ? after : after - before; }
};

// Takes what has been asked for off the countdown, which says whether it is met.
inline void take(Countdown& blocks, Resized& now) noexcept {
    const std::int64_t asked = now.asked();
    now.met =
        (now.moved ? blocks.take(asked) : asked > 0 && blocks.take_more(asked)) && !blocks.passed();
}

inline double variance_of(double bytes, double chance) noexcept {
    return bytes * bytes * (1 - chance);
}

// A block that is known.
[[nodiscard]] inline Block after_resize(Block block, const Resized& now) noexcept {
    const auto more = static_cast<double>(now.after - block.size);
    if (more >= 0) {
        block.bytes += more;
    } else {
        const double part = static_cast<double>(now.after) / static_cast<double>(block.size);
        block.bytes *= part;
        block.variance *= part * part;
    }
    block.address = reinterpret_cast<std::uintptr_t>(now.address);
    block.size = now.after;
    return block;
}

// One that is not; `now.met`. Nothing: the point fell on what it had before. As a block it has been
// counted when it was asked for first, so it stands for no other.
[[nodiscard]] inline std::optional<Block> met_growing(const Resized& now, const Countdown& by,
                                                      Random& random) noexcept {
    const std::int64_t more = now.after - now.before;
    if (more <= 0) return std::nullopt;
    const double chance = by.chance(more);
    if (now.moved && random.share() * by.chance(now.after) >= chance) return std::nullopt;
    const double bytes = static_cast<double>(more) / chance;
    Block block;
    block.address = reinterpret_cast<std::uintptr_t>(now.address);
    block.size = now.after;
    block.bytes = bytes;
    block.variance = variance_of(bytes, chance);
    return block;
}

}  // namespace hone::measure::memory
