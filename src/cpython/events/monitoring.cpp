// SPDX-License-Identifier: Apache-2.0
// Call events on 3.12 and later, from sys.monitoring (PEP 669).
//
// One row of kEvents per event; to add one, add a row. Events are per interpreter, so all threads
// announce at once; PY_UNWIND and PY_THROW exist only globally, which is why start_on() leaves them
// out.
#include "cpython/events/call_events.h"

#if PY_VERSION_HEX >= 0x030C0000

#include <array>
#include <cstddef>
#include <utility>
#include <vector>

#include "cpython/events/compiled_calls.h"
#include "cpython/events/tool.h"

namespace hone::cpython {

namespace {

// The sink of the subscription that is on; null makes a late callback harmless.
CallSink* current_sink = nullptr;

// Of the next start of a Python function. Under the GIL, which a thread may lose between the
// announcement of a call and the start: then one call of each has the other's price.
CallWay next_way = CallWay::Function;
CallWay unannounced = CallWay::Function;  // what a start is that no CALL went before

PyCodeObject* code_in(PyObject* const* arguments) {
    return reinterpret_cast<PyCodeObject*>(arguments[0]);
}

// Arguments of the callbacks: code, offset, then what the event adds; CALL and its ends add the
// callable.
constexpr std::size_t kCallable = 2;

PyObject* on_start(PyObject*, PyObject* const* arguments, std::size_t, PyObject*) {
    const CallWay way = std::exchange(next_way, unannounced);
    if (current_sink != nullptr) current_sink->python_enter_py(code_in(arguments), way);
    Py_RETURN_NONE;
}

PyObject* on_resume(PyObject*, PyObject* const* arguments, std::size_t, PyObject*) {
    next_way = unannounced;
    if (current_sink != nullptr)
        current_sink->python_enter_py(code_in(arguments), CallWay::Resumed);
    Py_RETURN_NONE;
}

PyObject* on_leave(PyObject*, PyObject* const* arguments, std::size_t, PyObject*) {
    if (current_sink != nullptr) current_sink->python_leave_py(code_in(arguments));
    Py_RETURN_NONE;
}

PyObject* on_call(PyObject*, PyObject* const* arguments, std::size_t, PyObject*) {
    PyObject* callable = arguments[kCallable];
    if (definition_of(callable) == nullptr) {
        const bool direct = PyFunction_Check(callable) || PyMethod_Check(callable);
        next_way = direct ? CallWay::Function : CallWay::Object;
    } else {
        next_way = unannounced;
        if (current_sink != nullptr) current_sink->native_enter_py(callable);
    }
    Py_RETURN_NONE;
}

PyObject* on_call_end(PyObject*, PyObject* const* arguments, std::size_t, PyObject*) {
    PyObject* callable = arguments[kCallable];
    next_way = unannounced;
    if (current_sink == nullptr) Py_RETURN_NONE;
    if (definition_of(callable) != nullptr)
        current_sink->native_leave_py(callable);
    else
        current_sink->hidden_call_py();
    Py_RETURN_NONE;
}

struct EventRow {
    const char* name;
    vectorcallfunc callback;
    bool can_be_local;
    bool of_natives;
};

constexpr std::array kEvents{
    EventRow{"PY_START", on_start, true, false},   EventRow{"PY_RESUME", on_resume, true, false},
    EventRow{"PY_THROW", on_resume, false, false}, EventRow{"PY_RETURN", on_leave, true, false},
    EventRow{"PY_YIELD", on_leave, true, false},   EventRow{"PY_UNWIND", on_leave, false, false},
    EventRow{"CALL", on_call, true, true},         EventRow{"C_RETURN", on_call_end, true, true},
    EventRow{"C_RAISE", on_call_end, true, true},
};

constexpr int kProfilerId = 2;

bool succeeded(PyObject* result) {
    Py_XDECREF(result);
    return result != nullptr;
}

std::vector<ToolEvent> events_of(bool local, bool natives) {
    std::vector<ToolEvent> events;
    for (const EventRow& row : kEvents)
        if ((row.can_be_local || !local) && (natives || !row.of_natives))
            events.push_back({row.name, row.callback});
    return events;
}

void hold_id(int tool, bool on) {
    unsigned& tools = compiled_calls().tools;
    tools = on ? tools | 1u << tool : tools & ~(1u << tool);
}

void tell_compiled_code(CallSink* sink) {
    CompiledCalls& record = compiled_calls();
    record.sink = sink;
    if (record.changed != nullptr) record.changed();
}

}  // namespace

const bool CallEvents::kTellsCodeApart = true;

bool CallEvents::start(CallSink& sink, bool natives, PyObject*) {
    if (!start_on(sink, natives, {})) return false;
    hold_id(tool_, true);
    tell_compiled_code(&sink);
    return true;
}

void CallEvents::redirect(CallSink& sink, PyObject*) noexcept {
    current_sink = &sink;
    tell_compiled_code(&sink);
}

Py_ssize_t CallEvents::times_shown(PyObject*) noexcept {
    return 0;
}

bool CallEvents::start_on(CallSink& sink, bool natives, std::span<PyCodeObject* const> codes) {
    monitoring_ = monitoring_module();
    if (!monitoring_) return false;
    tool_ = claim_tool_id(monitoring_.get(), "hone", kProfilerToolIds);
    if (tool_ < 0) return false;
    on_ = true;
    current_sink = &sink;
    next_way = unannounced = natives ? CallWay::Bare : CallWay::Function;
    const long mask = register_events(monitoring_.get(), tool_, events_of(!codes.empty(), natives));
    bool fine = mask >= 0;
    if (fine && codes.empty()) {
        fine = succeeded(PyObject_CallMethod(monitoring_.get(), "set_events", "il", tool_, mask));
    }
    for (PyCodeObject* code : codes) {
        fine =
            fine && succeeded(PyObject_CallMethod(monitoring_.get(), "set_local_events", "iOl",
                                                  tool_, reinterpret_cast<PyObject*>(code), mask));
    }
    if (!fine) stop();
    return fine;
}

void CallEvents::stop() noexcept {
    if (!on_) return;
    on_ = false;
    current_sink = nullptr;
    release_tool_id(monitoring_.get(), tool_, events_of(false, true));
    hold_id(tool_, false);
    tell_compiled_code(nullptr);
    monitoring_ = {};
    tool_ = -1;
}

bool ProfilerPlace::take() {
    PyObject* monitoring = PySys_GetObject("monitoring");
    taken_ = monitoring != nullptr && succeeded(PyObject_CallMethod(monitoring, "use_tool_id", "is",
                                                                    kProfilerId, "cProfile"));
    if (taken_) hold_id(kProfilerId, true);
    if (!taken_ && !PyErr_Occurred()) PyErr_SetString(PyExc_ValueError, "no sys.monitoring");
    return taken_;
}

void ProfilerPlace::leave() noexcept {
    if (!std::exchange(taken_, false)) return;
    hold_id(kProfilerId, false);
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyObject* monitoring = PySys_GetObject("monitoring");
    if (monitoring == nullptr ||
        !succeeded(PyObject_CallMethod(monitoring, "free_tool_id", "i", kProfilerId)))
        PyErr_Clear();
    PyErr_Restore(type, value, traceback);
}

}  // namespace hone::cpython

#endif
