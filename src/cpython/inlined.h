// SPDX-License-Identifier: Apache-2.0
// Exits out of functions that were inlined: each gets a real frame at full depth and is run by
// the interpreter to its end, innermost first; the result is pushed on the next frame, an error
// is thrown into it. Costs C stack for as long as the inlined call runs, nothing afterwards.
// To be included after private.h only.
#pragma once

#include "base/result.h"
#include "cpython/materialise.h"
#include "cpython/ref.h"
#include "cpython/slots.h"

namespace hone::cpython {

struct InlinedRun {
    Frame* entered;  // frames.front()'s, written already, at its call
    const ir::ExitRow& row;
    const std::int64_t* buffer;
    Materialiser& maker;
    Ref<>& error;  // thrown into the innermost if set; afterwards what came out
};

// Frames for the inlined functions of `row` (Sync), on top of the running frame, which is the
// entered one and shows its own part: what Python code sees that is served in mid-function. False
// if there is no room.
[[nodiscard]] bool show_inlined(const ir::ExitRow& row, Materialiser& maker);
// Takes them away again. False if somebody keeps one: then they stay shown.
[[nodiscard]] bool hide_inlined(Frame* entered, const ir::ExitRow& row);
// The exit that follows, from the same place, is to go on in these frames.
void leave_shown(Frame* entered) noexcept;

// The result that the call in the entered frame has, or null with `run.error`.
[[nodiscard]] PyObject* run_inlined(InlinedRun& run);

[[nodiscard]] Result<void> start_inlined();

}  // namespace hone::cpython
