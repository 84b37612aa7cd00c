// SPDX-License-Identifier: Apache-2.0
// `v[i] -= x` makes a float, stores it and drops the one before. Where the store is the only reader
// of the new one the op takes the number itself: nobody has seen the object, so the place's old
// one, if it has no other holder, may stand for it (20 ns less a store than making and freeing).
#include <optional>
#include <vector>

#include "compiler/passes/passes.h"
#include "compiler/passes/rewrite.h"
#include "ir/cfg.h"

namespace hone::compiler::passes {

using namespace ir;

namespace {

struct Store {
    Op op;             // stores the number
    std::size_t item;  // operand that is stored
};

std::optional<Store> store_of_number(Op op) {
    switch (op) {
        case Op::SetListItem:
            return Store{Op::SetListFloat, 2};
        case Op::SetAttrValue:
            return Store{Op::SetAttrValueFloat, 1};
        case Op::SetAttrSlot:
            return Store{Op::SetAttrSlotFloat, 1};
        default:
            return std::nullopt;
    }
}

}  // namespace

void store_floats(Function& function) {
    const auto made = definitions(function);
    const auto readers = count_readers(function);
    for (Block& block : function.blocks) {
        for (Inst& inst : block.insts) {
            const auto store = store_of_number(inst.op);
            if (!store) continue;
            ValueId& item = inst.args[store->item];
            const Inst* const box = made[item.index()];
            if (box == nullptr || box->op != Op::BoxF64 || readers[item.index()] != 1) continue;
            inst.op = store->op;
            item = box->args[0];
        }
    }
}

}  // namespace hone::compiler::passes
