// SPDX-License-Identifier: Apache-2.0
// Where the calling thread is in compiled code, for a profiler that asks in the middle of it: while
// hone's memory profiler records, compiled functions run in versions that keep their place in their
// record (compiler::Watched::places), and are entered with a root of their own, from which the
// records are found. Nothing of that is there while nobody asks.
#pragma once

#include <Python.h>

#include <cstdint>

#include "cpython/frame.h"
#include "cpython/stacks/compiled_stack.h"
#include "engine/code.h"
#include "ir/activation.h"

namespace hone::engine {

// The root of the entry that is being made; read by what is entered before anything else happens.
extern ir::Activation* entered;

// Runs the version in `frame`; requires that it tells its places.
PyObject* run_placed(Version& version, cpython::Frame* frame, PyThreadState* thread,
                     std::uint64_t stack_limit);

// The places of a version that has just been made.
void make_places(Version& version);

// The calling thread's activations. Threads: any, with or without the GIL; it allocates.
void read_compiled(cpython::CompiledStack& stack);

// Python code is about to run in frames that are above the activation's, or in its own: it is no
// longer, or for as long, to be found among the compiled ones.
void hide(ir::Activation& activation) noexcept;

}  // namespace hone::engine
