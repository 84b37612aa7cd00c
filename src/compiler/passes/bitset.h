// SPDX-License-Identifier: Apache-2.0
// Dense bit sets of known length, for data-flow over values.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace hone::compiler::passes {

class BitSet {
  public:
    BitSet() = default;
    explicit BitSet(std::size_t bits) : words_((bits + 63) / 64) {}

    [[nodiscard]] bool has(std::size_t bit) const {
        return (words_[bit / 64] >> (bit % 64) & 1) != 0;
    }
    void add(std::size_t bit) { words_[bit / 64] |= std::uint64_t{1} << (bit % 64); }
    void remove(std::size_t bit) { words_[bit / 64] &= ~(std::uint64_t{1} << (bit % 64)); }

    // True if that changed anything.
    bool add_all(const BitSet& other) {
        std::uint64_t changed = 0;
        for (std::size_t i = 0; i < words_.size(); ++i) {
            changed |= other.words_[i] & ~words_[i];
            words_[i] |= other.words_[i];
        }
        return changed != 0;
    }
    void remove_all(const BitSet& other) {
        for (std::size_t i = 0; i < words_.size(); ++i) words_[i] &= ~other.words_[i];
    }

    // Calls fn(bit) in ascending order.
    template <class Fn>
    void each(Fn&& fn) const {
        for (std::size_t i = 0; i < words_.size(); ++i) visit(words_[i], i, fn);
    }
    // The bits that are in `other` too.
    template <class Fn>
    void each_in(const BitSet& other, Fn&& fn) const {
        for (std::size_t i = 0; i < words_.size(); ++i) visit(words_[i] & other.words_[i], i, fn);
    }

    bool operator==(const BitSet&) const = default;

  private:
    template <class Fn>
    static void visit(std::uint64_t word, std::size_t index, Fn&& fn) {
        for (; word != 0; word &= word - 1)
            fn(index * 64 + static_cast<std::size_t>(std::countr_zero(word)));
    }

    std::vector<std::uint64_t> words_;
};

}  // namespace hone::compiler::passes
