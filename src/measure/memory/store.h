// SPDX-License-Identifier: Apache-2.0
// The file that a memory profile is kept in while it is made. It stays mapped, and what is counted
// is counted in it, so that it is whole however the process ends.
//
// A page with StoreHeader, the Timeline, then windows of kWindow bytes with records of 16 bytes, as
// the sampler has them (sampler_spool.h): Code and Node as there; Place ('P'; link: its node;
// flags: its domain; then PlaceCounts); Skip (0): the rest of the window is empty.
// python/hone/memory/ spool.py reads it; kStoreVersion changes with any of this. Threads: one at a
// time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "measure/memory/footprint.h"
#include "measure/sampler_spool.h"

namespace hone::measure::memory {

inline constexpr std::uint32_t kStoreVersion = 2;

enum class Domain : std::uint8_t { Python = 0, Native = 1 };
inline constexpr std::size_t kDomains = 2;

enum class StoreState : std::uint32_t { Recording = 1, Ended = 2, Full = 3 };

struct StoreHeader {
    std::array<char, 8> magic;  // "honememo"
    std::uint32_t version;
    std::uint32_t python;   // PY_VERSION_HEX
    std::uint64_t used;     // bytes of the file that are written; grows last
    std::uint64_t started;  // nanoseconds of CLOCK_REALTIME
    std::uint32_t process;
    std::uint32_t state;  // StoreState
    Footprint all;
    std::array<std::uint64_t, kDomains> asked, number;  // exact
    std::uint64_t copied;                               // exact, of copies that count
    std::uint64_t now;                                  // nanoseconds since the start
    std::uint64_t samples;
    std::uint64_t cost;  // nanoseconds spent on samples
    double block_cost;   // nanoseconds that a block costs that is no sample, and its end
    double mean;         // bytes between samples, now
    double most_mean;    // the largest so far
};
static_assert(sizeof(StoreHeader) == 192);

class Store {
  public:
    Store() = default;
    ~Store() { close(); }
    Store(const Store&) = delete;
    Store& operator=(const Store&) = delete;

    // The file exists and is the user's; it is emptied.
    [[nodiscard]] Result<void> open(const std::string& path);
    void close() noexcept;
    // Where the payload stands, for good; null: the file can't grow, nothing more will be written.
    std::byte* append(const Record& record, std::string_view payload) noexcept;
    [[nodiscard]] StoreHeader& header() noexcept { return *header_; }
    [[nodiscard]] Timeline& timeline() noexcept { return *timeline_; }

  private:
    [[nodiscard]] bool make_room(std::size_t size) noexcept;

    std::string path_;
    StoreHeader* header_ = nullptr;
    Timeline* timeline_ = nullptr;
    std::vector<std::byte*> windows_;
    bool full_ = false;
};

}  // namespace hone::measure::memory
