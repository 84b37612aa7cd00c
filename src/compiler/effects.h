// SPDX-License-Identifier: Apache-2.0
// The runtime table as the IR sees it, and an instruction's effects with CallRt resolved.
#pragma once

#include <string>

#include "ir/calls.h"
#include "ir/function.h"

namespace hone::compiler {

// One row per runtime::RtId, derived from runtime/table.h.
[[nodiscard]] ir::CallRows call_rows();

[[nodiscard]] inline ir::Effects effects_of(const ir::Inst& inst) {
    return ir::effects_of(inst, call_rows());
}
[[nodiscard]] inline ir::Own own_of(const ir::Inst& inst) {
    return ir::own_of(inst, call_rows());
}

// Text with runtime functions by name.
[[nodiscard]] std::string print(const ir::Function& function);

}  // namespace hone::compiler
