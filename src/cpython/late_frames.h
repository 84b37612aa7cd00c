// SPDX-License-Identifier: Apache-2.0
// Frames of functions that compiled code calls directly: made when something needs them, taken
// away when the function returns. Such a frame is what the interpreter would have there: on the
// thread's data stack, linked, with the arguments in its locals. Whoever makes one makes its
// callers' first. All functions require the GIL.
#pragma once

#include <Python.h>

#include <cstdint>

#include "cpython/frame.h"
#include "cpython/objects.h"
#include "ir/exits.h"

namespace hone::cpython {

// A frame of `function`, running `code` at `unit`, on top of the running one. The arguments are
// borrowed.
[[nodiscard]] Frame* make_late_frame(PyObject* function, PyCodeObject* code, std::uint32_t unit,
                                     void* const* arguments, std::uint32_t count);

// Does somebody hold the frame's object, who may look at it when the function has returned? An
// object that is only the frame's own is given up.
[[nodiscard]] bool frame_kept(Frame* frame);
// Unlinks a frame that nobody keeps and gives up what it owns.
void drop_late_frame(Frame* frame);
// The same for a kept frame: the interpreter executes the return, at which `row` (Sync) stands.
// `result` is stolen. A new reference, or null with an error set (a tool's).
[[nodiscard]] PyObject* return_late_frame(Frame* frame, const ir::ExitRow& row,
                                          const std::int64_t* buffer, const ObjectTable& objects,
                                          std::uint32_t body_offset, PyObject* result);
// Executes `row` (Resume, Raise) by running the frame to its end in the interpreter: the
// function's result, or null with an error set. The frame is gone afterwards.
[[nodiscard]] PyObject* leave_late_frame(Frame* frame, const ir::ExitRow& row,
                                         const std::int64_t* buffer, const ObjectTable& objects,
                                         std::uint32_t body_offset);

// Deallocates an object while the frame's caller is the running frame.
void bury_above(Frame* frame, PyObject* object);

// While it lives, the error that was set is put aside.
class ErrorAside {
  public:
    ErrorAside();
    ~ErrorAside();
    ErrorAside(const ErrorAside&) = delete;
    ErrorAside& operator=(const ErrorAside&) = delete;

  private:
    PyObject* error_ = nullptr;
};

}  // namespace hone::cpython
