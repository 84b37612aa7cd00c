// SPDX-License-Identifier: Apache-2.0
// Running the passes: all of them, some switched off, too much to do, a broken function.
#include <gtest/gtest.h>

#include <algorithm>

#include "compiler/effects.h"
#include "compiler/pipeline.h"
#include "ir/parser.h"

namespace hone::compiler {
namespace {

constexpr std::string_view kText = R"(function "f" {
b0:
  %0 = load.slot
  jump -> b1(%0)
b1(%1:null):
  %2 = const.i64 imm=1
  %3/int = box.i64 %2
  %4 = unbox.i64 %3 @s0
  %5/int = box.i64 %4
  return %5
  s0: frame @2 [%1]
}
)";

ir::Function parsed(std::string_view text) {
    auto function = ir::parse(text, call_rows());
    EXPECT_TRUE(function) << function.error().reason;
    return std::move(*function);
}

bool ran(const PassTrace& trace, std::string_view name) {
    return std::ranges::any_of(trace.rows,
                               [&](const PassTrace::Row& row) { return row.name == name; });
}

TEST(Pipeline, RunsEveryPassAndTellsWhatIsLeft) {
    auto function = parsed(kText);
    PassTrace trace;
    const auto result = run_passes(function, Options(), &trace);
    ASSERT_TRUE(result) << result.error().reason;
#define HONE_PASS(name, text, function, doc) EXPECT_TRUE(ran(trace, text)) << text;
#define HONE_NEEDED_PASS HONE_PASS
#include "compiler/passes.def"
#undef HONE_NEEDED_PASS
#undef HONE_PASS
    EXPECT_EQ(trace.rows.back().ops, count_ops(function));
    EXPECT_EQ(
        print(function),
        "function \"f\" {\nb0:\n  %2 = const.i64 imm=1\n  %5/int = box.i64 %2\n  return %5\n}\n");
}

TEST(Pipeline, LeavesOutWhatIsSwitchedOffButNeverReferenceCounts) {
    auto function = parsed(kText);
    Options options;
    options.disabled_passes = {"fold", "refcount"};
    PassTrace trace;
    ASSERT_TRUE(run_passes(function, options, &trace));
    EXPECT_FALSE(ran(trace, "fold"));
    EXPECT_TRUE(ran(trace, "refcount"));
    EXPECT_NE(print(function).find("unbox.i64"), std::string::npos);
}

TEST(Pipeline, RefusesWhatIsTooLarge) {
    auto function = parsed(kText);
    Options options;
    options.max_ops = 3;
    const auto result = run_passes(function, options, nullptr);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().reason, "too large: more than 3 operations");
}

TEST(Pipeline, NamesTheCulprit) {
    auto function = parsed("function \"f\" {\nb0:\n  %0 = const.i64\n  guard %0\n  leave\n}\n");
    const auto result = run_passes(function, Options(), nullptr);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().reason,
              "internal error after the front end: function f, b0, inst 1 (guard %0 aux=None): "
              "operand has the wrong representation");
}

}  // namespace
}  // namespace hone::compiler
