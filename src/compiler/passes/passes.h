// SPDX-License-Identifier: Apache-2.0
// The passes of passes.def, one free function each, and what they share. Every pass keeps
// the verifier's rules; the function has no unreachable blocks before and after.
// Which runs when, and why: pipeline.cpp.
#pragma once

#include "ir/function.h"

namespace hone::compiler::passes {

void trivial_params(ir::Function& function);
void equal_params(ir::Function& function);
void share_boxes(ir::Function& function);
void clean_slots(ir::Function& function);
void fold(ir::Function& function);
void simplify_cfg(ir::Function& function);
void cse(ir::Function& function);
void int_ranges(ir::Function& function);
void store_floats(ir::Function& function);
void sink_boxes(ir::Function& function);
void dce(ir::Function& function);
void refcount(ir::Function& function);
void guards(ir::Function& function);

// Drops blocks that no path reaches, renumbers the others. Not a pass: run_passes starts with it.
void remove_unreachable(ir::Function& function);

}  // namespace hone::compiler::passes
