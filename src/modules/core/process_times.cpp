// SPDX-License-Identifier: Apache-2.0
// _core.process_times(): see measure/process_times.h.
#include "measure/process_times.h"

#include "modules/core/part.h"

namespace hone::modules {

namespace {

PyObject* process_times(PyObject*, PyObject*) {
    const measure::ProcessTimes times = measure::process_times();
    return Py_BuildValue("{s:L,s:d,s:d,s:d,s:d,s:L,s:L,s:L,s:L,s:L}", "wall_ns",
                         static_cast<long long>(times.wall_ns), "user_seconds", times.user_seconds,
                         "system_seconds", times.system_seconds, "children_user_seconds",
                         times.children_user_seconds, "children_system_seconds",
                         times.children_system_seconds, "peak_bytes",
                         static_cast<long long>(times.peak_bytes), "voluntary_switches",
                         static_cast<long long>(times.voluntary_switches), "involuntary_switches",
                         static_cast<long long>(times.involuntary_switches), "minor_faults",
                         static_cast<long long>(times.minor_faults), "major_faults",
                         static_cast<long long>(times.major_faults));
}

PyMethodDef functions[] = {
    {"process_times", process_times, METH_NOARGS,
     "process_times() -> dict\n\nWhat the operating system has charged this process and its "
     "finished children so far."},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace

bool add_process_times(PyObject* module) {
    return PyModule_AddFunctions(module, functions) == 0;
}

}  // namespace hone::modules
