// SPDX-License-Identifier: Apache-2.0
// Reading numbers, one after the other, from a copy of what a compiler wrote. What lies behind the
// end reads as 0 and is remembered.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>

#include "cpython/stacks/memory.h"

namespace hone::measure::native {

class ByteCursor {
  public:
    // `at` is where the first byte has been copied from.
    ByteCursor(std::span<const std::byte> bytes, cpython::Address at) : bytes_(bytes), at_(at) {}

    [[nodiscard]] bool good() const noexcept { return good_; }
    [[nodiscard]] bool more() const noexcept { return good_ && next_ < bytes_.size(); }
    [[nodiscard]] cpython::Address address() const noexcept { return at_ + next_; }
    void skip(std::size_t count) noexcept {
        if (count > bytes_.size() - next_) good_ = false;
        next_ = good_ ? next_ + count : bytes_.size();
    }
    void go_to(cpython::Address address) noexcept { skip(address - this->address()); }

    template <class T>
    [[nodiscard]] T take() noexcept {
        T value{};
        const std::size_t from = next_;
        skip(sizeof value);
        if (good_) std::memcpy(&value, bytes_.data() + from, sizeof value);
        return value;
    }
    // LEB128, DWARF 5, 7.6.
    [[nodiscard]] std::uint64_t unsigned_number() noexcept {
        std::uint64_t value = 0;
        for (unsigned shift = 0;; shift += 7) {
            const auto byte = take<std::uint8_t>();
            if (shift < 64) value |= std::uint64_t{byte & 0x7fU} << shift;
            if ((byte & 0x80) == 0) return value;
        }
    }
    [[nodiscard]] std::int64_t signed_number() noexcept {
        std::uint64_t value = 0;
        unsigned shift = 0;
        for (;;) {
            const auto byte = take<std::uint8_t>();
            if (shift < 64) value |= std::uint64_t{byte & 0x7fU} << shift;
            shift += 7;
            if ((byte & 0x80) != 0) continue;
            if ((byte & 0x40) != 0 && shift < 64) value |= ~std::uint64_t{0} << shift;
            return static_cast<std::int64_t>(value);
        }
    }

  private:
    std::span<const std::byte> bytes_;
    cpython::Address at_;
    std::size_t next_ = 0;
    bool good_ = true;
};

}  // namespace hone::measure::native
