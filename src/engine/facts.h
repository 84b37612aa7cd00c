// SPDX-License-Identifier: Apache-2.0
// What the compiler is told beyond the bytecode: what global names stand for, the functions
// among them (for inlining), the types that arguments had.
#pragma once

#include <Python.h>

#include "base/result.h"
#include "engine/code.h"
#include "ir/unit.h"

namespace hone::engine {

// The unit of `code`, its object table and the assumed names written into `version`.
[[nodiscard]] Result<std::shared_ptr<ir::Unit>> make_unit(const Code& code, Version& version);

// Does every name still stand for what was assumed? Names that don't go into `unstable`.
[[nodiscard]] bool names_hold(const Version& version, std::set<std::string>& unstable);

// Counts the classes that are no longer what `version` assumed.
void count_class_changes(const Version& version, ClassChanges& changes);

}  // namespace hone::engine
