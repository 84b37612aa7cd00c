// SPDX-License-Identifier: Apache-2.0
#include "tune/compare/digest.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace hone::tune {
namespace {

constexpr std::uint64_t kMixA = 0xff51afd7ed558ccdu;
constexpr std::uint64_t kMixB = 0xc4ceb9fe1a85ec53u;

std::uint64_t fold(std::uint64_t x, std::uint64_t y) {
    const auto product = static_cast<unsigned __int128>(x) * y;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

std::uint64_t finish(std::uint64_t x) {
    x = (x ^ (x >> 33)) * kMixA;
    x = (x ^ (x >> 33)) * kMixB;
    return x ^ (x >> 33);
}

}  // namespace

void Digest::block(const unsigned char* bytes) {
    std::uint64_t x;
    std::uint64_t y;
    std::memcpy(&x, bytes, sizeof x);
    std::memcpy(&y, bytes + sizeof x, sizeof y);
    // The additions keep a zero factor from wiping out the state.
    a_ = fold(a_ ^ x, kMixA) + finish(y) + a_;
    b_ = fold(b_ ^ y, kMixB) + finish(x) + (b_ << 23 | b_ >> 41);
}

void Digest::add(const void* data, std::size_t size) {
    const auto* bytes = static_cast<const unsigned char*>(data);
    total_ += size;
    if (rest_size_ > 0) {
        const std::size_t taken = std::min(size, sizeof rest_ - rest_size_);
        std::memcpy(rest_ + rest_size_, bytes, taken);
        rest_size_ += taken;
        bytes += taken;
        size -= taken;
        if (rest_size_ < sizeof rest_) return;
        block(rest_);
        rest_size_ = 0;
    }
    for (; size >= sizeof rest_; bytes += sizeof rest_, size -= sizeof rest_) block(bytes);
    std::memcpy(rest_, bytes, size);
    rest_size_ = size;
}

std::string Digest::hex() const {
    Digest last = *this;
    std::memset(last.rest_ + last.rest_size_, 0, sizeof last.rest_ - last.rest_size_);
    last.block(last.rest_);
    const std::uint64_t low = finish(last.a_ ^ fold(last.b_ ^ total_, kMixA));
    const std::uint64_t high = finish(last.b_ ^ fold(last.a_ + total_, kMixB));
    std::array<char, 33> text{};
    std::snprintf(text.data(), text.size(), "%016llx%016llx", static_cast<unsigned long long>(low),
                  static_cast<unsigned long long>(high));
    return text.data();
}

}  // namespace hone::tune
