// SPDX-License-Identifier: Apache-2.0
// How much of the machine's stack is left. The interpreter calls Python functions without using
// it; compiled code does not, so it stops calling while there is enough for what is under way.
// Requires the GIL.
#pragma once

#include <Python.h>

#include <cstdint>

namespace hone::cpython {

// Below this address compiled code of the calling thread is not entered any more; ~0 where the
// interpreter allows few more calls through C.
[[nodiscard]] std::uint64_t stack_limit(PyThreadState* thread) noexcept;

}  // namespace hone::cpython
