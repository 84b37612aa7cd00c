// SPDX-License-Identifier: Apache-2.0
// While hone's own profilers watch, compiled functions go on running compiled: in versions that are
// made for them (compiler::Watched). Those for the call profiler inline no Python function and
// announce the calls that the interpreter does not see; a function that the interpreter calls is
// announced by it, as ever. Those for the memory profiler tell where they are (places.h).
// Everything needs the GIL.
#pragma once

#include <Python.h>

#include <cstdint>
#include <string_view>

#include "compiler/compiler.h"
#include "cpython/frame.h"
#include "cpython/loops/back_edges.h"
#include "ir/activation.h"

namespace hone::engine {

struct Version;

// From now on the profilers are heard of.
void start_announcing();
// Who watches.
[[nodiscard]] compiler::Watched watched_now() noexcept;
// Whether this version is the kind to run now.
[[nodiscard]] bool fits(const Version& version) noexcept;
// How often it has changed whose lines the line profiler watches: what was inlined before may be
// watched now.
[[nodiscard]] std::uint64_t lines_epoch() noexcept;
// Is a tool on that this version does not announce its calls to?
[[nodiscard]] bool unheard_tool_on(const Version& version) noexcept;
// Compiling begins, or has ended: what it asks for is no part of a profile.
void tell_compiling(bool begins) noexcept;
// Compiled code comes to a line, or leaves for the interpreter, which goes on at this unit.
void tell_line(const ir::Activation* activation, PyThreadState* thread, std::int64_t line) noexcept;
void tell_exit(cpython::Frame* frame, std::uint32_t unit) noexcept;
void tell_probe(PyObject* probe) noexcept;
// The interpreter, which jumps to a loop's header, would have come to it.
void tell_header(const Version& version, cpython::Frame* frame, PyThreadState* thread,
                 cpython::Jump jump) noexcept;
// So much time of this thread went into compiling, which is no part of a profile.
void leave_compiling_out(std::int64_t nanoseconds) noexcept;

// What a symbol stands for in a version that announces; null: the same as elsewhere.
[[nodiscard]] const void* announced(std::string_view symbol);

}  // namespace hone::engine
