// SPDX-License-Identifier: Apache-2.0
// Foreign tracers, debuggers and profilers: while one is active, entries decline and exits
// leave at the next chance, so that the tool sees the user's own bytecode.
#pragma once

#include "base/result.h"

namespace hone::cpython {

// Nonzero while a tool is on; read it (relaxed) at every entry and loop poll. Kept by an audit
// hook (sys.settrace, sys.setprofile, sys.monitoring.*) which marks it "look", after which
// refresh_tools() decides from the thread state and the monitoring tables.
extern volatile int tools_active;
// The same without hone's own call profiler, which code compiled for it tells what it wants to
// know.
extern volatile int foreign_tools_active;

// 3.12+: monitoring under this tool number is hone's own and does not count. Requires the GIL.
void own_monitoring_tool(int number, bool on) noexcept;

// Installs the audit hook. It can't be removed, as CPython has it.
[[nodiscard]] Result<void> watch_tools();
// Is a foreign tool on? Looks again where one was.
[[nodiscard]] bool foreign_tool_on() noexcept;
// Looks now: 3.11 tracing of this thread, a PEP 523 evaluator, 3.12+ monitoring tools with
// events. Returns tools_active.
int refresh_tools() noexcept;

}  // namespace hone::cpython
