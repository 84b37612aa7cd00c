// SPDX-License-Identifier: Apache-2.0
// Runs the passes of passes.def in their one order (pipeline.cpp).
//   HONE_DISABLE_PASS=a,b   leaves passes out (needed ones run all the same)
//   HONE_VERIFY=1           checks the IR after each pass, not only before the first and after the
//   last
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "compiler/compiler.h"
#include "ir/function.h"

namespace hone::compiler {

enum class Pass : std::uint8_t {
#define HONE_PASS(name, text, function, doc) name,
#define HONE_NEEDED_PASS(name, text, function, doc) name,
#include "compiler/passes.def"
#undef HONE_PASS
#undef HONE_NEEDED_PASS
};

struct PassInfo {
    std::string_view name, doc;
    bool needed = false;
    void (*run)(ir::Function&) = nullptr;
};

[[nodiscard]] const PassInfo& pass_info(Pass pass);

// By the name in passes.def; null if there is none.
[[nodiscard]] const PassInfo* find_pass(std::string_view name);

// What each pass took and left, in the order they ran.
struct PassTrace {
    struct Row {
        std::string_view name;
        std::uint64_t nanoseconds = 0;
        std::size_t ops = 0;  // afterwards
    };
    std::vector<Row> rows;
};

[[nodiscard]] std::size_t count_ops(const ir::Function& function);
[[nodiscard]] std::size_t count_words(const ir::Function& function);

// Fails where the function is too large or a pass broke a rule; the sentence names pass and
// function, and the function is then not to be used. `trace` may be null.
[[nodiscard]] Result<void> run_passes(ir::Function& function, const Options& options,
                                      PassTrace* trace);

}  // namespace hone::compiler
