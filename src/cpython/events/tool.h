// SPDX-License-Identifier: Apache-2.0
// 3.12+: a tool id of sys.monitoring and the events it listens to. Everything needs the GIL; errors
// are Python errors that are set.
#pragma once

#include <Python.h>

#include <array>
#include <span>

#include "cpython/ref.h"

namespace hone::cpython {

struct ToolEvent {
    const char* name;  // as in sys.monitoring.events
    vectorcallfunc callback;
};

// sys.monitoring; null with an error set.
[[nodiscard]] Ref<> monitoring_module();
// Ids 0, 1, 2 and 5 are meant for debuggers, coverage, profilers and optimizers (PEP 669). cProfile
// knows no other than 2, so that is left to it; nobody is known to take 5.
inline constexpr std::array kProfilerToolIds{4, 3, 5};
inline constexpr std::array kLoopToolIds{3, 4};
// The first free one of these ids, now taken under this name, or -1.
[[nodiscard]] int claim_tool_id(PyObject* monitoring, const char* name, std::span<const int> ids);
// Hands the callbacks in; the events' bits, or -1.
[[nodiscard]] long register_events(PyObject* monitoring, int tool,
                                   std::span<const ToolEvent> events);
// Gives id, events and callbacks back. Keeps a Python error that is set.
void release_tool_id(PyObject* monitoring, int tool, std::span<const ToolEvent> events) noexcept;

}  // namespace hone::cpython
