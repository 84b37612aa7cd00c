// SPDX-License-Identifier: Apache-2.0
// How the exits of a function store what they hand over. Exits that follow each other mostly hand
// over the same values, so they share the stores: the exits are the leaves of a binary tree in
// program order, a value is stored in the highest node all of whose leaves hand it over, and
// leaving is to run the stores from the leaf to the root. A value that lives over n exits is
// stored in O(log n) places, not n: the object code of pyperformance's nbody.advance is half as
// large.
//
// This needs no care about where values are available: what every leaf of a node hands over
// dominates each of them, and so the node. Free of LLVM.
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "ir/function.h"

namespace hone::compiler {

// What exits hand over, in program order: the values of each, without repetition.
using HandedOver = std::vector<std::vector<ir::ValueId>>;

struct ExitTree {
    struct Node {
        std::uint32_t parent = 0;  // the root's own number is 0
        std::vector<ir::ValueId> stores;
    };
    std::vector<Node> nodes;          // parents before their children; none if there are no exits
    std::vector<std::uint32_t> leaf;  // the node of each exit
};

[[nodiscard]] ExitTree make_exit_tree(const HandedOver& exits);

// The buffer word of every value: two share one if the last exit of the one comes before the first
// of the other.
struct WordNumbers {
    std::unordered_map<std::uint32_t, std::uint32_t> of;  // by ValueId::raw
    std::size_t count = 0;                                // words of the buffer
};

[[nodiscard]] WordNumbers number_words(const HandedOver& exits);

}  // namespace hone::compiler
