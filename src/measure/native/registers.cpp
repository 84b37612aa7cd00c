// SPDX-License-Identifier: Apache-2.0
#include <Python.h>

#include "measure/native/registers.h"

#include <cstring>

namespace hone::measure::native {

bool StackCopy::read(std::size_t size) noexcept {
    const cpython::OwnMemory::Piece piece{.from = from_, .into = bytes_.data(), .size = size};
    return cpython::OwnMemory::fetch({&piece, 1});
}

// The stack of a thread that is not deep yet ends soon, where a page ends.
bool StackCopy::take(Address from) {
    from_ = from;
    const std::size_t first = kPage - from % kPage;
    const auto size_of = [first](std::size_t pages) { return first + pages * kPage; };
    std::size_t there = 0, gone = kMost / kPage;  // pages behind the first
    if (read(size_of(gone - 1))) {
        size_ = size_of(gone - 1);
        return true;
    }
    while (there + 1 < gone) {
        const std::size_t middle = (there + gone) / 2;
        (read(size_of(middle)) ? there : gone) = middle;
    }
    size_ = size_of(there);
    return read(size_);
}

std::optional<std::uint64_t> StackCopy::word(Address at) const noexcept {
    std::uint64_t value;
    if (at < from_ || at - from_ > size_ || size_ - (at - from_) < sizeof value)
        return std::nullopt;
    std::memcpy(&value, bytes_.data() + (at - from_), sizeof value);
    return value;
}

}  // namespace hone::measure::native
