// SPDX-License-Identifier: Apache-2.0
// Signals of a process that has gone wrong, and can't be trusted to run anything any more. What is
// to be saved from it is saved by a copy of it, which may go wrong as well.
#pragma once

#include <array>
#include <csignal>

namespace hone::cpython {

inline constexpr std::array kCrashes{SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};

// From now on `told` is called when one of them comes to this process (no child of it), in a forked
// copy of it and with the GIL. The copy ends when `told` returns, or after so many seconds; there
// is none to speak of if another thread had the GIL, and none at all if the stack has overflowed.
// Then the signal takes its course: another's handler that was there before, or one that has come
// later and gives way to the one that it found (as faulthandler does), gets it as well. Module
// signal knows nothing of it. Once a process. Requires: the GIL, in the main thread.
void tell_of_crashes(void (*told)(int number) noexcept) noexcept;

inline constexpr unsigned kPatienceForLock = 1;  // seconds, for the GIL
inline constexpr unsigned kPatience = 20;

}  // namespace hone::cpython
