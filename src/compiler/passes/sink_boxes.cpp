// SPDX-License-Identifier: Apache-2.0
// A box that only an exit needs is made by the exit: in states, the slot form Object of a
// BoxI64, BoxF64 or BoxBool becomes Int, Float or Boolean of the unboxed value. dce then
// drops the boxes that no instruction reads.
//
// A box that some instruction reads keeps its slots: the object has an identity, which the
// program could compare with the one an exit would make anew; and once made it costs nothing.
// (Ints and floats have no other way to show their identity than `is` and id().)
#include <vector>

#include "compiler/passes/passes.h"
#include "compiler/passes/rewrite.h"
#include "ir/cfg.h"

namespace hone::compiler::passes {

using namespace ir;

namespace {

SlotForm unboxed_form(const Inst* made) {
    if (made == nullptr) return SlotForm::Object;
    switch (made->op) {
        case Op::BoxI64:
            return SlotForm::Int;
        case Op::BoxF64:
            return SlotForm::Float;
        case Op::BoxBool:
            return SlotForm::Boolean;
        default:
            return SlotForm::Object;
    }
}

}  // namespace

void sink_boxes(Function& function) {
    const auto made = definitions(function);
    const auto readers = count_readers(function);
    for (State& state : function.states) {
        for (FrameState& frame : state.frames) {
            for (StateSlot& slot : frame.slots) {
                if (slot.form != SlotForm::Object || readers[slot.value.index()] != 0) continue;
                const Inst* box = made[slot.value.index()];
                const SlotForm form = unboxed_form(box);
                if (form != SlotForm::Object) slot = {form, box->args[0], 0};
            }
        }
    }
}

}  // namespace hone::compiler::passes
