// SPDX-License-Identifier: Apache-2.0
// What the front end must know of a unit's control flow before it walks it: where paths
// join, which instructions head loops, which locals are still read.
#pragma once

#include <cstdint>
#include <vector>

#include "ir/unit.h"

namespace hone::compiler::frontend {

struct Flow {
    std::vector<bool> join;  // more than one way in, or a loop header
    std::vector<bool> loop_header;
    std::vector<std::vector<bool>> live;  // [instr][local]: read before it is written, on some path
    std::vector<bool> made_by_prologue;   // cells and free variables, there when the code begins
    std::vector<bool> stored;             // local is assigned or deleted somewhere
};

[[nodiscard]] Flow analyse_flow(const ir::Unit& unit);

// Index of the first instruction behind what runs before the entry (MAKE_CELL, COPY_FREE_VARS).
[[nodiscard]] std::uint32_t first_instr(const ir::Unit& unit);

// Does this jump, at index `pc`, lead back to itself or before?
[[nodiscard]] bool jumps_back(const ir::Instr& in, std::uint32_t pc);

}  // namespace hone::compiler::frontend
