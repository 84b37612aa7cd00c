// SPDX-License-Identifier: Apache-2.0
// Leaves compiled code for the interpreter in the middle of a function. take_exit makes the
// objects and writes the locals; the stack, the depth and the position can only be written
// when the interpreter has saved its registers: the prologue's pad calls E, a Python function
// of a few instructions without RESUME that the interpreter inlines, and E's native constant
// (exit_op) writes them into the frame below it, from which they are reloaded when E returns.
// Between the two the stack items wait in a per-thread list keyed by frame, so a finaliser
// that runs compiled code in between is no problem.
//
// All functions require the GIL and never return with anything but what they say here.
#pragma once

#include <Python.h>

#include <cstdint>

#include "base/result.h"
#include "cpython/frame.h"
#include "cpython/objects.h"
#include "ir/exits.h"

namespace hone::cpython {

// Executes `row`, with `frame` the entered function's running frame and `buffer` its words.
//  Resume, Raise: returns the sentinel, to be returned by Entry::call at once.
//    Raise takes the error that is set. If an object can't be made (no memory) the row
//    becomes a Raise of that error at the same place.
//  Sync: writes locals and position in place, closes what was there, returns null (no error);
//    code goes on. One frame only.
// Rows with inlined frames run these to their end here and go on behind the outer call. On 3.11 an
// inlined function has at least one local (run_frame.cpp says why).
PyObject* take_exit(Frame* frame, const ir::ExitRow& row, const std::int64_t* buffer,
                    const ObjectTable& objects, std::uint32_t body_offset);

// The function returns `result` (stolen) at `row` (Sync): its own return instruction is executed by
// the interpreter, for somebody who keeps the frame. Returns the sentinel as take_exit does.
[[nodiscard]] PyObject* take_return(Frame* frame, const ir::ExitRow& row,
                                    const std::int64_t* buffer, const ObjectTable& objects,
                                    std::uint32_t body_offset, PyObject* result);

// How compiled code goes on after it was served: as it was, or by an exit from the same place,
// which has to follow at once (Resume; Raise, where an error is set).
enum class After : std::uint8_t { GoOn, Leave, Raise };

// Serves what waits at the eval breaker (signals, GIL requests, asynchronous exceptions, GC) while
// the frame, and those of inlined functions, are as `row` (Sync) says. Afterwards its locals hold
// what they held before: the compiled code has the objects itself, and a slot that had them too
// would keep them alive beyond their time.
[[nodiscard]] After serve_while_shown(Frame* frame, const ir::ExitRow& row,
                                      const std::int64_t* buffer, const ObjectTable& objects,
                                      std::uint32_t body_offset);

// For trampoline.cpp: makes E and exit_op; E, borrowed; is an exit pending for this frame?
[[nodiscard]] Result<void> start_exits();
[[nodiscard]] PyObject* exit_function() noexcept;
[[nodiscard]] bool exit_pending(Frame* frame) noexcept;
// A frame is entered: what may be pending for an earlier one at its address, because an
// exception came in between, is dropped.
void forget_exit(Frame* frame) noexcept;

}  // namespace hone::cpython
