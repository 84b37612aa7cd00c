// SPDX-License-Identifier: Apache-2.0
// Confining a forked twin: it may compute, get memory, read clocks, write to one pipe and end;
// any other system call is an effect. Shared mappings become private copies first, because writing
// to them is no system call. Irrevocable; for a process with one thread that will _exit.
#pragma once

namespace hone::tune {

// An attempted effect ends the process with this exit status.
inline constexpr int kHadEffects = 77;

// 0, or errno: then the process is not confined and must not go on.
int confine(int result_pipe);

}  // namespace hone::tune
