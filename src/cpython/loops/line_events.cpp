// SPDX-License-Identifier: Apache-2.0
// 3.11: a C trace function. It is told of a line at each backward jump, before the instruction the
// jump led to, and of all other lines, too; the handler tells headers by their place.
#include "cpython/private.h"

#include "cpython/loops/handler.h"

#if PY_VERSION_HEX < 0x030C0000

#include <frameobject.h>
#include <internal/pycore_pystate.h>

namespace hone::cpython {

namespace {

int on_event(PyObject*, PyFrameObject* frame_object, int what, PyObject*) {
    if (what != PyTrace_LINE) return 0;
    PyThreadState* const thread = raw::thread_now();
    Frame* const frame = raw::current(thread);
    if (frame->frame_obj != frame_object) return 0;
    // Set for the event's time; compiled code moves on, and f_lineno has to follow.
    const int line = std::exchange(frame_object->f_lineno, 0);
    const std::uint32_t unit = raw::running_unit(frame);
    back_edge_handler()(frame, thread, {unit, unit});
    frame_object->f_lineno = line;
    return 0;
}

void set_tracer(PyThreadState* thread, Py_tracefunc function) {
    thread->c_tracefunc = function;
    thread->c_traceobj = nullptr;
    _PyThreadState_UpdateTracingState(thread);
}

}  // namespace

bool traces_back_edges(PyThreadState* thread) noexcept {
    return thread->c_tracefunc == on_event;
}

// The pad has no line: the header's line is a new one.
bool announces_exits() noexcept {
    return true;
}

bool watch_back_edges(PyCodeObject*) noexcept {
    PyThreadState* const thread = raw::thread_now();
    if (traces_back_edges(thread)) return true;
    if (thread->c_tracefunc != nullptr || thread->c_profilefunc != nullptr) return false;
    set_tracer(thread, on_event);
    return true;
}

void unwatch_back_edges(PyCodeObject*) noexcept {
    PyThreadState* const thread = raw::thread_now();
    if (traces_back_edges(thread)) set_tracer(thread, nullptr);
}

void stop_back_edges() noexcept {
    unwatch_back_edges(nullptr);
}

}  // namespace hone::cpython

#endif
