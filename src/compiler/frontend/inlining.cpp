// SPDX-License-Identifier: Apache-2.0
// Small Python functions whose bytecode is walked in place of a call.
#include <optional>

#include "compiler/frontend/translator.h"

namespace hone::compiler::frontend {
namespace {

// May run Python code as an object operation, whatever its operands turn out to be.
bool object_operation(ir::Bc op) {
    switch (op) {
        case ir::Bc::StoreGlobal:
        case ir::Bc::StoreDeref:
        case ir::Bc::MakeFunction:
        case ir::Bc::CallKw:
        case ir::Bc::CallFunctionEx:
        case ir::Bc::ContainsOp:
        case ir::Bc::DeleteSubscr:
        case ir::Bc::StoreSlice:
        case ir::Bc::BuildSet:
        case ir::Bc::BuildMap:
        case ir::Bc::BuildConstKeyMap:
        case ir::Bc::MapAdd:
        case ir::Bc::SetAdd:
        case ir::Bc::FormatValue:
        case ir::Bc::LoadDeref:
            return true;
        default:
            return false;
    }
}

}  // namespace

// What a function to be inlined calls has to be native or inlined as well: its frame is no frame
// that Python code could see.
bool Translator::callable_inline(const ObjectFact& callable, std::size_t depth) const {
    if (callable.known != Known::None || callable.type == TypeKind::Module) return true;
    return callable.function != nullptr && inlinable(callable, nullptr, std::nullopt, depth);
}

// `receiver`: the class of the first argument, where it is known; `nargs`: where they are counted.
bool Translator::inlinable(const ObjectFact& fact, const ir::ClassFact* receiver,
                           std::optional<std::size_t> nargs, std::size_t depth) const {
    const ir::Unit* callee = fact.function.get();
    if (callee == nullptr || depth > kMaxInlineDepth || request_.options.watched.calls)
        return false;
    if (callee->lines_watched || callee->generator || callee->varargs || callee->varkeywords ||
        callee->kwonly > 0 || callee->reads_frame)
        return false;
    if ((nargs && callee->argcount != *nargs) || callee->nlocals != callee->nlocalsplus)
        return false;
    // An exit out of it would have no slot through which 3.11 can hand the frame over
    // (cpython/run_frame.cpp).
    if (callee->layout.minor == 11 && callee->nlocalsplus == 0) return false;
    if (callee->instrs.size() > kMaxInlineInstrs || !callee->handlers.empty()) return false;
    for (const FrameContext& frame : context_.frames)
        if (frame.unit == callee) return false;
    for (std::size_t i = 0; i < callee->instrs.size(); ++i) {
        const ir::Instr& in = callee->instrs[i];
        if (object_operation(in.op)) return false;
        const bool attribute =
            in.op == ir::Bc::LoadAttr || in.op == ir::Bc::LoadMethod || in.op == ir::Bc::StoreAttr;
        if (attribute && !native_attribute(*callee, i, receiver, depth)) return false;
        if (in.op == ir::Bc::LoadGlobalNull) {
            const ir::GlobalFact& global = callee->globals[static_cast<std::size_t>(in.arg)];
            if (!global.found || !callable_inline(global.value, depth + 1)) return false;
        }
    }
    return true;
}

// The callee's bytecode is walked on a frame of the abstract state; its frame is made at exits
// only.
bool Translator::inline_call(const Item& callable, const Item& self, std::vector<Item>& args) {
    const bool bound = !self.is_null();
    if (callable.fact == nullptr || (bound && (!self.is_value() || self.maybe_unbound)) ||
        broken(Assumption::Identity))
        return false;
    const Item* const first = bound ? &self : args.empty() ? nullptr : &args[0];
    const ir::ClassFact* const receiver = first != nullptr ? first->cls : nullptr;
    if (!inlinable(*callable.fact, receiver, args.size() + (bound ? 1 : 0), context_.frames.size()))
        return false;
    // Versions multiply what is inlined: well before the limit of ops, calls stay calls.
    inlined_instrs_ += callable.fact->function->instrs.size();
    if (inlined_instrs_ > kMaxInlinedInstrs || fn_.values.size() * 3 > request_.options.max_ops)
        return false;
    if (bound) args.insert(args.begin(), self);
    const ir::Unit* callee = callable.fact->function.get();
    // The name stands for this function, but its code may have been replaced.
    const ValueId function = const_object(callable.fact->id, TypeKind::Function);
    const ValueId code = const_object(callable.fact->code, TypeKind::Unknown);
    guard(emit(Op::CodeIs, {function, code}), Assumption::Identity);
    emit(Op::GuardTools);  // what ran before may have switched one on, and it sees calls
    // Its own calls have shown what it takes. It may have run too little to say so by its bytecode.
    for (std::size_t i = 0; i < args.size() && i < callee->argument_types.size(); ++i)
        if (callee->argument_types[i] != TypeKind::Unknown && args[i].is_value())
            guard_type(args[i], callee->argument_types[i], Assumption::OperandType);
    FrameContext frame;
    frame.unit = callee;
    frame.function = callable.fact->id;
    frame.path = path_of(top().path, top().pc, callee);
    frame.pc = first_instr(*callee);
    frame.locals.resize(callee->nlocalsplus);
    for (std::size_t i = 0; i < args.size(); ++i) {
        if (!args[i].is_value() && args[i].form != Form::Complex && args[i].form != Form::Tuple)
            static_cast<void>(object(args[i]));
        args[i].pinned = false;
        frame.locals[i] = std::move(args[i]);
    }
    context_.frames.push_back(std::move(frame));
    jump_to(top().pc);
    return true;
}

void Translator::return_value() {
    Item result = pop();
    if (context_.frames.size() > 1) return return_inlined(std::move(result));
    if (request_.loop) return leave();  // entered in mid-frame: only the interpreter can end it
    const ValueId value = object(result);
    const ValueId finished = emit(Op::Finish, {value});
    fn_.value(finished).type = fn_.value(value).type;
    terminate(Op::Return, {finished});
}

void Translator::return_inlined(Item result) {
    if (!result.is_value() && result.form != Form::Complex && result.form != Form::Tuple)
        static_cast<void>(object(result));
    context_.frames.pop_back();
    result.pinned = false;
    push(std::move(result));
    jump_to(top().pc + 1);
}

}  // namespace hone::compiler::frontend
