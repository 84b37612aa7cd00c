// SPDX-License-Identifier: Apache-2.0
#include "cpython/events/tool.h"

#if PY_VERSION_HEX >= 0x030C0000

#include "cpython/events/callback.h"

namespace hone::cpython {

namespace {

bool succeeded(PyObject* result) {
    Py_XDECREF(result);
    return result != nullptr;
}

// The bit of an event, or -1.
long event_bit(PyObject* events, const char* name) {
    const Ref<> bit = steal(PyObject_GetAttrString(events, name));
    return bit ? PyLong_AsLong(bit.get()) : -1;
}

}  // namespace

Ref<> monitoring_module() {
    Ref<> monitoring = own(PySys_GetObject("monitoring"));
    if (!monitoring)
        PyErr_SetString(PyExc_RuntimeError, "hone can't profile: sys.monitoring is missing");
    return monitoring;
}

int claim_tool_id(PyObject* monitoring, const char* name, std::span<const int> ids) {
    for (const int id : ids) {
        const Ref<> holder = steal(PyObject_CallMethod(monitoring, "get_tool", "i", id));
        if (!holder) return -1;
        if (holder.get() != Py_None) continue;
        return succeeded(PyObject_CallMethod(monitoring, "use_tool_id", "is", id, name)) ? id : -1;
    }
    PyErr_SetString(
        PyExc_RuntimeError,
        "hone can't profile: other tools hold every free id of sys.monitoring (3, 4 and 5)");
    return -1;
}

long register_events(PyObject* monitoring, int tool, std::span<const ToolEvent> events) {
    const Ref<> names = steal(PyObject_GetAttrString(monitoring, "events"));
    if (!names) return -1;
    long mask = 0;
    for (const ToolEvent& event : events) {
        const long bit = event_bit(names.get(), event.name);
        const Ref<> callback = make_event_callback(event.callback);
        if (bit < 0 || !callback) return -1;
        if (!succeeded(PyObject_CallMethod(monitoring, "register_callback", "ilO", tool, bit,
                                           callback.get()))) {
            return -1;
        }
        mask |= bit;
    }
    return mask;
}

// free_tool_id() forgets events and callbacks by itself from 3.14 on only.
void release_tool_id(PyObject* monitoring, int tool, std::span<const ToolEvent> events) noexcept {
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    const Ref<> names = steal(PyObject_GetAttrString(monitoring, "events"));
    bool fine = names && succeeded(PyObject_CallMethod(monitoring, "set_events", "ii", tool, 0));
    for (const ToolEvent& event : events) {
        const long bit = fine ? event_bit(names.get(), event.name) : -1;
        fine = bit >= 0 && succeeded(PyObject_CallMethod(monitoring, "register_callback", "ilO",
                                                         tool, bit, Py_None));
    }
    // Another tool may have taken the id away: nothing is left to undo then.
    if (fine) (void)succeeded(PyObject_CallMethod(monitoring, "free_tool_id", "i", tool));
    PyErr_Restore(type, value, traceback);
}

}  // namespace hone::cpython

#endif
