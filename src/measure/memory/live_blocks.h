// SPDX-License-Identifier: Apache-2.0
// The sampled blocks that are not freed yet, and whether an address that is freed may be one.
//
// Every free() asks may_have(): one bit for the 256 bytes that the address lies in, in 32 KiB of
// which the processor's cache keeps what is in use. The table behind it is asked where these have a
// sampled block, or share their bit with some that have. (With a bit a page, a third of all frees
// of small blocks asked it: measured, 1.17 times the time became 1.07.)
// Threads: may_have() any, at any time, about an address that the caller owns; all else one at a
// time. Allocates by mmap only.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace hone::measure::memory {

struct PlaceCounts;
class Countdown;

struct Block {
    std::uintptr_t address = 0;  // 0 = none
    PlaceCounts* place = nullptr;
    std::int64_t size = 0;  // bytes
    double bytes = 0;       // that it stands for
    double blocks = 0;      // that it stands for
    double asked = 0;       // bytes that its place was charged for it, at this address
    double variance = 0;    // of `bytes` as an estimate
    const Countdown* by = nullptr;
    std::uint64_t number = 0;  // of by->number() when it was asked for
};

class BlockFilter {
  public:
    [[nodiscard]] bool may_have(const void* address) const noexcept {
        const std::size_t bit = bit_of(reinterpret_cast<std::uintptr_t>(address));
        return (words_[bit / 64].load(std::memory_order_relaxed) >> (bit % 64) & 1) != 0;
    }
    void add(std::uintptr_t address) noexcept {
        const std::size_t bit = bit_of(address);
        if (counts_[bit] != kMany && ++counts_[bit] == 1)
            words_[bit / 64].fetch_or(std::uint64_t{1} << (bit % 64), std::memory_order_relaxed);
    }
    void remove(std::uintptr_t address) noexcept {
        const std::size_t bit = bit_of(address);
        if (counts_[bit] != kMany && --counts_[bit] == 0)
            words_[bit / 64].fetch_and(~(std::uint64_t{1} << (bit % 64)),
                                       std::memory_order_relaxed);
    }
    void clear() noexcept {
        for (auto& word : words_) word.store(0, std::memory_order_relaxed);
        counts_.fill(0);
    }

  private:
    static constexpr std::size_t kBits = 1 << 18;
    static constexpr std::uint8_t kMany = UINT8_MAX;  // not counted any more: the bit stays

    static std::size_t bit_of(std::uintptr_t address) noexcept {
        return (address >> 8) * 0x9e3779b97f4a7c15ULL >> 46;
    }

    std::array<std::atomic<std::uint64_t>, kBits / 64> words_{};
    std::array<std::uint8_t, kBits> counts_{};
};

// Open addressing; what is taken out leaves no gap behind.
class LiveBlocks {
  public:
    LiveBlocks() = default;
    ~LiveBlocks() { clear(); }
    LiveBlocks(const LiveBlocks&) = delete;
    LiveBlocks& operator=(const LiveBlocks&) = delete;

    // False: there is no memory for it.
    [[nodiscard]] bool add(const Block& block) noexcept;
    // Takes it out.
    [[nodiscard]] std::optional<Block> take(const void* address) noexcept;
    [[nodiscard]] bool may_have(const void* address) const noexcept {
        return filter_.may_have(address);
    }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    void clear() noexcept;
    // In a forked child: no address is in it any more.
    void forget() noexcept { filter_.clear(); }

  private:
    [[nodiscard]] bool make_room() noexcept;
    [[nodiscard]] std::size_t home(std::uintptr_t address) const noexcept {
        return (address >> 4) * 0x9e3779b97f4a7c15ULL >> shift_;
    }
    void put(const Block& block) noexcept;
    void close_gap(std::size_t gap) noexcept;

    BlockFilter filter_;
    Block* blocks_ = nullptr;
    std::size_t room_ = 0, size_ = 0;
    unsigned shift_ = 64;
};

}  // namespace hone::measure::memory
