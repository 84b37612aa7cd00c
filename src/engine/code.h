// SPDX-License-Identifier: Apache-2.0
// One prepared code object as the engine sees it: how often it ran, with which types, whether
// it is compiled, what its compiled versions assumed and how often they left.
//
// A Code lives as long as its Entry (cpython/trampoline.h). A Version, once linked, lives as long
// as its Code: an activation may still be inside one that has been replaced.
// Everything here needs the GIL.
#pragma once

#include <Python.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "compiler/compiler.h"
#include "cpython/objects.h"
#include "cpython/ref.h"
#include "cpython/stacks/compiled_stack.h"
#include "cpython/trampoline.h"
#include "engine/contest.h"
#include "engine/watch.h"

namespace hone::engine {

struct Code;

// A name that compiled code took for granted: dict[name] is `expected` (null: absent).
struct AssumedName {
    PyObject* dict;  // borrowed from the version's object table
    PyObject* name;
    PyObject* expected;
};

// A class whose attributes compiled code took for granted, as of this version.
struct AssumedClass {
    PyTypeObject* type;  // borrowed from the version's object table
    std::uint32_t version;
};

// By class: how often one that was assumed turned out changed. The keys are never looked into.
using ClassChanges = std::map<PyObject*, int>;

using Body = PyObject* (*)(cpython::Frame* frame, PyThreadState* thread);

// What compiled callers of a code look at: where to go, null while there is nothing to call, and
// how often they went there. Generated code knows it as hone_target_<N>.
struct Target {
    void* direct = nullptr;
    std::uint64_t calls = 0;
};

// One compiled body; generated code knows it as hone_code.
struct Version {
    Code* code = nullptr;
    cpython::ObjectTable objects;
    compiler::ObjectCode made;
    std::unique_ptr<compiler::LinkedCode> linked;
    Body body = nullptr;
    std::uint8_t valid = 1;       // 0: an assumed name was touched since names_hold was true
    PyObject* globals = nullptr;  // in the object table
    PyObject* builtins = nullptr;
    std::uint64_t globals_version = 0;  // 3.11: dict versions at which the names were checked
    std::uint64_t builtins_version = 0;
    std::vector<AssumedName> names;
    std::vector<AssumedClass> classes;
    std::vector<std::uint64_t> exits;   // how often each row was taken
    std::uint32_t active = 0;           // activations running now
    std::optional<ir::LoopEntry> loop;  // entered there, if the frame looks so
    std::vector<std::int64_t> words;    // what such a frame's stack was taken apart into
    std::size_t last_exit = 0;          // the row by which a loop was left last
    bool stale = false;                 // given up; an activation may still be inside
    compiler::Watched watched;          // for which profilers it is (announce.h)
    std::vector<std::vector<cpython::OwnFrame>> places;  // of made.places; innermost first
    std::size_t broken = 0;                              // assumptions it did without: how many
    bool tells_lines = false;                            // to the line profiler
    std::uint64_t lines_epoch = 0;                       // announce.h

    ~Version();
};

// A loop header as the engine sees it.
struct Loop {
    std::uint32_t first = 0, last = 0;  // header and last jump to it: units of the original
    std::vector<std::uint32_t> names;  // a module's variables that it, or a loop around it, assigns
    std::vector<std::unique_ptr<Version>> versions;
    std::uint32_t fruitless = 0;  // entries that were left at once
    std::string refused;          // why it is not entered any more
};

// Unfit: compiled, but for the other kind of run (announce.h); its next call compiles it again.
enum class State : std::uint8_t { Cold, Compiled, Unfit, Interpreted };

struct Code {
    cpython::Entry* entry = nullptr;  // which owns this
    State state = State::Cold;
    std::string reason;  // why it is interpreted
    std::uint64_t calls = 0, exits = 0;
    std::uint32_t compiles = 0;
    double compile_seconds = 0;
    std::int64_t compile_bytes = 0;    // by which compiling it made the process larger
    std::unique_ptr<Contest> contest;  // while compiled code is compared with the interpreter
    double ratio = 0;  // what came out: times as fast as interpreted; 0 = nothing yet
    std::vector<ir::TypeKind> types;     // of the arguments, over the cold calls
    std::vector<std::uint32_t> classes;  // of the arguments: versions of Python classes; 0 = others
    compiler::Broken broken;
    ClassChanges class_changes;
    std::set<std::string> unstable;                  // globals that were rebound: not assumed again
    std::vector<std::unique_ptr<Version>> versions;  // the last one is current
    std::vector<compiler::LineNote> notes;
    Sample sample;                         // which calls an observer is shown
    Target target;                         // kept by set_state()
    const void* target_globals = nullptr;  // of the functions it serves; an address, never read
    std::vector<Loop> loops;
    bool loops_read = false;
    bool watched = false;        // its back edges are announced
    bool lines_watched = false;  // by the line profiler (3.12+)
    std::uint32_t ticks = 0;     // how often the ticker met it in a loop
    std::uint64_t loop_entries = 0;

    [[nodiscard]] std::uint64_t all_calls() const { return calls + target.calls; }
    [[nodiscard]] Version* current() const {
        return versions.empty() ? nullptr : versions.back().get();
    }
    [[nodiscard]] PyCodeObject* original() const { return entry->original; }
};

// Every change of Code::state: compiled callers follow.
void set_state(Code& code, State state);

// Compiles `code` for functions over `globals`, or marks it interpreted with the reason.
void compile(Code& code, PyObject* globals, PyObject* builtins);
// A version for frames over `globals` that stand at a loop as `entry` says.
[[nodiscard]] Result<std::unique_ptr<Version>> compile_loop(Code& code, ir::LoopEntry entry,
                                                            PyObject* globals, PyObject* builtins);

}  // namespace hone::engine
