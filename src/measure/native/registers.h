// SPDX-License-Identifier: Apache-2.0
// A thread's registers where it was interrupted, and the part of its stack that was in use then:
// copies, so that the thread can go on while they are looked at.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "cpython/stacks/memory.h"

namespace hone::measure::native {

using cpython::Address;

// The numbers of registers in call frame information (System V ABI for x86-64, figure 3.36).
inline constexpr std::size_t kFramePointer = 6, kStackPointer = 7, kReturnAddress = 16;
inline constexpr std::size_t kRegisters = 17;

using Registers = std::array<std::uint64_t, kRegisters>;

class StackCopy {
  public:
    // What lies from `from` up to `end`. False: it is not there, or more than kMost bytes.
    [[nodiscard]] bool take(Address from, Address end) noexcept;
    [[nodiscard]] std::optional<std::uint64_t> word(Address at) const noexcept;

  private:
    static constexpr std::size_t kMost = 1 << 18;

    Address from_ = 0;
    std::size_t size_ = 0;
    std::array<std::byte, kMost> bytes_;
};

}  // namespace hone::measure::native
