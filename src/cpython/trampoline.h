// SPDX-License-Identifier: Apache-2.0
// Prepared code objects: the user's bytecode with a prologue behind RESUME that asks a native
// constant first (DESIGN, the compiler, 5).
//
//   LOAD_CONST entry; UNARY_NEGATIVE; COPY 1; LOAD_CONST sentinel; IS_OP; POP_JUMP_IF_TRUE L;
//   RETURN_VALUE; L: UNARY_INVERT; POP_JUMP_IF_NONE body; <pad: calls E, exits.h>; body: ...
//
// Entry::call answers with a new reference: the function's result, or the sentinel, which says
// that the body is to run (declined()) or that an exit is pending (what take_exit returned).
// It never returns null: an exception leaves through an exit row of kind Raise.
// The sentinel is one object and its inversion tells the two apart, so that results are tested
// once and only declined calls pay a second native call.
// Offsets: body instruction at unit X of the original is at X + body_offset in the installed
// code. A prepared code object's consts are the original's plus entry, sentinel, E.
#pragma once

#include <Python.h>

#include <cstdint>
#include <functional>

#include "base/result.h"
#include "cpython/frame.h"
#include "cpython/ref.h"

namespace hone::cpython {

struct Entry {
    PyObject_HEAD
        // What UNARY_NEGATIVE runs, set by the engine at any time under the GIL. The frame is the
        // running one, its arguments are in its locals, its position is the body's first line.
        PyObject* (*call)(Entry*, Frame*, PyThreadState*);
    void* owner;                // the engine's; see set_entry_release
    PyCodeObject* original;     // strong
    PyCodeObject* installed;    // borrowed; null once the prepared code object is gone
    std::uint32_t body_offset;  // code units
    std::uint32_t body_unit;    // code unit in the installed code where the body goes on
    std::uint32_t prologue;     // code unit in the installed code where the prologue begins
    std::uint32_t pad;          // code unit of the pad that calls E
    bool enterable;             // has a prologue; else the pad only, for loop entries
    std::uint32_t
        landing;       // code unit of the pad for an empty frame (no local, no stack); 0 = none
    void* body_start;  // position written into the frame at entry
};

// A new reference to the sentinel: Entry::call's answer for "run the body". take_exit returns
// the same object.
[[nodiscard]] PyObject* declined() noexcept;

// Called once with Entry::owner (not null) when an entry dies.
void set_entry_release(void (*release)(void* owner)) noexcept;

// Makes the types and E. Requires: read_layout() succeeded. Idempotent.
[[nodiscard]] Result<void> start_trampolines();
// Adds what pickled prepared code refers to (`_entry`, `_sentinel`, `_leave`) to the module.
[[nodiscard]] bool add_trampoline_names(PyObject* module);

// An entry that declines, for a code object.
[[nodiscard]] Ref<Entry> make_entry(PyCodeObject* original);

// The prepared copy. Generators, coroutines, modules and class bodies have no prologue: they are
// entered at their loops only (loops/entry.h), for which they get the pad alone, jumped over. Fails
// for those without loops, for code without RESUME, prepared code.
[[nodiscard]] Result<Ref<PyCodeObject>> prepare(PyCodeObject* original, Entry* entry);

// The whole tree: nested code constants are replaced in their parents' copies, bottom up.
// `choose` returns the entry for a code object, or none to leave it as it is (it is asked
// only for code that can be prepared). Code in which nothing changed is returned itself.
using ChooseEntry = std::function<Ref<Entry>(PyCodeObject* original)>;
[[nodiscard]] Ref<PyCodeObject> prepare_tree(PyCodeObject* code, const ChooseEntry& choose);

// The entry of prepared code, else null (borrowed).
[[nodiscard]] Entry* entry_of(PyCodeObject* code) noexcept;
// The same by a look at its constants: quicker, and for code that has a prologue only.
[[nodiscard]] Entry* entry_in_constants(PyCodeObject* code) noexcept;
// The code before preparing: nested constants too. Borrowed; `code` itself if not prepared.
[[nodiscard]] PyCodeObject* original_of(PyCodeObject* code) noexcept;

// Address in the installed code that unit 0 of the original would have there: the body's units
// follow it in order.
[[nodiscard]] const void* body_units(const Entry& entry) noexcept;

// Switches the prologue off and on in place: off, a call pays one forward jump. Returns
// false when the instruction can't be changed now (instrumented by a tool): try later.
bool switch_prologue(Entry* entry, bool on) noexcept;

}  // namespace hone::cpython
