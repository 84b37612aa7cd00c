// SPDX-License-Identifier: Apache-2.0
// The interpreter's frame as the other rooms may name it: an opaque pointer. What is in
// it differs per version and is touched in this room only (frames/v3NN.h).
#pragma once

#include <Python.h>

#include <cstdint>

struct _PyInterpreterFrame;

namespace hone::cpython {

using Frame = ::_PyInterpreterFrame;

// The thread state of the caller, without a check. Requires: the GIL.
[[nodiscard]] PyThreadState* current_thread() noexcept;
// The running Python frame of a thread; null if there is none.
[[nodiscard]] Frame* current_frame(PyThreadState* thread) noexcept;
// Code object and function of a frame (borrowed).
[[nodiscard]] PyCodeObject* frame_code(Frame* frame) noexcept;
[[nodiscard]] PyObject* frame_function(Frame* frame) noexcept;
// Local number `index` (an argument, a variable, a cell), borrowed; null if unbound.
[[nodiscard]] PyObject* frame_local(Frame* frame, std::uint32_t index) noexcept;

// Of a frame whose stack the interpreter has saved, because it called a Python function or an
// event: the next frame out, the depth of its stack, the unit of its (own) code where it goes
// on, and its slots, stack behind locals.
[[nodiscard]] Frame* caller_of(Frame* frame) noexcept;
// Is this a frame of the interpreter's own, without a Python function?
[[nodiscard]] bool is_shim(Frame* frame) noexcept;
[[nodiscard]] std::uint32_t saved_depth(Frame* frame) noexcept;
[[nodiscard]] std::uint32_t resume_unit(Frame* frame) noexcept;
struct SlotView {
    PyObject* object = nullptr;  // borrowed; null = NULL
    std::int64_t index = 0;
    bool tagged = false;  // 3.15: a tagged integer, in `index`
};
[[nodiscard]] SlotView frame_slot(Frame* frame, std::uint32_t index) noexcept;

}  // namespace hone::cpython
