// SPDX-License-Identifier: Apache-2.0
// The abstract state of the front end: what each slot of the interpreter's frames would
// hold at a point of the bytecode, as far as compiled code has made it.
//
// An Item is one slot. A plain value may be held as an object, unboxed ("raw"), both, or as
// a known constant that nothing has asked for yet; compound forms stand for objects that
// are not made (iterators of loops, tuples, slices) and are made at exits only.
#pragma once

#include <cstdint>
#include <vector>

#include "ir/classes.h"
#include "ir/function.h"
#include "ir/unit.h"

namespace hone::compiler::frontend {

enum class Form : std::uint8_t {
    Unbound,  // NULL: an unbound local, the NULL of a call
    Value,
    RangeIter,  // parts: next, left, step (raw)
    ListIter,   // parts: list, index (raw)
    TupleIter,  // parts: tuple, index (raw)
    Enumerate,  // parts: count (raw), inner iterator
    Zip,        // parts: inner iterators
    Reversed,   // parts: list, index (raw)
    Tuple,      // parts: items
    Range,      // parts: start, stop, step (raw); between the call and GET_ITER only
    Slice,      // parts: start, stop, step
    Complex,    // parts: real, imaginary (raw); `object` once it is boxed
    Bound,      // parts: self; `fact` is the method: a bound method that is not made yet
    ListSlice,  // parts: list, start, step (1 or -1), count (raw): a copy that is not made yet
};

struct Item {
    Form form = Form::Unbound;
    ir::TypeKind type = ir::TypeKind::Unknown;
    bool maybe_unbound = false;  // object has rep Null
    bool big = false;            // an int that outgrew 64 bits before: arithmetic stays on objects
    bool pinned =
        false;  // object is an argument that the function never stores to: usable everywhere
    std::uint32_t excluded = 0;  // TypeKinds (bits) that this object was tested not to be
    ir::ValueId object, raw;
    ir::ValueId bound;  // an unboxed number that is there only if this is true
    const ir::ObjectFact* fact = nullptr;
    const ir::ClassFact* cls = nullptr;  // expected class; guarded at each use
    bool cls_tested = false;             // … and it was found to be that
    std::vector<Item> parts;

    [[nodiscard]] bool is_value() const { return form == Form::Value; }
    [[nodiscard]] bool is_null() const { return form == Form::Unbound; }
    [[nodiscard]] bool known(ir::Known k) const { return fact != nullptr && fact->known == k; }
};

struct FrameContext {
    const ir::Unit* unit = nullptr;
    ir::ObjectId function;   // none for the entered frame
    std::uint32_t path = 0;  // which chain of call sites this is (0 = the entered function)
    std::uint32_t pc = 0;    // instruction index; outer frames: their CALL
    std::vector<Item> locals, stack;
};

struct Context {
    std::vector<FrameContext> frames;  // outermost first

    FrameContext& top() { return frames.back(); }
    [[nodiscard]] const FrameContext& top() const { return frames.back(); }
};

// Calls f on every item of the context, parts included.
template <class F>
void each_item(Item& item, F& f) {
    f(item);
    for (Item& part : item.parts) each_item(part, f);
}
template <class F>
void each_item(Context& context, F f) {
    for (FrameContext& frame : context.frames) {
        for (Item& item : frame.locals) each_item(item, f);
        for (Item& item : frame.stack) each_item(item, f);
    }
}

}  // namespace hone::compiler::frontend
