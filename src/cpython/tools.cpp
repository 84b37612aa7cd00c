// SPDX-License-Identifier: Apache-2.0
#include "cpython/private.h"

#include "cpython/tools.h"

#include <string_view>

#include "cpython/events/compiled_calls.h"
#include "cpython/loops/back_edges.h"

namespace hone::cpython {

volatile int tools_active = 0;
volatile int foreign_tools_active = 0;

namespace {

unsigned own_tools = 0;  // sys.monitoring tool numbers that are ours
bool watching = false;

// The events come before the tool is set, so the flag goes up now and refresh_tools() looks at
// the next entry.
int on_audit(const char* event, PyObject*, void*) {
    std::string_view name = event;
    if (name == "sys.settrace" || name == "sys.setprofile" ||
        name == "sys.monitoring.register_callback") {
        tools_active = 1;
        foreign_tools_active = 1;
    }
    return 0;
}

bool any_thread_traced(Py_tracefunc own) {
    for (PyThreadState* thread = PyInterpreterState_ThreadHead(PyInterpreterState_Main());
         thread != nullptr; thread = PyThreadState_Next(thread)) {
        const bool traced = thread->c_tracefunc != nullptr && !traces_back_edges(thread);
        const bool profiled = thread->c_profilefunc != nullptr && thread->c_profilefunc != own;
        if (traced || profiled) return true;
    }
    return false;
}

}  // namespace

void own_monitoring_tool(int number, bool on) noexcept {
    own_tools = on ? own_tools | 1u << number : own_tools & ~(1u << number);
}

Result<void> watch_tools() {
    if (watching) return {};
    if (PySys_AddAuditHook(on_audit, nullptr) < 0) return fail("the audit hook was refused");
    watching = true;
    refresh_tools();
    return {};
}

int refresh_tools() noexcept {
    PyThreadState* thread = raw::thread_now();
    const CompiledCalls& profiler = compiled_calls();
    const bool foreign = any_thread_traced(profiler.function) || raw::hooked_evaluator(thread) ||
                         raw::foreign_tools(thread, own_tools | profiler.tools);
    foreign_tools_active = foreign ? 1 : 0;
    tools_active = foreign || profiler.sink != nullptr ? 1 : 0;
    return tools_active;
}

bool foreign_tool_on() noexcept {
    if (foreign_tools_active != 0) refresh_tools();
    return foreign_tools_active != 0;
}

}  // namespace hone::cpython
