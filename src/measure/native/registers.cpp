// SPDX-License-Identifier: Apache-2.0
#include <Python.h>

#include "measure/native/registers.h"

#include <cstring>

namespace hone::measure::native {

bool StackCopy::take(Address from, Address end) noexcept {
    from_ = from;
    size_ = 0;
    if (end <= from || end - from > kMost) return false;
    const cpython::OwnMemory::Piece piece{.from = from, .into = bytes_.data(), .size = end - from};
    if (!cpython::OwnMemory::fetch({&piece, 1})) return false;
    size_ = end - from;
    return true;
}

std::optional<std::uint64_t> StackCopy::word(Address at) const noexcept {
    std::uint64_t value;
    if (at < from_ || at - from_ > size_ || size_ - (at - from_) < sizeof value)
        return std::nullopt;
    std::memcpy(&value, bytes_.data() + (at - from_), sizeof value);
    return value;
}

}  // namespace hone::measure::native
