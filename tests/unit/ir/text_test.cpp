// SPDX-License-Identifier: Apache-2.0
// Printer and parser: what is printed reads back, and no input makes the parser crash.
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "ir/parser.h"
#include "ir/printer.h"
#include "ir/verifier.h"

namespace hone::ir {
namespace {

constexpr std::string_view kWhole = R"(function "everything" {
b0:
  %0 = load.slot line=1
  %1 = const.f64 imm=1.5
  %2 = const.f64 imm=-0.0
  %3 = const.f64 imm=1e+300
  %4 = const.f64 imm=9221120237041090561
  %5 = const.i64 imm=-3
  %6 = is.null %0
  %7 = cmp.i64 %5, %5 aux=ge
  guard %7 aux=ItemType @s0 line=2
  branch %6 imm=1 -> b1(%0, %5), b2
b1(%8:null, %9:i64) loop cold:
  %10/float = box.f64 %1
  poll @s1 line=3 release(%10, %8)
  jump -> b1(%10, %9)
b2:
  leave @s2
  s0: frame @4 [keep, %0, int %5, unbound | float %1, tagged %5, const 7]
  s1: frame @0 [] frame fn=3 @9 [tuple(%8, tuple(), int %9) | rangeiter(int %9, int %9, int %9), enumerate(int %5, listiter(%8, int %9))]
  s2: frame @2 [| bool %6, zip(reversed(%0, int %5), tupleiter(%0, int %5)), method(%0, unbound), slice(%0, %0, %0)]
}
)";

TEST(Text, PrintedTextReadsBackTheSame) {
    const auto function = parse(kWhole);
    ASSERT_TRUE(function) << function.error().reason;
    EXPECT_EQ(print(*function), kWhole);
    EXPECT_EQ(function->states[1].frames.size(), 2u);
    EXPECT_EQ(function->states[1].frames[1].locals, 1u);
    EXPECT_EQ(function->states[1].frames[1].stack, 2u);
    EXPECT_EQ(function->states[1].frames[1].slots[0].count, 3u);
}

TEST(Text, ErrorsNameTheLine) {
    EXPECT_EQ(parse("function \"f\" {\nb0:\n  %0/lost = load.slot\n}").error().reason,
              "line 3: 'lost' is no type");
    EXPECT_EQ(parse("function \"f\" {\nb0:\n  nonsense\n}").error().reason,
              "line 3: no op 'nonsense'");
    EXPECT_EQ(parse("function \"f\" {\nb1:\n  leave\n}").error().reason,
              "line 2: blocks must be numbered in order");
}

TEST(Text, BrokenInputIsRefusedOrPrintsStably) {
    std::mt19937 random(1);
    constexpr std::string_view kLetters = "%@|()[]{},:;=->/!_ \n0129abcdefgstu.\"";
    for (int i = 0; i < 20'000; ++i) {
        std::string text(kWhole);
        for (std::size_t edits = 1 + random() % 4; edits > 0; --edits) {
            const std::size_t at = random() % text.size();
            switch (random() % 3) {
                case 0:
                    text[at] = kLetters[random() % kLetters.size()];
                    break;
                case 1:
                    text.erase(at, random() % 20);
                    break;
                default:
                    text.insert(at, text.substr(random() % text.size(), random() % 20));
                    break;
            }
            if (text.empty()) break;
        }
        const auto function = parse(text);
        if (!function) continue;
        const std::string printed = print(*function);
        const auto again = parse(printed);
        if (again) {
            EXPECT_EQ(print(*again), printed);
        }
        (void)verify(*function);
    }
}

}  // namespace
}  // namespace hone::ir
