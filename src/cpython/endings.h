// SPDX-License-Identifier: Apache-2.0
// The functions of module posix that end this process at once, or replace its program: nothing that
// was registered with atexit runs then.
#pragma once

#include <array>
#include <csignal>

namespace hone::cpython {

inline constexpr std::array kEndings{"_exit", "execv", "execve", "abort"};

// From now on `told` is called before any of them does its work (which may still fail). The program
// sees nothing of it: the function objects and their definitions stay, only the C function that the
// definition names is another. Once a process; false with a Python error set if it can't be done.
// Requires: the GIL.
[[nodiscard]] bool tell_of_endings(void (*told)() noexcept);

// Signals that end a program that does not handle them, and that it may be sent on purpose. SIGINT
// is one of them once the program gives it its default action.
inline constexpr std::array kEndingSignals{SIGTERM, SIGHUP,  SIGINT,  SIGQUIT,   SIGALRM,
                                           SIGUSR1, SIGUSR2, SIGXCPU, SIGVTALRM, SIGPROF};

// From now on `told` is called before one of them ends this process, when the main thread gets to
// serve signals. The program sees nothing of it: signal.getsignal() and signal.signal() say
// SIG_DFL, and what it sets itself, SIG_DFL included, is as if it were alone. A forked child has
// the default actions. Once a process; false with a Python error set if it can't be done. Requires:
// the GIL, in the main thread.
[[nodiscard]] bool tell_of_ending_signals(void (*told)() noexcept);

}  // namespace hone::cpython
