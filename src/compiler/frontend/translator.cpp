// SPDX-License-Identifier: Apache-2.0
// The driver: entries, the work list, one instruction after the other.
#include "compiler/frontend/translator.h"

#include <algorithm>

#include "base/check.h"

namespace hone::compiler::frontend {

Translator::Translator(const Request& request, std::vector<LineNote>* notes)
    : request_(request), notes_(notes) {
    fn_.name = request.unit->qualname;
}

const Flow& Translator::flow(const ir::Unit& unit) {
    auto found = flows_.find(&unit);
    if (found == flows_.end()) found = flows_.emplace(&unit, analyse_flow(unit)).first;
    return found->second;
}

std::uint32_t Translator::path_of(std::uint32_t parent, std::uint32_t pc, const ir::Unit* callee) {
    const auto next = static_cast<std::uint32_t>(paths_.size() + 1);
    return paths_.try_emplace({parent, pc, callee}, next).first->second;
}

void Translator::begin_function_entry() {
    FrameContext& frame = top();
    const ir::Unit& unit = *frame.unit;
    const Flow& known = flow(unit);
    frame.pc = first_instr(unit);
    frame.locals.resize(unit.nlocalsplus);
    begin_instr();
    announce(frame.pc);
    for (std::uint32_t i = 0; i < unit.nlocalsplus; ++i) {
        const bool argument = i < unit.arguments();
        if (!argument && !known.made_by_prologue[i]) continue;
        const ValueId slot = emit(Op::LoadSlot, {}, i);
        Item item = value_item(emit(Op::NotNull, {slot}), TypeKind::Unknown);
        item.pinned = !known.stored[i];
        frame.locals[i] = std::move(item);
    }
    before_ = context_;
    speculate_on_arguments();
    if (callable_directly()) fn_.direct_arguments = static_cast<std::int32_t>(unit.arguments());
}

// A direct caller keeps the arguments until the call is over; so none may be dropped before whose
// death somebody could notice.
bool Translator::callable_directly() {
    const ir::Unit& unit = *top().unit;
    // (A parameter that an inner function uses is a cell in the same slot.)
    if (unit.lines_watched || unit.varargs || unit.varkeywords ||
        unit.nlocals != unit.nlocalsplus ||
        std::ranges::find(unit.local_is_cell, true) != unit.local_is_cell.end())
        return false;
    for (std::uint32_t i = 0; i < unit.arguments(); ++i)
        if (flow(unit).stored[i] && !ir::dies_quietly(top().locals[i].type)) return false;
    return true;
}

// Guards on the types that arguments had when the function was sampled; the guards of a
// failing call leave at the first instruction, which is the same as declining the call.
void Translator::speculate_on_arguments() {
    const auto& types = unit().argument_types;
    for (std::size_t i = 0; i < types.size() && i < top().locals.size(); ++i) {
        Item& item = top().locals[i];
        if (types[i] == TypeKind::Unknown || !item.is_value() || unit().local_is_cell[i]) continue;
        if (!guard_type(item, types[i], Assumption::ArgumentType)) continue;
        if (types[i] == TypeKind::Float) static_cast<void>(as_f64(top().locals[i]));
        if (types[i] == TypeKind::Int && !broken(Assumption::Overflow))
            static_cast<void>(as_i64(top().locals[i]));
    }
}

void Translator::begin_instr() {
    before_ = context_;
    state_.reset();
}

Result<ir::Function> Translator::run() {
    const ir::Unit& unit = *request_.unit;
    if (unit.generator && !request_.loop) return fail("generators and coroutines stay interpreted");
    if (unit.reads_frame) return fail("it looks at its own frame (locals, eval, exec, …)");
    context_.frames.push_back(
        {.unit = &unit, .function = {}, .path = 0, .pc = 0, .locals = {}, .stack = {}});
    block_ = fn_.add_block();
    if (request_.loop)
        begin_loop_entry(*request_.loop);
    else
        begin_function_entry();
    jump_to(top().pc);
    while (!too_large_) {
        if (paths_gone_ || work_.empty()) sort_work();
        if (work_.empty()) break;
        Work next = std::move(work_.back());
        work_.pop_back();
        translate(std::move(next));
    }
    if (too_large_)
        return fail("too large: more than " + std::to_string(request_.options.max_ops) +
                    " operations");
    return std::move(fn_);
}

void Translator::translate(Work work) {
    block_ = work.block;
    context_ = std::move(work.context);
    ended_ = false;
    globals_fresh_ = false;
    for (bool first = true; !ended_; first = false) {
        if (!first && flow(unit()).join[top().pc]) {
            jump_to(top().pc);
            return;
        }
        begin_instr();
        next_pc_ = top().pc + 1;
        const std::size_t depth = context_.frames.size();
        step();
        if (ended_ || context_.frames.size() != depth) continue;
        come_to(top().pc, next_pc_);
        top().pc = next_pc_;
    }
    if (fn_.values.size() > request_.options.max_ops * 16ULL) too_large_ = true;
}

}  // namespace hone::compiler::frontend

namespace hone::compiler {

Result<ir::Function> build_ir(const Request& request, std::vector<LineNote>* notes) {
    return frontend::Translator(request, notes).run();
}

}  // namespace hone::compiler
