// SPDX-License-Identifier: Apache-2.0
// The functions of module posix that end this process at once, or replace its program: nothing that
// was registered with atexit runs then.
#pragma once

#include <array>

namespace hone::cpython {

inline constexpr std::array kEndings{"_exit", "execv", "execve", "abort"};

// From now on `told` is called before any of them does its work (which may still fail). The program
// sees nothing of it: the function objects and their definitions stay, only the C function that the
// definition names is another. Once a process; false with a Python error set if it can't be done.
// Requires: the GIL.
[[nodiscard]] bool tell_of_endings(void (*told)() noexcept);

}  // namespace hone::cpython
