// SPDX-License-Identifier: Apache-2.0
#include "compiler/door.h"

extern "C" __attribute__((visibility("default"))) const hone::compiler::Door* hone_compiler_door() {
    static constexpr hone::compiler::Door door{hone::compiler::kDoorAbi, &hone::compiler::compile, &hone::compiler::link};
    return &door;
}
