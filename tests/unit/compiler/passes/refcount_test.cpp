// SPDX-License-Identifier: Apache-2.0
// Random functions through the passes, then over the unkind heap of fake_heap.h.
#include <gtest/gtest.h>

#include "compiler/effects.h"
#include "compiler/passes/passes.h"
#include "fake_heap.h"
#include "ir/parser.h"
#include "ir/verifier.h"

namespace hone::compiler {
namespace {

constexpr std::uint32_t kFunctions = 1000, kRuns = 12;

void expect_counts_hold(ir::Function function, std::uint32_t seed) {
    const std::string before = print(function);
    const auto read_back = ir::parse(before, call_rows());
    ASSERT_TRUE(read_back) << read_back.error().reason << "\n" << before;
    ASSERT_EQ(print(*read_back), before);
    passes::refcount(function);
    const auto verified = ir::verify(function, call_rows());
    ASSERT_TRUE(verified) << verified.error().reason << "\n" << before << print(function);
    for (std::uint32_t run = 0; run < kRuns; ++run) {
        const auto failure = testing::run_counted(function, run * 7919 + seed);
        ASSERT_FALSE(failure) << *failure << " (function " << seed << ", run " << run << ")\n"
                              << before << print(function);
    }
}

TEST(Refcount, RandomFunctionsBalanceOnEveryPath) {
    for (std::uint32_t seed = 0; seed < kFunctions; ++seed) {
        const ir::Function function = testing::random_function(seed);
        const auto verified = ir::verify(function, call_rows());
        ASSERT_TRUE(verified) << verified.error().reason << "\n" << print(function);
        expect_counts_hold(function, seed);
        if (HasFatalFailure()) return;
    }
}

TEST(Refcount, RandomFunctionsBalanceAfterOtherPasses) {
    for (std::uint32_t seed = kFunctions; seed < 2 * kFunctions; ++seed) {
        ir::Function function = testing::random_function(seed);
        passes::trivial_params(function);
        passes::cse(function);
        passes::fold(function);
        passes::simplify_cfg(function);
        passes::dce(function);
        expect_counts_hold(function, seed);
        if (HasFatalFailure()) return;
    }
}

// The checker itself must notice: without counts, what a call returned is never given up.
TEST(Refcount, MachineNoticesMissingCounts) {
    const auto function = ir::parse(R"(function "leak" {
b0:
  %0 = const.obj aux=1
  %1 = call %0, %0 @s0
  return %0
  s0: frame @0 []
})",
                                    call_rows());
    ASSERT_TRUE(function) << function.error().reason;
    EXPECT_TRUE(testing::run_counted(*function, 1));
}

}  // namespace
}  // namespace hone::compiler
