// SPDX-License-Identifier: Apache-2.0
// What is known without running: constants, types, identities that are exact. Integer and
// float arithmetic on constants is left to LLVM, which knows it all; here goes what LLVM can't
// see through: boxes, object types, guards, and the exits that they cost.
#include <bit>
#include <optional>
#include <vector>

#include "compiler/passes/passes.h"
#include "compiler/passes/rewrite.h"
#include "ir/cfg.h"

namespace hone::compiler::passes {

using namespace ir;

namespace {

class Folder {
  public:
    explicit Folder(Function& function)
        : function_(function), map_(function), made_(function.values.size()) {}

    void run() {
        // Dominators first, so that operands are folded before their readers; only loop parameters
        // come later.
        for (const BlockId id : reverse_postorder(function_)) {
            for (Inst& inst : function_.block(id).insts) {
                for (ValueId& arg : inst.args) arg = map_.resolve(arg);
                fold(inst);
                if (inst.result)
                    made_[inst.result.index()] = {inst.op, inst.imm, inst.aux, inst.args};
            }
            std::erase_if(function_.block(id).insts, [&](const Inst& inst) {
                return inst.op == Op::Guard && constant(inst.args[0]) == 1;
            });
        }
        map_.apply(function_);
    }

  private:
    struct Made {
        std::optional<Op> op;
        std::int64_t imm = 0;
        std::uint32_t aux = 0;
        std::vector<ValueId> args;
    };

    [[nodiscard]] const Made& made(ValueId id) const { return made_[id.index()]; }
    [[nodiscard]] bool is(ValueId id, Op op) const { return made(id).op == op; }
    [[nodiscard]] std::optional<std::int64_t> constant(ValueId id) const {
        if (is(id, Op::ConstBool) || is(id, Op::ConstI64)) return made(id).imm;
        return std::nullopt;
    }

    void become(Inst& inst, Op op, std::int64_t imm) const {
        inst.op = op;
        inst.args.clear();
        inst.imm = imm;
        inst.aux = 0;
        inst.state = {};
    }
    void become_bool(Inst& inst, bool value) const { become(inst, Op::ConstBool, value ? 1 : 0); }

    void fold(Inst& inst) {
        switch (inst.op) {
            case Op::UnboxI64:
                unbox(inst, Op::BoxI64);
                break;
            case Op::UnboxF64:
                unbox(inst, Op::BoxF64);
                break;
            case Op::UnboxBool:
                unbox(inst, Op::BoxBool);
                break;
            case Op::TypeIs:
                type_is(inst);
                break;
            case Op::IsNull:
                is_null(inst);
                break;
            case Op::Is:
                if (same_object(inst.args[0], inst.args[1])) become_bool(inst, true);
                break;
            case Op::NotBool:
                not_bool(inst);
                break;
            case Op::AndBool:
                and_bool(inst);
                break;
            case Op::CmpI64:
                compare(inst);
                break;
            case Op::CmpF64:
                compare_hypot(inst);
                break;
            default:
                break;
        }
    }

    void unbox(Inst& inst, Op box) {
        if (is(inst.args[0], box)) map_.replace(inst.result, made(inst.args[0]).args[0]);
    }

    void type_is(Inst& inst) {
        const TypeKind known = function_.value(inst.args[0]).type;
        if (known != TypeKind::Unknown) become_bool(inst, known == static_cast<TypeKind>(inst.aux));
    }

    void is_null(Inst& inst) {
        if (function_.value(inst.args[0]).rep == Rep::Obj)
            become_bool(inst, false);
        else if (is(inst.args[0], Op::ConstNull))
            become_bool(inst, true);
    }

    [[nodiscard]] bool same_object(ValueId a, ValueId b) const {
        return a == b || (is(a, Op::ConstObj) && is(b, Op::ConstObj) && made(a).aux == made(b).aux);
    }

    void not_bool(Inst& inst) {
        if (const auto value = constant(inst.args[0]))
            become_bool(inst, *value == 0);
        else if (is(inst.args[0], Op::NotBool))
            map_.replace(inst.result, made(inst.args[0]).args[0]);
    }

    void and_bool(Inst& inst) {
        for (std::size_t side = 0; side < 2; ++side) {
            const auto value = constant(inst.args[side]);
            if (!value) continue;
            if (*value == 0) return become_bool(inst, false);
            map_.replace(inst.result, inst.args[1 - side]);
            return;
        }
    }

    // hypot(a, b) against a constant: the squares mostly decide.
    void compare_hypot(Inst& inst) const {
        if (!is(inst.args[0], Op::HypotF64) || !is(inst.args[1], Op::ConstF64)) return;
        const auto bound = std::bit_cast<double>(made(inst.args[1]).imm);
        if (!(bound >= 1e-100 && bound <= 1e100)) return;
        const auto& sides = made(inst.args[0]).args;
        inst.op = Op::CmpHypotF64;
        inst.args = {sides[0], sides[1], inst.args[1]};
    }

    void compare(Inst& inst) {
        const auto a = constant(inst.args[0]), b = constant(inst.args[1]);
        if (!a || !b) return;
        switch (static_cast<CmpOp>(inst.aux)) {
            case CmpOp::Lt:
                return become_bool(inst, *a < *b);
            case CmpOp::Le:
                return become_bool(inst, *a <= *b);
            case CmpOp::Eq:
                return become_bool(inst, *a == *b);
            case CmpOp::Ne:
                return become_bool(inst, *a != *b);
            case CmpOp::Gt:
                return become_bool(inst, *a > *b);
            case CmpOp::Ge:
                return become_bool(inst, *a >= *b);
        }
    }

    Function& function_;
    Replacements map_;
    std::vector<Made> made_;
};

}  // namespace

void fold(Function& function) {
    Folder(function).run();
}

}  // namespace hone::compiler::passes
