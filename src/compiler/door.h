// SPDX-License-Identifier: Apache-2.0
// The one symbol that libhone_compiler.so exports: a table of functions. The engine opens the
// library at the first compilation and takes the table; both are built from one tree, which
// `abi` makes sure of.
#pragma once

#include <cstdint>
#include <memory>

#include "compiler/compiler.h"

namespace hone::compiler {

inline constexpr std::uint32_t kDoorAbi = 1;

struct Door {
    std::uint32_t abi;
    Result<ObjectCode> (*compile)(const Request& request);
    Result<std::unique_ptr<LinkedCode>> (*link)(const ObjectCode& code, const Resolver& resolve);
};

}  // namespace hone::compiler

extern "C" const hone::compiler::Door* hone_compiler_door();
