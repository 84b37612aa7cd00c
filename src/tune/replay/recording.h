// SPDX-License-Identifier: Apache-2.0
// The file in which an open run keeps what it read of the outside (clocks, random bytes), so that
// sealed runs can be fed the same. Layout: Header, then records {kind, size, bytes padded to 8}.
//
// Writing is one atomic add and a copy into a sparse shared mapping, because clock_gettime may be
// called from a signal handler and the program may be killed at any moment: what was reserved but
// not finished has size 0 and ends the recording. Reading builds nothing: each kind of record has a
// cursor that walks the file.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace hone::replay {

enum class Kind : std::uint32_t {
    kEnd = 0,
    kRandom = 1,
    kClock = 16,  // + clock id
};

struct Header {
    char magic[8];
    std::atomic<std::uint64_t> used;  // bytes of the file taken, the header included
};

struct Record {
    std::uint32_t kind;
    std::atomic<std::uint32_t> size;
};

inline constexpr char kMagic[8] = {'h', 'o', 'n', 'e', 'r', 'p', 'l', '1'};
inline constexpr std::size_t kCapacity = std::size_t{1} << 28;  // sparse

class Recording {
  public:
    bool create(const char* path);
    bool open(const char* path);

    void append(std::uint32_t kind, const void* bytes, std::size_t size);

    // The next record of this kind after *cursor (0 = the first); null at the end. Advances
    // *cursor.
    const void* next(std::uint32_t kind, std::atomic<std::uint64_t>& cursor,
                     std::size_t& size) const;

  private:
    unsigned char* base_ = nullptr;
    std::size_t limit_ = 0;
};

}  // namespace hone::replay
