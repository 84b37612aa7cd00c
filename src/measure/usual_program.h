// SPDX-License-Identifier: Apache-2.0
// A program that does what programs do: it calls some 30 methods, functions and native functions of
// various callers, in turns as its data has it. A loop over one function keeps a probe in the
// core's caches and its branches foreseen: ten programs of pyperformance paid 1.3 times as much for
// a call as such a loop does on 3.14, and so does this one.
#pragma once

namespace hone::measure {

extern const char* const kUsualProgram;  // its function `work` takes a number of rounds

}  // namespace hone::measure
