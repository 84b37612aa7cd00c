// SPDX-License-Identifier: Apache-2.0
// The process tree of a sealed run: the launcher (in the caller's namespaces), the keeper (PID 1
// inside: builds the root, reaps, watches the clock, reads what was changed) and the program. When
// the launcher dies, the kernel kills the keeper, and with PID 1 everything inside.
#pragma once

#include "tune/seal/request.h"

namespace hone::tune {

// Runs the request, writes the answer to request.result, returns the launcher's exit status.
int launch(const SealRequest& request);

}  // namespace hone::tune
