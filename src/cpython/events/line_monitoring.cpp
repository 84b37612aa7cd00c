// SPDX-License-Identifier: Apache-2.0
// Lines on 3.12 and later, from sys.monitoring (PEP 669). Traps:
// - On 3.13+ LINE is not sent for the first line of a function that is on the line of its `def`,
//   unless PY_START is on, too.
// - A generator that is resumed by throw() or close() sends PY_THROW, which is not local; one that
//   is closed where it stands without running sends nothing: it has left when it yielded.
#include "cpython/private.h"

#include "cpython/events/line_events.h"

#if PY_VERSION_HEX >= 0x030C0000

#include <array>
#include <span>
#include <utility>

#include "cpython/bytecode/code_edit.h"
#include "cpython/events/compiled_calls.h"
#include "cpython/events/lines_tool.h"
#include "cpython/events/tool.h"

namespace hone::cpython {

namespace {

// The sink of the subscription that is on; null makes a late callback harmless.
LineSink* current_sink = nullptr;

// Arguments of the callbacks: code, then what the event adds.
LinePlace place_of(PyObject* const* arguments) {
    PyThreadState* const thread = raw::thread_now();
    return {reinterpret_cast<PyCodeObject*>(arguments[0]), raw::current(thread), thread->id};
}

PyObject* on_start(PyObject*, PyObject* const* arguments, std::size_t, PyObject*) {
    if (current_sink != nullptr) current_sink->entered(place_of(arguments));
    Py_RETURN_NONE;
}

PyObject* on_resume(PyObject*, PyObject* const* arguments, std::size_t, PyObject*) {
    if (current_sink == nullptr) Py_RETURN_NONE;
    const LinePlace place = place_of(arguments);
    const auto offset = static_cast<int>(PyLong_AsLong(arguments[1]));
    current_sink->resumed(place, PyCode_Addr2Line(place.code, offset));
    Py_RETURN_NONE;
}

// A line is an int of one digit.
int line_in(PyObject* number) {
    return static_cast<int>(raw::digits_of(reinterpret_cast<PyLongObject*>(number))[0]);
}

// Where compiled code has left: the line has been told of already.
struct GoesOn {
    const void* frame = nullptr;
    unsigned unit = 0;
};
GoesOn goes_on;

void note_exit(const void* frame, unsigned unit) noexcept {
    goes_on = {frame, unit};
}

// The first event after the exit, at the very instruction where the interpreter went on.
bool is_told(const LinePlace& place) {
    const GoesOn left = std::exchange(goes_on, {});
    if (left.frame != place.frame) return false;
    auto* const frame = static_cast<_PyInterpreterFrame*>(const_cast<void*>(left.frame));
    return static_cast<unsigned>(raw::running_unit(frame)) == left.unit;
}

PyObject* on_line(PyObject*, PyObject* const* arguments, std::size_t, PyObject*) {
    if (current_sink == nullptr) Py_RETURN_NONE;
    const LinePlace place = place_of(arguments);
    if (goes_on.frame != nullptr && is_told(place)) Py_RETURN_NONE;
    current_sink->hit(place, line_in(arguments[1]));
    Py_RETURN_NONE;
}

void tell_engine(PyCodeObject* code, bool on) noexcept {
    const auto tell = compiled_calls().lines_watched;
    if (tell != nullptr) tell(code, on);
}

template <LineEnd kEnd>
PyObject* on_leave(PyObject*, PyObject* const* arguments, std::size_t, PyObject*) {
    if (current_sink != nullptr) current_sink->left(place_of(arguments), kEnd);
    Py_RETURN_NONE;
}

constexpr std::array kEvents{
    ToolEvent{"PY_START", on_start},
    ToolEvent{"PY_RESUME", on_resume},
    ToolEvent{"LINE", on_line},
    ToolEvent{"PY_RETURN", on_leave<LineEnd::Return>},
    ToolEvent{"PY_YIELD", on_leave<LineEnd::Yield>},
    ToolEvent{"PY_UNWIND", on_leave<LineEnd::Unwind>},
};
constexpr std::span<const ToolEvent> kAll{kEvents};
constexpr auto kLocal = kAll.first<kEvents.size() - 1>();
constexpr auto kUnwind = kAll.last<1>();

// From 3.15 on PY_UNWIND may be local. Asked with code that never runs.
bool unwinds_locally(PyObject* monitoring, int tool, long unwind) {
    const Ref<> probe =
        steal(reinterpret_cast<PyObject*>(PyCode_NewEmpty("<hone>", "local_unwind", 1)));
    const Ref<> done = steal(probe ? PyObject_CallMethod(monitoring, "set_local_events", "iOl",
                                                         tool, probe.get(), unwind)
                                   : nullptr);
    if (!done) PyErr_Clear();
    return static_cast<bool>(done);
}

}  // namespace

const bool LineEvents::kWatchesAnyCode = true;

Ref<PyCodeObject> LineEvents::copy(PyCodeObject* code) {
    return replace_fields(code, {});
}

// Its copies are code like any other.
PyCodeObject* LineEvents::source_of(PyCodeObject* code) noexcept {
    return code;
}

bool LineEvents::start(LineSink& sink) {
    const Ref<> monitoring = monitoring_module();
    if (!monitoring) return false;
    tool_ = claim_tool_id(monitoring.get(), kLinesToolName, kProfilerToolIds);
    if (tool_ < 0) return false;
    on_ = true;
    current_sink = &sink;
    compiled_calls().lines = &sink;
    compiled_calls().goes_on = &note_exit;
    mask_ = register_events(monitoring.get(), tool_, kLocal);
    const long unwind = mask_ < 0 ? -1 : register_events(monitoring.get(), tool_, kUnwind);
    set_local_ = steal(PyObject_GetAttrString(monitoring.get(), "set_local_events"));
    bool fine = unwind >= 0 && set_local_;
    if (fine && unwinds_locally(monitoring.get(), tool_, unwind)) {
        mask_ |= unwind;
    } else if (fine) {
        fine = static_cast<bool>(
            steal(PyObject_CallMethod(monitoring.get(), "set_events", "il", tool_, unwind)));
    }
    if (!fine) stop();
    return fine;
}

bool LineEvents::watch(PyCodeObject* code) {
    const Ref<> done = steal(PyObject_CallFunction(set_local_.get(), "iOl", tool_,
                                                   reinterpret_cast<PyObject*>(code), mask_));
    if (done) tell_engine(code, true);
    return static_cast<bool>(done);
}

void LineEvents::unwatch(PyCodeObject* code) noexcept {
    if (!on_) return;
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    (void)steal(PyObject_CallFunction(set_local_.get(), "iOl", tool_,
                                      reinterpret_cast<PyObject*>(code), 0L));
    tell_engine(code, false);
    PyErr_Restore(type, value, traceback);
}

void LineEvents::stop() noexcept {
    if (!on_) return;
    on_ = false;
    current_sink = nullptr;
    compiled_calls().lines = nullptr;
    if (const Ref<> monitoring = own(PySys_GetObject("monitoring")))
        release_tool_id(monitoring.get(), tool_, kAll);
    set_local_ = {};
    tool_ = -1;
}

}  // namespace hone::cpython

#endif
