// SPDX-License-Identifier: Apache-2.0
// 3.12+: a callback for sys.monitoring that is a C++ function itself.
#pragma once

#include <Python.h>

#include "cpython/ref.h"

namespace hone::cpython {

// A builtin function in between would cost 2-3 ns an event. Null with an error set on failure.
[[nodiscard]] Ref<> make_event_callback(vectorcallfunc call);

}  // namespace hone::cpython
