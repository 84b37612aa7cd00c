// SPDX-License-Identifier: Apache-2.0
// 3.12+: a tool id of sys.monitoring and the events it listens to. Everything needs the GIL; errors
// are Python errors that are set.
#pragma once

#include <Python.h>

#include <span>

#include "cpython/ref.h"

namespace hone::cpython {

struct ToolEvent {
    const char* name;  // as in sys.monitoring.events
    vectorcallfunc callback;
};

// sys.monitoring; null with an error set.
[[nodiscard]] Ref<> monitoring_module();
// The first free one of ids 4, 3 and 2, now taken under this name, or -1. Ids 0, 1, 2 and 5 are
// meant for debuggers, coverage, profilers and optimizers (PEP 669).
[[nodiscard]] int claim_tool_id(PyObject* monitoring, const char* name);
// Hands the callbacks in; the events' bits, or -1.
[[nodiscard]] long register_events(PyObject* monitoring, int tool,
                                   std::span<const ToolEvent> events);
// Gives id, events and callbacks back. Keeps a Python error that is set.
void release_tool_id(PyObject* monitoring, int tool, std::span<const ToolEvent> events) noexcept;

}  // namespace hone::cpython
