// SPDX-License-Identifier: Apache-2.0
// The running interpreter's struct facts for generated code. Offsets come from the headers
// this room is compiled against; every one that generated code uses is then checked on
// real objects, so that a build with other structs is refused by name instead of crashing.
#pragma once

#include "base/result.h"
#include "ir/layout.h"

namespace hone::cpython {

// Requires: the GIL, at start-up. Fails with a sentence on free-threaded builds, in a
// sub-interpreter, when the running minor version is another, or when a check surprises.
[[nodiscard]] Result<ir::Layout> read_layout();
// What it said. Requires: it succeeded. Never runs Python, which read_layout() does: whoever needs
// the layout in the middle of something must not give the GIL away.
[[nodiscard]] const ir::Layout& known_layout() noexcept;

}  // namespace hone::cpython
