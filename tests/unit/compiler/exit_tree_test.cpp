// SPDX-License-Identifier: Apache-2.0
#include "compiler/lower/exit_tree.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

namespace hone::compiler {
namespace {

ir::ValueId v(std::uint32_t raw) {
    return ir::ValueId(raw);
}

// Runs the stores from the leaf of an exit to the root: what each word holds in the end.
std::map<std::uint32_t, std::uint32_t> buffer_after(const ExitTree& tree,
                                                    const WordNumbers& numbers, std::size_t exit) {
    std::map<std::uint32_t, std::uint32_t> buffer;
    for (std::uint32_t node = tree.leaf[exit];; node = tree.nodes[node].parent) {
        for (const ir::ValueId value : tree.nodes[node].stores)
            buffer[numbers.of.at(value.raw)] = value.raw;
        if (node == 0) return buffer;
    }
}

void expect_handed_over(const HandedOver& exits) {
    const ExitTree tree = make_exit_tree(exits);
    const WordNumbers numbers = number_words(exits);
    ASSERT_EQ(tree.leaf.size(), exits.size());
    for (std::size_t e = 0; e < exits.size(); ++e) {
        const auto buffer = buffer_after(tree, numbers, e);
        EXPECT_EQ(buffer.size(), exits[e].size());  // no value that the exit does not have
        for (const ir::ValueId value : exits[e]) {
            const std::uint32_t word = numbers.of.at(value.raw);
            ASSERT_LT(word, numbers.count);
            EXPECT_EQ(buffer.at(word), value.raw);
        }
    }
}

TEST(ExitTree, IsEmptyWithoutExits) {
    EXPECT_TRUE(make_exit_tree({}).nodes.empty());
    EXPECT_EQ(number_words({}).count, 0u);
}

TEST(ExitTree, OneExitIsTheRoot) {
    const ExitTree tree = make_exit_tree({{v(3), v(1)}});
    ASSERT_EQ(tree.nodes.size(), 1u);
    EXPECT_EQ(tree.leaf[0], 0u);
    EXPECT_EQ(tree.nodes[0].stores, (std::vector{v(1), v(3)}));
}

TEST(ExitTree, WhatAllHandOverIsStoredOnce) {
    const HandedOver exits(64, {v(1), v(2)});
    const ExitTree tree = make_exit_tree(exits);
    std::size_t stores = 0;
    for (const ExitTree::Node& node : tree.nodes) stores += node.stores.size();
    EXPECT_EQ(stores, 2u);
    EXPECT_EQ(tree.nodes.size(), 1u + exits.size());
    expect_handed_over(exits);
}

TEST(ExitTree, ExitsWithNothingToHandOver) {
    expect_handed_over({{}, {v(1)}, {}});
}

TEST(ExitTree, WordsAreUsedAgain) {
    const WordNumbers numbers = number_words({{v(1)}, {v(1), v(2)}, {v(3)}, {v(3), v(4)}});
    EXPECT_EQ(numbers.count, 2u);
}

// Values that come and go, with gaps.
HandedOver random_exits(std::mt19937& random) {
    std::set<std::uint32_t> live;
    std::uint32_t next = 0;
    HandedOver exits(1 + random() % 40);
    for (auto& values : exits) {
        while (random() % 2 == 0) live.insert(next++);
        if (!live.empty() && random() % 2 == 0)
            live.erase(std::next(live.begin(), random() % live.size()));
        for (const std::uint32_t value : live)
            if (random() % 4 != 0) values.push_back(v(value));
        std::ranges::shuffle(values, random);
    }
    return exits;
}

TEST(ExitTree, HandsOverWhatEachExitAsksFor) {
    std::mt19937 random(7);
    for (int turn = 0; turn < 300; ++turn) expect_handed_over(random_exits(random));
}

}  // namespace
}  // namespace hone::compiler
