// SPDX-License-Identifier: Apache-2.0
// A 128-bit digest of a byte stream, for telling contents apart (not for security): two lanes of
// multiply-and-fold over 16-byte blocks. Streaming, so that a large file needs no memory.
// Invariant: the digest depends on the bytes only, not on how they were cut into pieces.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace hone::tune {

class Digest {
  public:
    void add(const void* data, std::size_t size);
    // 32 hexadecimal digits. May be asked at any time; adding can go on.
    [[nodiscard]] std::string hex() const;

  private:
    void block(const unsigned char* bytes);

    std::uint64_t a_ = 0x9e3779b97f4a7c15u;
    std::uint64_t b_ = 0xc2b2ae3d27d4eb4fu;
    std::uint64_t total_ = 0;
    unsigned char rest_[16] = {};
    std::size_t rest_size_ = 0;
};

}  // namespace hone::tune
