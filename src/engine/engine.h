// SPDX-License-Identifier: Apache-2.0
// What to compile and when: prepares code objects, counts their calls, compiles the hot ones,
// recompiles without an assumption that fails often, gives up where compiled code only leaves.
// Everything needs the GIL.
#pragma once

#include <Python.h>

#include <cstdint>
#include <functional>
#include <vector>

#include "base/result.h"
#include "compiler/compiler.h"
#include "cpython/ref.h"
#include "engine/code.h"
#include "engine/loops.h"

namespace hone::engine {

struct Settings {
    std::uint32_t threshold =
        60;  // calls before a function is compiled; its bytecode is specialised by then
    compiler::ForcedExits exits = compiler::ForcedExits::None;
    std::uint64_t seed = 0;
    LoopEntries loops = LoopEntries::Hot;
};

[[nodiscard]] Settings& settings();

// Checks the interpreter and makes the trampolines; a sentence where hone can't run.
[[nodiscard]] Result<void> start();

// The interpreter is ending: no compiled code is entered any more, and what it held (modules'
// globals, their functions) is given back, so that modules die as they would without hone and a
// file left open is flushed. Versions that some thread is inside keep theirs.
void stop();

using Selector = std::function<bool(PyCodeObject*)>;
// A copy of the code tree with an entry for every function that `select` names; null with a Python
// error.
[[nodiscard]] cpython::Ref<PyCodeObject> prepare(PyCodeObject* code, const Selector& select);

// The prepared code objects that are alive, in the order in which they were prepared.
[[nodiscard]] const std::vector<Code*>& all_codes();
// Of a prepared code object; null otherwise.
[[nodiscard]] Code* code_of(PyCodeObject* code);

}  // namespace hone::engine
