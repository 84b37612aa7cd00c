// SPDX-License-Identifier: Apache-2.0
// Which blocks are looked at. Bytes are asked for one after the other; points are thrown on them at
// random, on average one in `mean` bytes, and a block that a point falls on is a sample. So a block
// of s bytes is one with the chance 1 - exp(-s/mean), whatever comes before it, and counts for as
// many blocks as are missed for one that is met: sums are unbiased, and remain so when `mean`
// changes between samples (Poisson sampling; Horvitz-Thompson's estimator). All bytes and blocks
// are counted exactly along the way. Threads: one at a time.
#pragma once

#include <cmath>
#include <cstdint>

namespace hone::measure::memory {

// splitmix64
class Random {
  public:
    explicit Random(std::uint64_t seed = 0) noexcept : state_(seed) {}
    // In [0, 1).
    double share() noexcept {
        std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
        return static_cast<double>((z ^ (z >> 31)) >> 11) * 0x1p-53;
    }

  private:
    std::uint64_t state_;
};

class Countdown {
  public:
    // A block of so many bytes is asked for. True: it is a sample.
    [[nodiscard]] bool take(std::int64_t size) noexcept {
        left_ -= size;
        ++number_;
        return left_ < 0;
    }
    // A block has grown: no new one.
    [[nodiscard]] bool take_more(std::int64_t size) noexcept {
        left_ -= size;
        return left_ < 0;
    }
    // A block that is known whatever falls on it.
    void count(std::int64_t size) noexcept {
        count_more(size);
        ++number_;
    }
    void count_more(std::int64_t size) noexcept { before_ += size; }
    // It was none: there was no memory.
    void give_back(std::int64_t size) noexcept {
        left_ += size;
        --number_;
    }

    // The chance that a block of so many bytes had to be a sample.
    [[nodiscard]] double chance(std::int64_t size) const noexcept {
        return mean_ <= 1 ? 1.0 : -std::expm1(-static_cast<double>(size) / mean_);
    }
    // The next point, after a sample. A mean of at most 1: every block is a sample.
    void draw(double mean, Random& random) noexcept {
        before_ += drawn_ - left_;
        mean_ = mean;
        const double gap = mean <= 1 ? 0.0 : -mean * std::log1p(-random.share());
        drawn_ = left_ = static_cast<std::int64_t>(gap);
        aside_ = 0;
    }
    // The next block is met, whether it is a sample or not: then passed() says which.
    void alarm() noexcept {
        aside_ += left_;
        drawn_ -= left_;
        left_ = 0;
    }
    // The block that was met, after an alarm: true if it is no sample.
    [[nodiscard]] bool passed() noexcept {
        if (aside_ == 0) return false;
        left_ += aside_;
        drawn_ += aside_;
        aside_ = 0;
        return left_ >= 0;
    }
    // No samples from now on.
    void rest() noexcept {
        before_ += drawn_ - left_;
        drawn_ = left_ = INT64_MAX / 2;
        aside_ = 0;
    }

    [[nodiscard]] std::int64_t bytes() const noexcept { return before_ + drawn_ - left_; }
    [[nodiscard]] std::uint64_t number() const noexcept { return number_; }

  private:
    std::int64_t left_ = 0;  // bytes up to the next point
    std::uint64_t number_ = 0;
    std::int64_t drawn_ = 0, before_ = 0;
    std::int64_t aside_ = 0;  // taken off both by an alarm
    double mean_ = 1;
};

}  // namespace hone::measure::memory
