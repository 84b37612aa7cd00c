// SPDX-License-Identifier: Apache-2.0
// Each rule of verifier.h, broken once.
#include <gtest/gtest.h>

#include <string>

#include "ir/cfg.h"
#include "ir/parser.h"
#include "ir/verifier.h"

namespace hone::ir {
namespace {

// What the verifier says of a function with this body; empty if nothing.
std::string complaint(std::string_view body) {
    const auto function = parse("function \"f\" {\n" + std::string(body) + "}\n");
    if (!function) return "not parsed: " + function.error().reason;
    const auto verified = verify(*function);
    return verified ? "" : verified.error().reason;
}

TEST(Verifier, AcceptsALoop) {
    EXPECT_EQ(complaint("b0:\n %0 = const.i64\n jump -> b1(%0)\n"
                        "b1(%1:i64) loop:\n %2 = add.i64 %1, %1 @s0\n %3 = cmp.i64 %2, %1 aux=lt\n "
                        "branch %3 -> b1(%2), b2\n"
                        "b2:\n leave @s0\n s0: frame @0 []\n"),
              "");
}

TEST(Verifier, NamesThePlace) {
    EXPECT_EQ(complaint("b0:\n %0 = const.i64\n %1 = neg.f64 %0\n leave @s0\n s0: frame @0 []\n"),
              "function f, b0, inst 1 (%1 = neg.f64 %0): operand has the wrong representation");
}

struct Broken {
    const char* body;
    const char* complaint;
};

class VerifierRule : public ::testing::TestWithParam<Broken> {};

TEST_P(VerifierRule, IsChecked) {
    const std::string said = complaint(GetParam().body);
    EXPECT_NE(said.find(GetParam().complaint), std::string::npos) << said;
}

INSTANTIATE_TEST_SUITE_P(
    Rules, VerifierRule,
    ::testing::Values(
        Broken{"", "no blocks"}, Broken{"b0:\n", "empty block"},
        Broken{"b0(%0):\n leave @s0\n s0: frame @0 []\n", "the entry has parameters"},
        Broken{"b0:\n %0 = const.i64\n", "no terminator"},
        Broken{"b0:\n leave @s0\n leave @s0\n s0: frame @0 []\n", "terminator in the middle"},
        Broken{"b0:\n jump -> b0\n", "edge to the entry"},
        Broken{"b0:\n jump -> b4\n", "edge to no block"},
        Broken{"b0:\n jump\n", "wrong number of edges"},
        Broken{"b0:\n leave @s0\nb1:\n leave @s0\n s0: frame @0 []\n", "unreachable block"},
        Broken{"b0:\n %0 = const.i64\n %0 = const.i64\n leave @s0\n s0: frame @0 []\n",
               "value defined twice"},
        Broken{"b0:\n %1 = not.i64 %0\n %0 = const.i64\n leave @s0\n s0: frame @0 []\n",
               "operand not in scope"},
        Broken{"b0:\n %0 = const.bool\n branch %0 -> b1, b2\nb1:\n %1 = const.i64\n jump -> b2\n"
               "b2:\n %2 = not.i64 %1\n leave @s0\n s0: frame @0 []\n",
               "operand not in scope"},
        Broken{"b0:\n %0 = const.i64\n jump -> b1(%0)\nb1(%1:f64):\n leave @s0\n s0: frame @0 []\n",
               "edge argument has another representation"},
        Broken{"b0:\n jump -> b1\nb1(%1:f64):\n leave @s0\n s0: frame @0 []\n",
               "wrong number of edge arguments"},
        Broken{"b0:\n %0 = const.bool\n guard %0\n leave @s0\n s0: frame @0 []\n", "no state"},
        Broken{"b0:\n leave @s0\n s0: frame @0 [%0]\n", "state value not in scope"},
        Broken{"b0:\n %0 = const.i64\n leave @s0\n s0: frame @0 [%0]\n",
               "state value has the wrong representation"},
        Broken{"b0:\n leave @s0\n s0: frame fn=1 @0 []\n", "only inlined frames name a function"},
        Broken{"b0:\n const.i64\n leave @s0\n s0: frame @0 []\n", "no result"},
        Broken{"b0:\n %0:f64 = const.i64\n leave @s0\n s0: frame @0 []\n",
               "the result has another representation"},
        Broken{"b0:\n %0!new = load.slot\n leave @s0\n s0: frame @0 []\n",
               "the result has another ownership"},
        Broken{"b0:\n %0 = const.i64\n %1 = not.i64 %0, %0\n leave @s0\n s0: frame @0 []\n",
               "too many operands"},
        Broken{"b0:\n %1 = not.i64\n leave @s0\n s0: frame @0 []\n", "too few operands"}));

TEST(Dominators, OfADiamondInALoop) {
    const auto function = parse(
        "function \"f\" {\nb0:\n %0 = const.bool\n jump -> b1\nb1:\n branch %0 -> b2, b3\n"
        "b2:\n jump -> b4\nb3:\n jump -> b4\nb4:\n branch %0 -> b1, b5\nb5:\n leave\n}\n");
    ASSERT_TRUE(function) << function.error().reason;
    const Dominators dominators(*function);
    const auto block = [](std::uint32_t id) { return BlockId(id); };
    EXPECT_EQ(dominators.parent(block(4)), block(1));
    EXPECT_TRUE(dominators.dominates(block(1), block(5)));
    EXPECT_TRUE(dominators.dominates(block(3), block(3)));
    EXPECT_FALSE(dominators.dominates(block(2), block(4)));
    EXPECT_FALSE(dominators.dominates(block(4), block(1)));
}

}  // namespace
}  // namespace hone::ir
