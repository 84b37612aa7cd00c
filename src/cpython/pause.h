// SPDX-License-Identifier: Apache-2.0
// The file name of the empty function that compiled code calls where the interpreter would look
// whether there is something to do: who is called from there sees the compiled function's frame,
// with its position, below one of this file.
#pragma once

namespace hone::cpython {

inline constexpr char kPauseFile[] = "<hone pause>";

}  // namespace hone::cpython
