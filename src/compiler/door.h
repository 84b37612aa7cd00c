// SPDX-License-Identifier: Apache-2.0
// What libhone_compiler.so exports: one C function, which returns the functions of compiler.h
// behind a version. The engine opens the library at its first compile, so that a process that
// compiles nothing never loads LLVM. Both sides are built from one source tree with one
// compiler; the version catches a stale file, no more.
#pragma once

#include <cstdint>

#include "compiler/compiler.h"

namespace hone::compiler {

inline constexpr std::uint32_t kDoorVersion =
    7;  // raise it with any change of compiler.h, ir/ or runtime's rows

struct Door {
    std::uint32_t version;
    Result<ObjectCode> (*compile)(const Request& request);
    Result<std::unique_ptr<LinkedCode>> (*link)(const ObjectCode& code, const Resolver& resolve);
};

inline constexpr const char* kDoorSymbol = "hone_compiler_door";

}  // namespace hone::compiler

extern "C" const hone::compiler::Door* hone_compiler_door();
