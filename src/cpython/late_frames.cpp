// SPDX-License-Identifier: Apache-2.0
#include "cpython/private.h"

#include "cpython/late_frames.h"

#include "cpython/exits.h"
#include "cpython/rebuild.h"
#include "cpython/run_frame.h"
#include "cpython/slots.h"
#include "cpython/trampoline.h"

namespace hone::cpython {

namespace {

// Runs a linked frame, whose slots and position are written, to its end. The level of recursion
// that its direct call took is the one the interpreter takes for it.
PyObject* run_to_end(PyThreadState* thread, Frame* frame, PyObject* error) {
    raw::current(thread) = frame->previous;
    ++raw::recursion_left(thread);
    PyObject* const result = run_frame(thread, frame, error);
    --raw::recursion_left(thread);
    release_room(thread, frame);
    return result;
}

void write_stack(Frame* frame, const SlotArray& stack) {
    const auto locals = static_cast<std::uint32_t>(raw::code_of(frame)->co_nlocalsplus);
    for (std::uint32_t i = 0; i < stack.size(); ++i) raw::slots_of(frame)[locals + i] = stack[i];
    raw::set_depth(frame, locals + stack.size());
}

// 3.11 can't run a frame without a single slot (run_frame.cpp): it starts at the landing pad.
void start_at(Frame* frame, std::uint32_t unit) {
    const std::uint32_t landing =
        raw::depth_of(frame) == 0 && !raw::kRunsEntryFrames ? landing_for(frame, unit) : 0;
    if (landing == 0) return raw::set_start(frame, unit);
    raw::slots_of(frame)[0] = raw::slot_of(Py_NewRef(Py_None));
    raw::set_depth(frame, 1);
    raw::set_start(frame, landing);
}

}  // namespace

Frame* make_late_frame(PyObject* function, PyCodeObject* code, std::uint32_t unit,
                       void* const* arguments, std::uint32_t count) {
    PyThreadState* const thread = raw::thread_now();
    make_room(thread, raw::frame_words(code));
    Frame* const frame = link_frame(thread, function, code);
    for (std::uint32_t i = 0; i < count; ++i)
        raw::slots_of(frame)[i] = raw::slot_of(Py_NewRef(static_cast<PyObject*>(arguments[i])));
    raw::set_running(frame, unit);
    return frame;
}

bool frame_kept(Frame* frame) {
    PyFrameObject* const object = frame->frame_obj;
    if (object == nullptr) return false;
    if (Py_REFCNT(object) > 1 || object->f_trace != nullptr) return true;
    frame->frame_obj = nullptr;  // as _PyFrame_ClearExceptCode does
    Py_DECREF(object);
    return false;
}

void drop_late_frame(Frame* frame) {
    PyThreadState* const thread = raw::thread_now();
    raw::current(thread) = frame->previous;
    const auto locals = static_cast<std::uint32_t>(raw::code_of(frame)->co_nlocalsplus);
    raw::Slot* const slots = raw::slots_of(frame);
    for (std::uint32_t i = 0; i < locals; ++i) raw::close_slot(slots[i]);
    raw::close_specials(frame);
    release_room(thread, frame);
}

PyObject* return_late_frame(Frame* frame, const ir::ExitRow& row, const std::int64_t* buffer,
                            const ObjectTable& objects, std::uint32_t body_offset,
                            PyObject* result) {
    take_exit(frame, row, buffer, objects, body_offset);
    const std::uint32_t unit = row.frames.front().resume + body_offset;
    SlotArray stack;
    if (pushes_result(frame, row))
        stack.push(raw::slot_of(result));
    else
        Py_DECREF(result);  // a constant, which its code holds
    write_stack(frame, stack);
    start_at(frame, unit);
    return run_to_end(raw::thread_now(), frame, nullptr);
}

PyObject* leave_late_frame(Frame* frame, const ir::ExitRow& row, const std::int64_t* buffer,
                           const ObjectTable& objects, std::uint32_t body_offset) {
    Rebuilt state = rebuild(frame, row, buffer, objects, body_offset);
    write_stack(frame, state.stack);
    if (state.error)
        set_failed_at(frame, state.unit);
    else
        start_at(frame, state.unit);
    close_slots(state.old);
    for (const std::uint32_t word : row.release)
        Py_XDECREF(reinterpret_cast<PyObject*>(buffer[word]));
    return run_to_end(raw::thread_now(), frame, state.error.release());
}

void bury_above(Frame* frame, PyObject* object) {
    PyThreadState* const thread = raw::thread_now();
    raw::current(thread) = frame->previous;
    _Py_Dealloc(object);
    raw::current(thread) = frame;
}

ErrorAside::ErrorAside() {
    if (PyErr_Occurred() != nullptr) error_ = raw::take_error();
}

ErrorAside::~ErrorAside() {
    if (error_ != nullptr) raw::give_error(error_);
}

}  // namespace hone::cpython
