// SPDX-License-Identifier: Apache-2.0
// One row per instruction of the stable set: what the front end does for it. What has no row
// leaves for the interpreter there, with a reason for explain.
#include "compiler/frontend/translator.h"

namespace hone::compiler::frontend {
void Translator::conditional_jump(const ir::Instr& in) {
    const auto target = static_cast<std::uint32_t>(in.arg);
    Item value = pop();
    ValueId condition;
    bool jump_if = in.op == ir::Bc::PopJumpIfTrue || in.op == ir::Bc::JumpIfTrueOrPop ||
                   in.op == ir::Bc::PopJumpIfNone;
    if (in.op == ir::Bc::PopJumpIfNone || in.op == ir::Bc::PopJumpIfNotNone) {
        const TypeKind type = value.form == Form::Tuple ? TypeKind::Tuple : value.type;
        if (type == TypeKind::None) return jump_to(jump_if ? target : next_pc_);
        if (type != TypeKind::Unknown || !value.is_value())
            return jump_to(jump_if ? next_pc_ : target);
        condition =
            emit(Op::TypeIs, {object(value)}, 0, static_cast<std::uint32_t>(TypeKind::None));
    } else {
        const auto tested = truth(value, in.seen);
        if (!tested) return;
        condition = *tested;
    }
    if (jumps_back(in, top().pc)) poll();
    branch_to(condition, jump_if ? target : next_pc_, jump_if ? next_pc_ : target);
}

// 3.11: the value stays where the jump is taken.
void Translator::jump_or_pop(const ir::Instr& in) {
    Item value = peek();
    const auto tested = truth(value, in.seen);
    if (!tested) return;
    const BlockId taken = fn_.add_block(), popped = fn_.add_block();
    const bool if_true = in.op == ir::Bc::JumpIfTrueOrPop;
    branch(*tested, if_true ? taken : popped, if_true ? popped : taken);
    const Context here = context_;
    block_ = taken;
    ended_ = false;
    jump_to(static_cast<std::uint32_t>(in.arg));
    block_ = popped;
    ended_ = false;
    context_ = here;
    static_cast<void>(pop());
    jump_to(next_pc_);
}

void Translator::jump(const ir::Instr& in) {
    if (jumps_back(in, top().pc)) {
        poll();
        globals_fresh_ = false;
    }
    jump_to(static_cast<std::uint32_t>(in.arg));
}

void Translator::unsupported() {
    for (const auto& [index, name] : unit().unsupported)
        if (index == top().pc) reason(name + " is left to the interpreter");
    leave();
}

void Translator::build_slice(std::size_t n) {
    Item slice;
    slice.form = Form::Slice;
    slice.parts.resize(n);
    for (std::size_t i = n; i-- > 0;) slice.parts[i] = pop();
    if (n == 2) return push_two_part_slice(std::move(slice));
    push(std::move(slice));
}

// The exit table knows slices of three parts; the missing step is None.
void Translator::push_two_part_slice(Item slice) {
    Item none = value_item(emit(Op::ConstNone), TypeKind::None);
    slice.parts.push_back(std::move(none));
    push(std::move(slice));
}

// The table itself: long because the instruction set is, one line an instruction.
void Translator::step() {
    using ir::Bc;
    const ir::Instr& in = unit().instrs[top().pc];
    const auto n = static_cast<std::size_t>(in.arg);
    switch (in.op) {
        case Bc::Nop:
        case Bc::CopyFreeVars:
            return;
        case Bc::MakeCell:
            return make_cell(in);
        case Bc::PopTop:
            write_back_for(peek());
            static_cast<void>(pop());
            return;
        case Bc::PushNull:
            push(Item{});
            return;
        case Bc::Copy:
            make_shared(peek(n - 1));
            push(peek(n - 1));
            return;
        case Bc::Swap:
            std::swap(peek(0), peek(n - 1));
            return;
        case Bc::Probe:
            emit(Op::Probe, {}, 0, unit().consts[n].id.raw);
            return;
        case Bc::LoadConst:
            push(fact_item(unit().consts[n]));
            return;
        case Bc::LoadFast:
        case Bc::LoadFastCheck:
            return load_fast(in);
        case Bc::LoadFastAndClear:
            push(top().locals[n]);
            top().locals[n] = Item{};
            return;
        case Bc::StoreFast:
            return store_fast(in);
        case Bc::DeleteFast:
            return top().locals[n].is_null() ? leave() : store_fast(in);
        case Bc::LoadDeref:
            return load_deref(in);
        case Bc::StoreDeref:
            return store_deref(in);
        case Bc::LoadName:
        case Bc::LoadGlobal:
        case Bc::LoadGlobalNull:
            return load_name(in);
        case Bc::StoreName:
        case Bc::StoreGlobal:
            return store_name(in);
        case Bc::UnaryPositive:
        case Bc::UnaryNegative:
        case Bc::UnaryNot:
        case Bc::UnaryInvert:
            return unary(in);
        case Bc::ToBool: {
            Item value = pop();
            if (auto tested = truth(value, in.seen)) push_raw(*tested);
            return;
        }
        case Bc::BinaryOp:
            return binary(in);
        case Bc::BinarySubscr:
            return subscript(in.seen);
        case Bc::StoreSubscr:
            return store_subscript(in.seen);
        case Bc::DeleteSubscr:
            return delete_subscript();
        case Bc::BinarySlice:
            return binary_slice();
        case Bc::StoreSlice:
            return store_slice();
        case Bc::BuildSlice:
            return build_slice(n);
        case Bc::CompareOp:
        case Bc::CompareOpBool:
            return compare(in);
        case Bc::IsOp:
            return is_op(in.arg == 1);
        case Bc::ContainsOp:
            return contains_op(in.arg == 1);
        case Bc::LoadAttr:
            return load_attr(in);
        case Bc::LoadMethod:
            return load_method(in);
        case Bc::StoreAttr:
            return store_attr(in);
        case Bc::Call:
            return call(in);
        case Bc::CallKw:
            return call_keywords(in);
        case Bc::BuildTuple:
            return build_tuple(n);
        case Bc::BuildList:
            return build(RtId::build_list, n, TypeKind::List);
        case Bc::BuildSet:
            return build(RtId::build_set, n, TypeKind::Set);
        case Bc::BuildMap:
            return build(RtId::build_map, 2 * n, TypeKind::Dict);
        case Bc::BuildString:
            return build(RtId::build_string, n, TypeKind::Str);
        case Bc::ListAppend:
            return list_append(n);
        case Bc::ListExtend:
            return extend(RtId::list_extend, n);
        case Bc::SetAdd:
            return extend(RtId::set_add, n);
        case Bc::UnpackSequence:
            return unpack(n, in.seen);
        case Bc::UnpackEx:
            return unpack_star(in.arg);
        case Bc::GetIter:
            return get_iter();
        case Bc::ForIter:
            return for_iter(in);
        case Bc::EndFor:
            for (std::int32_t i = 0; i < in.extra; ++i) static_cast<void>(pop());
            return;
        case Bc::PopIter:
            for (std::uint32_t i = 0; i < layout().for_iter_slots; ++i) static_cast<void>(pop());
            return;
        case Bc::Jump:
            return jump(in);
        case Bc::PopJumpIfTrue:
        case Bc::PopJumpIfFalse:
        case Bc::PopJumpIfNone:
        case Bc::PopJumpIfNotNone:
            return conditional_jump(in);
        case Bc::JumpIfTrueOrPop:
        case Bc::JumpIfFalseOrPop:
            return jump_or_pop(in);
        case Bc::ReturnValue:
            return return_value();
        default:
            return unsupported();
    }
}

}  // namespace hone::compiler::frontend
