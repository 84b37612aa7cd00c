// SPDX-License-Identifier: Apache-2.0
// How hone's own little functions are called (bare_function() in slots.h makes them), one of which
// compiled code calls where the interpreter would look whether there is something to do: who is
// called from there sees the frames of the compiled functions, with their positions, below it.
#pragma once

namespace hone::cpython {

inline constexpr char kHelperFile[] = "<hone>";
inline constexpr char kServer[] = "_serve";

}  // namespace hone::cpython
