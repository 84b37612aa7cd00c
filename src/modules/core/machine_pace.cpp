// SPDX-License-Identifier: Apache-2.0
// _core.machine_pace(): see measure/pace.h.
#include "measure/pace.h"

#include "modules/core/part.h"

namespace hone::modules {

namespace {

PyObject* machine_pace(PyObject*, PyObject*) {
    return PyLong_FromLongLong(measure::read_pace());
}

PyMethodDef functions[] = {
    {"machine_pace", machine_pace, METH_NOARGS,
     "machine_pace() -> int\n\nTicks that a fixed piece of work takes at this moment: more of them "
     "when the core is shared or clocked lower. Costs about a microsecond."},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace

bool add_machine_pace(PyObject* module) {
    return PyModule_AddFunctions(module, functions) == 0;
}

}  // namespace hone::modules
