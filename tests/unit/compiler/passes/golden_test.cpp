// SPDX-License-Identifier: Apache-2.0
// tests/golden/ir/*.ir: `; RUN: pass,pass`, comment lines, a function, a line `; =>`, and the
// function as those passes leave it. HONE_UPDATE=1 (./dev test --update) rewrites what follows that
// line.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "compiler/effects.h"
#include "compiler/pipeline.h"
#include "ir/parser.h"
#include "ir/verifier.h"

namespace hone::compiler {
namespace {

constexpr std::string_view kRun = "; RUN: ", kArrow = "; =>\n";

std::vector<std::filesystem::path> goldens() {
    std::vector<std::filesystem::path> found;
    for (const auto& entry :
         std::filesystem::directory_iterator(HONE_SOURCE_DIR "/tests/golden/ir"))
        if (entry.path().extension() == ".ir") found.push_back(entry.path());
    std::ranges::sort(found);
    return found;
}

std::string read(const std::filesystem::path& path) {
    std::stringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

// The names after RUN, one by one.
std::vector<std::string> passes_of(const std::string& text) {
    std::vector<std::string> names;
    const std::size_t at = text.find(kRun);
    if (at == std::string::npos) return names;
    std::stringstream list(text.substr(at + kRun.size(), text.find('\n', at) - at - kRun.size()));
    for (std::string name; std::getline(list, name, ',');) names.push_back(name);
    return names;
}

class IrGolden : public ::testing::TestWithParam<std::filesystem::path> {};

TEST_P(IrGolden, Matches) {
    const std::string text = read(GetParam());
    const std::string input = text.substr(0, text.find(kArrow));
    auto function = ir::parse(input, call_rows());
    ASSERT_TRUE(function) << function.error().reason;
    const auto sound = ir::verify(*function, call_rows());
    ASSERT_TRUE(sound) << sound.error().reason;
    const auto names = passes_of(text);
    ASSERT_FALSE(names.empty()) << "no RUN line";
    for (const std::string& name : names) {
        const PassInfo* pass = find_pass(name);
        ASSERT_NE(pass, nullptr) << name;
        pass->run(*function);
        const auto verified = ir::verify(*function, call_rows());
        ASSERT_TRUE(verified) << name << ": " << verified.error().reason << "\n"
                              << print(*function);
    }
    const std::string made = input + std::string(kArrow) + print(*function);
    if (std::getenv("HONE_UPDATE") != nullptr)
        std::ofstream(GetParam()) << made;
    else
        EXPECT_EQ(made, text);
}

INSTANTIATE_TEST_SUITE_P(Files, IrGolden, ::testing::ValuesIn(goldens()),
                         [](const auto& info) { return info.param.stem().string(); });

TEST(IrGoldens, EveryPassHasOne) {
    std::string all;
    for (const auto& path : goldens())
        for (const std::string& name : passes_of(read(path))) all += " " + name + " ";
#define HONE_PASS(name, text, function, doc) \
    EXPECT_NE(all.find(" " text " "), std::string::npos) << text;
#define HONE_NEEDED_PASS HONE_PASS
#include "compiler/passes.def"
#undef HONE_NEEDED_PASS
#undef HONE_PASS
}

}  // namespace
}  // namespace hone::compiler
