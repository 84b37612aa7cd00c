// SPDX-License-Identifier: Apache-2.0
// Typed 32-bit ids: indices into the vectors of one owner. Two kinds of id do
// not convert into each other, so a block can't be passed where a value is meant.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace hone {

template <class Tag>
struct Id {
    static constexpr std::uint32_t kNone = 0xffffffffu;

    std::uint32_t raw = kNone;

    constexpr Id() = default;
    constexpr explicit Id(std::uint32_t index) : raw(index) {}
    constexpr explicit Id(std::size_t index) : raw(static_cast<std::uint32_t>(index)) {}

    [[nodiscard]] constexpr bool valid() const { return raw != kNone; }
    [[nodiscard]] constexpr std::size_t index() const { return raw; }
    constexpr explicit operator bool() const { return valid(); }
    constexpr auto operator<=>(const Id&) const = default;
};

}  // namespace hone

template <class Tag>
struct std::hash<hone::Id<Tag>> {
    std::size_t operator()(hone::Id<Tag> id) const noexcept { return id.raw; }
};
