// SPDX-License-Identifier: Apache-2.0
// Frames of our own on the thread's data stack: linked, run by the interpreter, taken away.
// To be included after private.h only.
#pragma once

#include "base/result.h"
#include "cpython/frame.h"

namespace hone::cpython {

// Is there room for so many words in the thread's current chunk?
[[nodiscard]] bool has_room(PyThreadState* thread, std::size_t words) noexcept;
// Makes room by a further chunk if there is none; the chunk goes when the frame that is linked
// next is released. Aborts when there is no memory.
void make_room(PyThreadState* thread, std::size_t words);
// The frame, the last on the stack, is gone: its words are free again.
void release_room(PyThreadState* thread, Frame* frame) noexcept;
// A frame of `function` on top of the running one, all slots unbound. Requires: has_room().
Frame* link_frame(PyThreadState* thread, PyObject* function, PyCodeObject* code) noexcept;
// Runs an unlinked frame, whose `previous` is the running one, to its end; `error` (stolen) is
// raised at its position first if not null. The frame is gone afterwards. A new reference, or
// null with an error set.
[[nodiscard]] PyObject* run_frame(PyThreadState* thread, Frame* frame, PyObject* error);

[[nodiscard]] Result<void> start_run_frame();

}  // namespace hone::cpython
