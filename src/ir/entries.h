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
    std::uint32_t count = 0;            // Zip: parts

    bool operator==(const EntrySlot&) const = default;
};

struct LoopEntry {
    std::uint32_t header = 0;  // code unit in the original code
    std::vector<EntrySlot> locals, stack;

    bool operator==(const LoopEntry&) const = default;
};

// Numbers and objects that the stack's items travel as.
[[nodiscard]] inline std::size_t words_of(const LoopEntry& entry) {
    std::size_t words = 0;
    for (const EntrySlot& slot : entry.stack)
        words += slot.form == SlotForm::Object || slot.form == SlotForm::Int ? 1 : 0;
    return words;
}

}  // namespace hone::ir
