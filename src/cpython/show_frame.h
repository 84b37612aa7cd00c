// SPDX-License-Identifier: Apache-2.0
// A frame brought up to date in mid-function, for Python code that is about to run. Requires the
// GIL.
#pragma once

#include <cstdint>

#include "cpython/frame.h"
#include "cpython/objects.h"
#include "ir/exits.h"

namespace hone::cpython {

// Writes what the Sync row says into locals that show something else, and the position.
void show_frame(Frame* frame, const ir::ExitRow& row, const std::int64_t* buffer,
                const ObjectTable& objects, std::uint32_t body_offset);

}  // namespace hone::cpython
