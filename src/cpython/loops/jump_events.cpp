// SPDX-License-Identifier: Apache-2.0
// 3.12+: JUMP events, switched on for one code object at a time through sys.monitoring's own
// functions.
#include "cpython/private.h"

#include "cpython/loops/handler.h"

#if PY_VERSION_HEX >= 0x030C0000

#include <array>

#include "cpython/events/tool.h"
#include "cpython/ref.h"
#include "cpython/tools.h"

namespace hone::cpython {

namespace {

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
        back_edge_handler()(
            frame, thread,
            {static_cast<std::uint32_t>(from / 2), static_cast<std::uint32_t>(to / 2)});
    Py_RETURN_NONE;
}

constexpr std::array kEvents{ToolEvent{"JUMP", on_jump}};

bool start(PyObject* monitoring) {
    tool.id = claim_tool_id(monitoring, "hone's loops", kLoopToolIds);
    if (tool.id < 0) return false;
    own_monitoring_tool(tool.id, true);
    tool.jump = register_events(monitoring, tool.id, kEvents);
    tool.set_local_events = PyObject_GetAttrString(monitoring, "set_local_events");
    return tool.jump >= 0 && tool.set_local_events != nullptr;
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

bool announces_exits() noexcept {
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
    if (monitoring != nullptr) release_tool_id(monitoring, tool.id, kEvents);
    own_monitoring_tool(tool.id, false);
    Py_CLEAR(tool.set_local_events);
    tool = {};
    tool.refused = true;
}

}  // namespace hone::cpython

#endif
