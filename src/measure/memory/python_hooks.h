// SPDX-License-Identifier: Apache-2.0
// The allocators of Python's three domains (PyMem_SetAllocator), each in front of the one that was
// there. Blocks that Python's own allocator serves by itself are counted together; those that it
// gets from malloc(), and all where another allocator is in use (PYTHONMALLOC, tracemalloc), are
// counted by the thread, and what is asked for meanwhile is not counted once more (Stream::inside).
#pragma once

#include <Python.h>

namespace hone::measure::memory {

// With the GIL. Nothing happens if they are in.
void put_python_hooks_in() noexcept;
// Those that others have put theirs in front of stay, and let pass.
void take_python_hooks_out() noexcept;

}  // namespace hone::measure::memory
