// SPDX-License-Identifier: Apache-2.0
// What an exit row makes of a frame, before the interpreter may go on in it. To be included after
// private.h only.
#pragma once

#include "cpython/exits.h"
#include "cpython/ref.h"
#include "cpython/slots.h"

namespace hone::cpython {

struct Rebuilt {
    SlotArray stack;         // to be written where the interpreter lets go of the frame
    SlotArray old;           // what the locals held: to be closed when all is in place
    std::uint32_t unit = 0;  // installed code: go on there, or raise the error there
    Ref<> error;
};

// Writes locals and position of `frame`, makes its stack, runs inlined frames to their end.
[[nodiscard]] Rebuilt rebuild(Frame* frame, const ir::ExitRow& row, const std::int64_t* buffer,
                              const ObjectTable& objects, std::uint32_t body_offset);

// For a frame without local and stack: the unit of its pad, aimed at `unit`; 0 if it has none.
[[nodiscard]] std::uint32_t landing_for(Frame* frame, std::uint32_t unit);

}  // namespace hone::cpython
