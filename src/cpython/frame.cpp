// SPDX-License-Identifier: Apache-2.0
#include "cpython/private.h"

#include "cpython/frame.h"

namespace hone::cpython {

PyThreadState* current_thread() noexcept { return raw::thread_now(); }

Frame* current_frame(PyThreadState* thread) noexcept { return raw::current(thread); }

PyCodeObject* frame_code(Frame* frame) noexcept { return raw::code_of(frame); }

PyObject* frame_function(Frame* frame) noexcept { return raw::function_of(frame); }

PyObject* frame_local(Frame* frame, std::uint32_t index) noexcept {
    return raw::slot_object(raw::slots_of(frame)[index]);
}

}  // namespace hone::cpython
