// SPDX-License-Identifier: Apache-2.0
// Call events on 3.11, which has no sys.monitoring: the C profile function.
//
// It is set thread by thread. Threads that exist at the start get it then; a later one gets it the
// moment _thread.start_new_thread returns in its parent, which holds the GIL: before the child's
// first instruction. (threading.setprofile would miss threads made with _thread, and put Python
// code into the child.) A thread that carries another tool's profile function keeps that one.
// Threads made by foreign C code after the start stay unseen.
#include "cpython/private.h"

#include "cpython/events/call_events.h"
#include "cpython/events/compiled_calls.h"

#if PY_VERSION_HEX < 0x030C0000

namespace hone::cpython {

namespace {

CallSink* current_sink = nullptr;
bool every_thread = false;
bool natives_wanted = true;
PyObject* shown_object = nullptr;  // borrowed: what is shown is on, and lives as long
PyMethodDef* start_thread_definition = nullptr;

bool watch_every_thread();

// 3.11 announces the end of start_new_thread() before the parent can lose the GIL.
void after_native(PyObject* function) {
    if (every_thread && definition_of(function) == start_thread_definition) {
        if (!watch_every_thread())
            PyErr_Clear();  // an audit hook forbade it: the child stays unseen
    }
}

CallWay way_of(const _PyInterpreterFrame* frame) {
    if (frame->owner == FRAME_OWNED_BY_GENERATOR) return CallWay::Resumed;
    return frame->is_entry ? CallWay::Bare : CallWay::Function;
}

int on_event(PyObject*, PyFrameObject* frame, int what, PyObject* argument) {
    CallSink* sink = current_sink;
    if (sink == nullptr) return 0;
    switch (what) {
        case PyTrace_CALL:
            sink->python_enter_py(frame->f_frame->f_code, way_of(frame->f_frame));
            return 0;
        case PyTrace_RETURN:
            sink->python_leave_py(frame->f_frame->f_code);
            return 0;
        case PyTrace_C_CALL:
            if (natives_wanted && definition_of(argument) != nullptr)
                sink->native_enter_py(argument);
            return 0;
        case PyTrace_C_RETURN:
            after_native(argument);
            [[fallthrough]];
        case PyTrace_C_EXCEPTION:
            if (natives_wanted && definition_of(argument) != nullptr)
                sink->native_leave_py(argument);
            return 0;
        default:
            return 0;
    }
}

bool watch_every_thread() {
    PyInterpreterState* interpreter = PyInterpreterState_Get();
    for (PyThreadState* thread = PyInterpreterState_ThreadHead(interpreter); thread != nullptr;
         thread = PyThreadState_Next(thread)) {
        if (thread->c_profilefunc != nullptr) continue;
        if (_PyEval_SetProfile(thread, on_event, shown_object) < 0) return false;
    }
    return true;
}

bool find_start_thread() {
    const Ref<> module = steal(PyImport_ImportModule("_thread"));
    if (!module) return false;
    const Ref<> function = steal(PyObject_GetAttrString(module.get(), "start_new_thread"));
    if (!function) return false;
    // Null if somebody replaced it by Python code: then later threads stay unseen.
    start_thread_definition = definition_of(function.get());
    return true;
}

void tell_compiled_code(CallSink* sink) {
    CompiledCalls& record = compiled_calls();
    record.sink = sink;
    record.function = sink != nullptr ? on_event : nullptr;
    if (record.changed != nullptr) record.changed();
}

}  // namespace

const bool CallEvents::kTellsCodeApart = false;

bool CallEvents::start(CallSink& sink, bool natives, PyObject* shown) {
    shown_object = shown;
    if (!find_start_thread() || !start_on(sink, natives, {})) return false;
    every_thread = true;
    if (!watch_every_thread()) {
        stop();
        return false;
    }
    tell_compiled_code(&sink);
    return true;
}

bool CallEvents::start_on(CallSink& sink, bool natives, std::span<PyCodeObject* const>) {
    PyThreadState* thread = PyThreadState_Get();
    if (thread->c_profilefunc != nullptr && thread->c_profilefunc != on_event) {
        PyErr_SetString(PyExc_RuntimeError,
                        "hone can't profile: this thread has another profile function");
        return false;
    }
    if (_PyEval_SetProfile(thread, on_event, shown_object) < 0) return false;
    current_sink = &sink;
    natives_wanted = natives;
    on_ = true;
    return true;
}

void CallEvents::redirect(CallSink& sink, PyObject* shown) noexcept {
    current_sink = &sink;
    tell_compiled_code(&sink);
    shown_object = shown;
    PyThreadState* thread = PyThreadState_Get();
    if (thread->c_profilefunc != on_event) return;
    if (_PyEval_SetProfile(thread, on_event, shown) < 0) PyErr_Clear();
}

Py_ssize_t CallEvents::times_shown(PyObject* object) noexcept {
    Py_ssize_t times = 0;
    for (PyThreadState* thread = PyInterpreterState_ThreadHead(PyInterpreterState_Get());
         thread != nullptr; thread = PyThreadState_Next(thread)) {
        if (thread->c_profileobj == object) ++times;
    }
    return times;
}

void CallEvents::stop() noexcept {
    if (!on_) return;
    on_ = false;
    current_sink = nullptr;
    every_thread = false;
    shown_object = nullptr;
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyInterpreterState* interpreter = PyInterpreterState_Get();
    for (PyThreadState* thread = PyInterpreterState_ThreadHead(interpreter); thread != nullptr;
         thread = PyThreadState_Next(thread)) {
        if (thread->c_profilefunc != on_event) continue;
        // Refused by an audit hook: on_event stays, and without a sink does nothing.
        if (_PyEval_SetProfile(thread, nullptr, nullptr) < 0) PyErr_Clear();
    }
    PyErr_Restore(type, value, traceback);
    tell_compiled_code(nullptr);
}

bool ProfilerPlace::take() {
    return true;
}
void ProfilerPlace::leave() noexcept {}

}  // namespace hone::cpython

#endif
