// SPDX-License-Identifier: Apache-2.0
// What hone's profilers and compiled code know of each other. They live in two extension modules,
// _core and _jit, either of which may be missing: whoever comes first makes the record, the other
// finds it at the interpreter.
// Threads: everything under the GIL, but for read_compiled.
#pragma once

#include <Python.h>

namespace hone::cpython {

class CallSink;
class CompiledStack;
class LineSink;

struct CompiledCalls {
    // The profiler's, while it listens to every call: whom to tell what the interpreter can't.
    CallSink* sink = nullptr;
    unsigned tools = 0;               // bits of the sys.monitoring ids that it holds (3.12+)
    Py_tracefunc function = nullptr;  // its profile function (3.11)

    // The memory profiler's, while it records: called when the engine begins to compile and when it
    // has ended. What is asked for meanwhile is hone's own.
    void (*compiling)(bool begins) noexcept = nullptr;

    // The line profiler's, while it watches: whom to tell of lines (3.12+), and that the
    // interpreter goes on in a frame at an instruction whose line has been told of already. 3.11:
    // what the probes in its codes are, and what they do when they are met in compiled code.
    LineSink* lines = nullptr;
    void (*goes_on)(const void* frame, unsigned unit) noexcept = nullptr;
    PyTypeObject* probe_type = nullptr;
    void (*speak)(PyObject* probe) noexcept = nullptr;

    // The engine's: the lines of this code are watched from now on, or no longer (3.12+).
    void (*lines_watched)(PyCodeObject* code, bool on) noexcept = nullptr;
    // The engine's: called after one of these has changed.
    void (*changed)() noexcept = nullptr;
    // Where the calling thread is in code that tells it, which it does while `compiling` is set.
    void (*read_compiled)(CompiledStack& stack) = nullptr;
};

// The one of this process. Never null: without memory for it the caller gets one that nobody else
// knows.
[[nodiscard]] CompiledCalls& compiled_calls() noexcept;

}  // namespace hone::cpython
