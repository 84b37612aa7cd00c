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
    // Calls before a function is compiled; its bytecode is specialised by then. Fewer if the ticker
    // finds it in a loop again and again (kTicksBeforeCall), unless somebody asks for more calls.
    static constexpr std::uint32_t kThreshold = 60;
    std::uint32_t threshold = kThreshold;
    compiler::ForcedExits exits = compiler::ForcedExits::None;
    std::uint64_t seed = 0;
    bool compare = true;  // with the interpreter, and drop compiled code that is slower
    LoopEntries loops = LoopEntries::Hot;
    std::uint64_t lot = 0;  // Always: which back edges are entered, by lot; 0 = all
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
// Which way its calls are entered: as those who watch want it.
void choose_entry(Code& code);
// No call is made in compiled code from now on, nor is anything compiled.
void close_entry(Code& code);
// Of a prepared code object; null otherwise.
[[nodiscard]] Code* code_of(PyCodeObject* code);

}  // namespace hone::engine
