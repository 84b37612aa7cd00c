// SPDX-License-Identifier: Apache-2.0
// The exported function of libhone_compiler.so (door.h).
#include "compiler/door.h"

extern "C" [[gnu::visibility("default")]] const hone::compiler::Door* hone_compiler_door() {
    static constexpr hone::compiler::Door door{hone::compiler::kDoorVersion,
                                               &hone::compiler::compile, &hone::compiler::link};
    return &door;
}
