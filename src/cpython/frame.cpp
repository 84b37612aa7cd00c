// SPDX-License-Identifier: Apache-2.0
#include "cpython/private.h"

#include "cpython/frame.h"

namespace hone::cpython {

PyThreadState* current_thread() noexcept {
    return raw::thread_now();
}

Frame* current_frame(PyThreadState* thread) noexcept {
    return raw::current(thread);
}

PyCodeObject* frame_code(Frame* frame) noexcept {
    return raw::code_of(frame);
}

PyObject* frame_function(Frame* frame) noexcept {
    return raw::function_of(frame);
}

PyObject* frame_local(Frame* frame, std::uint32_t index) noexcept {
    return raw::slot_object(raw::slots_of(frame)[index]);
}

Frame* caller_of(Frame* frame) noexcept {
    return frame->previous;
}

bool is_shim(Frame* frame) noexcept {
    return raw::is_shim(frame);
}

std::uint32_t saved_depth(Frame* frame) noexcept {
    return raw::depth_of(frame) - static_cast<std::uint32_t>(raw::code_of(frame)->co_nlocalsplus);
}

std::uint32_t resume_unit(Frame* frame) noexcept {
    return raw::resume_unit(frame);
}

SlotView frame_slot(Frame* frame, std::uint32_t index) noexcept {
    raw::Slot slot = raw::slots_of(frame)[index];
    if (raw::is_tagged(slot))
        return {.object = nullptr, .index = raw::tagged_index(slot), .tagged = true};
    return {.object = raw::slot_object(slot), .index = 0, .tagged = false};
}

}  // namespace hone::cpython
