// SPDX-License-Identifier: Apache-2.0
// The exit table: how compiled code hands its state to the interpreter. Plain data,
// made by lowering, carried in the object code, read by cpython/exits.cpp.
//
// At an exit, cold code stores the live values of the row into a buffer of 64-bit
// words (objects as pointers, F64 by bit pattern, Bool as 0/1) and makes one call.
// The row says which frames there are (outermost first: the entered function, then
// inlined ones), where each goes on, and how each slot is made from the buffer.
//
// Ownership: slots take *new* references of the objects in the buffer; afterwards the
// objects in `release` lose one (those the compiled code owned). A row with kind Sync
// writes the locals and positions only, releases nothing, and compiled code goes on.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ir/unit.h"

namespace hone::ir {

enum class SlotForm : std::uint8_t {
    Keep,     // the frame's slot already holds what it should (locals of the entered function only)
    Unbound,  // NULL
    Object,   // buffer[a], may be NULL
    Int,      // int from buffer[a]
    Float,    // float from the bits in buffer[a]
    Boolean,  // True/False from buffer[a]
    Constant,     // object number a of the code's object table
    Tuple,        // a = number of items; the item rows follow this one, depth first
    RangeIter,    // three rows follow, each Int: next value, number left, step
    ListIter,     // two rows follow: list, Int index
    TupleIter,    // two rows follow: tuple, Int index
    Enumerate,    // two rows follow: Int next count, the inner iterator (itself a form)
    Zip,          // a = number of inner iterators, which follow
    Reversed,     // two rows follow: list, Int index
    TaggedIndex,  // 3.15: second slot of a for over a list or tuple: tagged int from buffer[a]
    Method,       // bound method: two rows follow: function or method descriptor, self
    Slice,        // three rows follow: start, stop, step
    Range,        // three rows follow, each Int: start, stop, step
    Complex,      // two rows follow, each Float: real, imaginary
    Maybe,        // two rows follow: Boolean, and what the slot holds if it is true; else unbound
    ListSlice,    // four rows follow: list, Int start, Int step (1 or -1), Int count
};

struct SlotRow {
    SlotForm form = SlotForm::Unbound;
    std::uint32_t a = 0;
};

struct FrameRow {
    ObjectId function;  // inlined frames: the function object; none for the entered frame
    std::uint32_t resume =
        0;  // code unit in the original code where it goes on, or which raised / is running a call
    bool reads_next =
        false;  // unused by the entered frame; inlined: the outer frame's call result is pushed
    std::uint32_t locals = 0;  // number of localsplus slots described
    std::uint32_t stack = 0;   // number of stack slots described
    std::vector<SlotRow>
        slots;  // locals, then stack bottom to top; compound forms are followed by their parts
};

enum class ExitKind : std::uint8_t {
    Resume,  // the interpreter executes the instruction at `resume`
    Raise,   // a Python error is set; the instruction at `resume` failed
    Sync,    // compiled code goes on after Python code has looked at the frame
};

struct ExitRow {
    ExitKind kind = ExitKind::Resume;
    std::string reason;                  // "a is not a float": what explain and recompilation read
    std::uint32_t guard = 0;             // number of the assumption, for recompilation without it
    std::uint32_t words = 0;             // length of the buffer
    std::vector<FrameRow> frames;        // outermost first
    std::vector<std::uint32_t> release;  // buffer words
};

}  // namespace hone::ir
