// SPDX-License-Identifier: Apache-2.0
#include "cpython/private.h"

#include "cpython/tools.h"

#include <string_view>

#include "cpython/loops/back_edges.h"

namespace hone::cpython {

volatile int tools_active = 0;

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
    }
    return 0;
}

bool any_thread_traced() {
    for (PyThreadState* thread = PyInterpreterState_ThreadHead(PyInterpreterState_Main());
         thread != nullptr; thread = PyThreadState_Next(thread)) {
        const bool traced = thread->c_tracefunc != nullptr && !traces_back_edges(thread);
        if (traced || thread->c_profilefunc != nullptr) return true;
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
    bool active = any_thread_traced() || raw::hooked_evaluator(thread) ||
                  raw::foreign_tools(thread, own_tools);
    tools_active = active ? 1 : 0;
    return tools_active;
}

}  // namespace hone::cpython
