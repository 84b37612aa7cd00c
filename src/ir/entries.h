// SPDX-License-Identifier: Apache-2.0
// A loop header as a place to enter compiled code at: what the frame's slots hold when the
// interpreter gets there. Plain data, the inverse of an exit row: cpython/loops observes it and
// takes the stack apart, the front end starts from it, the engine keeps one version for each.
//
// Stack items that nobody else holds travel in parts (an iterator as its list and its index), so
// that the loop goes on without an iterator object. Each leaf, an Object or a number of a compound
// form, takes one word, in order; objects in words come with their reference.
#pragma once

#include <cstdint>
#include <vector>

#include "ir/exits.h"
#include "ir/types.h"

namespace hone::ir {

struct EntrySlot {
    // Locals: Object, Unbound, or Keep for a cell, of which nothing is said. Stack: Object,
    // Unbound, RangeIter, ListIter, TupleIter, Reversed, Enumerate, Zip; the parts follow as in
    // exits.h, and for a list or tuple iterator in two slots (3.15) the second one's Unbound.
    SlotForm form = SlotForm::Unbound;
    TypeKind type = TypeKind::Unknown;  // of an Object, exactly
    bool big = false;                   // an int beyond 64 bits
    bool shared = false;                // a number that another local is, too: stays that object
    std::uint32_t count = 0;            // Zip: parts

    bool operator==(const EntrySlot&) const = default;
};

// A module's variable that its loop assigns.
struct EntryVariable {
    std::uint32_t name = 0;  // index in names
    EntrySlot slot;          // Unbound: it has no value yet

    bool operator==(const EntryVariable&) const = default;
};

struct LoopEntry {
    std::uint32_t header = 0;  // code unit in the original code
    std::vector<EntrySlot> locals, stack;
    std::vector<EntryVariable> variables;

    bool operator==(const LoopEntry&) const = default;
};

// A variable of this kind may be kept out of its dict for a while: nothing happens when its value
// dies. It travels in a word, behind those of the stack.
[[nodiscard]] inline bool is_held(const EntrySlot& variable) {
    return variable.form == SlotForm::Object && dies_quietly(variable.type);
}

// Numbers and objects that stack and variables travel as.
[[nodiscard]] inline std::size_t words_of(const LoopEntry& entry) {
    std::size_t words = 0;
    for (const EntrySlot& slot : entry.stack)
        words += slot.form == SlotForm::Object || slot.form == SlotForm::Int ? 1 : 0;
    for (const EntryVariable& variable : entry.variables) words += is_held(variable.slot) ? 1 : 0;
    return words;
}

}  // namespace hone::ir
