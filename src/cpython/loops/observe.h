// SPDX-License-Identifier: Apache-2.0
// A frame at a loop header, as an ir::LoopEntry; and its stack taken apart into the words that
// compiled code starts from. The frame's stack must be saved (the interpreter is in an event).
// Requires the GIL.
#pragma once

#include <Python.h>

#include <cstdint>
#include <optional>

#include "cpython/frame.h"
#include "ir/entries.h"

namespace hone::cpython {

// None where the stack holds what compiled code can't carry.
[[nodiscard]] std::optional<ir::LoopEntry> observe_loop(Frame* frame, std::uint32_t header);

// Moves the stack's items into `words`, words_of(entry) of them; the frame's stack is empty
// afterwards. `entry` is what observe_loop said of this very state. Iterator objects that are no
// longer needed die here, which may drop the item that one of them gave last.
void take_stack(Frame* frame, const ir::LoopEntry& entry, std::int64_t* words);

}  // namespace hone::cpython
