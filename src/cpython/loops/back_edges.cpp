// SPDX-License-Identifier: Apache-2.0
// What all versions share; the events themselves are in jump_events.cpp and line_events.cpp.
#include "cpython/private.h"

#include "cpython/loops/back_edges.h"

#include "cpython/loops/handler.h"

namespace hone::cpython {

namespace {
BackEdge handler = nullptr;
}

void set_back_edge(BackEdge function) noexcept {
    handler = function;
}

BackEdge back_edge_handler() noexcept {
    return handler;
}

OutsideEvent::OutsideEvent(PyThreadState* thread) noexcept
    : thread_(thread), event_(std::exchange(raw::event_now(thread), -1)) {
    PyThreadState_LeaveTracing(thread);
}

OutsideEvent::~OutsideEvent() {
    PyThreadState_EnterTracing(thread_);
    raw::event_now(thread_) = event_;
}

// The handler's frame is reloaded as it stands, so this is no call that returns.
void resume_at_exit(Frame* frame, const Entry* entry) noexcept {
    raw::set_depth(frame, static_cast<std::uint32_t>(raw::code_of(frame)->co_nlocalsplus));
    raw::set_running(frame, entry->pad);
}

std::uint32_t running_unit(Frame* frame) noexcept {
    return raw::running_unit(frame);
}

bool has_plain_names(Frame* frame) noexcept {
    if ((raw::code_of(frame)->co_flags & CO_OPTIMIZED) != 0) return true;
    return frame->f_locals == frame->f_globals && PyDict_CheckExact(frame->f_globals);
}

}  // namespace hone::cpython
