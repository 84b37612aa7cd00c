// SPDX-License-Identifier: Apache-2.0
// 3.12+: JUMP events, switched on for one code object at a time through sys.monitoring's own
// functions.
#include "cpython/private.h"

#include "cpython/loops/handler.h"

#if PY_VERSION_HEX >= 0x030C0000

#include <array>

#include "cpython/events/callback.h"
#include "cpython/ref.h"
#include "cpython/tools.h"

namespace hone::cpython {

namespace {

// Ids 0, 1, 2 and 5 are meant for debuggers, coverage, profilers and optimizers (PEP 669); the
// profilers of hone ask for 4 first.
constexpr std::array kToolIds{3, 4};

struct Tool {
    int id = -1;
    long jump = 0;  // the event's bit
    PyObject* set_local_events = nullptr;
    bool refused = false;
};
Tool tool;

// Arguments: code, offset, destination.
PyObject* on_jump(PyObject*, PyObject* const* arguments, std::size_t, PyObject*) {
    PyThreadState* const thread = raw::thread_now();
    Frame* const frame = raw::current(thread);
    const long from = PyLong_AsLong(arguments[1]), to = PyLong_AsLong(arguments[2]);
    if (to < from && reinterpret_cast<PyObject*>(raw::code_of(frame)) == arguments[0])
        back_edge_handler()(frame, thread, static_cast<std::uint32_t>(to / 2));
    Py_RETURN_NONE;
}

bool claim(PyObject* monitoring) {
    for (const int id : kToolIds) {
        const Ref<> holder = steal(PyObject_CallMethod(monitoring, "get_tool", "i", id));
        if (!holder) return false;
        if (holder.get() != Py_None) continue;
        const Ref<> used =
            steal(PyObject_CallMethod(monitoring, "use_tool_id", "is", id, "hone's loops"));
        if (used) tool.id = id;
        return static_cast<bool>(used);
    }
    return false;
}

bool start(PyObject* monitoring) {
    const Ref<> events = steal(PyObject_GetAttrString(monitoring, "events"));
    const Ref<> bit = steal(events ? PyObject_GetAttrString(events.get(), "JUMP") : nullptr);
    const Ref<> callback = make_event_callback(on_jump);
    if (!bit || !callback || !claim(monitoring)) return false;
    own_monitoring_tool(tool.id, true);
    tool.jump = PyLong_AsLong(bit.get());
    tool.set_local_events = PyObject_GetAttrString(monitoring, "set_local_events");
    const Ref<> set = steal(PyObject_CallMethod(monitoring, "register_callback", "iOO", tool.id,
                                                bit.get(), callback.get()));
    return set && tool.set_local_events != nullptr;
}

// Once it has failed, loops are not entered in this process.
bool started() {
    if (tool.id >= 0 || tool.refused) return tool.id >= 0 && !tool.refused;
    PyObject* const monitoring = PySys_GetObject("monitoring");
    tool.refused = monitoring == nullptr || !start(monitoring);
    PyErr_Clear();
    return !tool.refused;
}

bool set_events(PyCodeObject* code, long events) {
    const Ref<> done = steal(PyObject_CallFunction(tool.set_local_events, "iOl", tool.id,
                                                   reinterpret_cast<PyObject*>(code), events));
    if (!done) PyErr_Clear();
    return static_cast<bool>(done);
}

}  // namespace

bool traces_back_edges(PyThreadState*) noexcept {
    return false;
}

bool watch_back_edges(PyCodeObject* installed) noexcept {
    return started() && set_events(installed, tool.jump);
}

void unwatch_back_edges(PyCodeObject* installed) noexcept {
    if (tool.id >= 0) set_events(installed, 0);
}

void stop_back_edges() noexcept {
    if (tool.id < 0) return;
    PyObject* const monitoring = PySys_GetObject("monitoring");
    const Ref<> freed =
        steal(monitoring ? PyObject_CallMethod(monitoring, "free_tool_id", "i", tool.id) : nullptr);
    PyErr_Clear();
    own_monitoring_tool(tool.id, false);
    Py_CLEAR(tool.set_local_events);
    tool = {};
    tool.refused = true;
}

}  // namespace hone::cpython

#endif
