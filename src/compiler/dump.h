// SPDX-License-Identifier: Apache-2.0
// HONE_DUMP=ir,llvm,asm,time writes what the compiler makes to stderr, for people.
//   ir    our IR after the passes      llvm0, llvm  LLVM IR before and after its passes
//   asm   the machine code             time         CPU milliseconds of each stage
#pragma once

#include <cstdlib>
#include <string_view>

namespace hone::compiler {

[[nodiscard]] inline bool dump_wanted(std::string_view what) {
    const char* const wanted = std::getenv("HONE_DUMP");
    if (!wanted) return false;
    std::string_view rest(wanted);
    while (!rest.empty()) {
        const std::size_t comma = rest.find(',');
        if (rest.substr(0, comma) == what) return true;
        rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
    }
    return false;
}

}  // namespace hone::compiler
