// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/ownership.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "compiler/effects.h"
#include "compiler/passes/rewrite.h"

namespace hone::compiler::passes {

using namespace ir;

namespace {

// May Python code run inside? Allocating a container can start a collection (3.11), whose
// finalizers are such code.
bool may_free_anything(const Inst& inst) {
    const Effects effects = effects_of(inst);
    return runs_anything(effects) || (calls_runtime(inst.op) && has(effects, Effects::Allocs));
}

constexpr std::int32_t kBlockEnd = std::numeric_limits<std::int32_t>::max();

}  // namespace

Ownership::Ownership(const Function& function)
    : function_(function),
      dominators_(function),
      made_(definitions(function)),
      unit_(function.values.size()),
      same_(function.values.size()),
      hold_(function.values.size(), Hold::Immortal),
      made_owned_(function.values.size()),
      owned_units_(function.values.size()),
      borrowed_units_(function.values.size()),
      heap_units_(function.values.size()),
      evidence_(function.values.size()),
      windows_(function.blocks.size()) {
    find_units();
    find_windows();
    find_evidence();
    compute_liveness();
    start_holds();
    while (raise_from_sources() || raise_clobbered()) {
    }
}

// --- units

void Ownership::find_units() {
    const auto own_unit = [&](ValueId id) {
        if (!is_object(function_.value(id).rep)) return;
        unit_[id.index()] = id;
        same_[id.index()] = true;
    };
    for (const BlockId id : dominators_.order()) {
        for (const ValueId param : function_.block(id).params) own_unit(param);
        for (const Inst& inst : function_.block(id).insts) {
            const bool alias = inst.op == Op::NotNull;
            const bool inner =
                inst.op == Op::TupleItem && dies_quietly(function_.value(inst.result).type);
            if (!alias && !inner) {
                for_each_result(inst, own_unit);
                continue;
            }
            unit_[inst.result.index()] = unit(inst.args[0]);
            same_[inst.result.index()] = alias && same(inst.args[0]);
        }
    }
}

void Ownership::add_evidence(ValueId value, TypeKind type, BlockId block, std::int32_t index) {
    if (dies_quietly(type) && same(value))
        evidence_[unit(value).index()].push_back({unit(value), block, index});
}

void Ownership::find_evidence() {
    const auto tested = [&](ValueId condition) -> const Inst* {
        const Inst* test = made_[condition.index()];
        return test != nullptr && test->op == Op::TypeIs ? test : nullptr;
    };
    const auto preds = predecessors(function_);
    for (const BlockId id : dominators_.order()) {
        const auto& insts = function_.block(id).insts;
        for (std::size_t i = 0; i < insts.size(); ++i) {
            const Inst& inst = insts[i];
            const auto at = static_cast<std::int32_t>(i);
            switch (inst.op) {
                case Op::UnboxI64:
                    add_evidence(inst.args[0], TypeKind::Int, id, at);
                    break;
                case Op::UnboxF64:
                    add_evidence(inst.args[0], TypeKind::Float, id, at);
                    break;
                case Op::UnboxBool:
                    add_evidence(inst.args[0], TypeKind::Bool, id, at);
                    break;
                case Op::NotNull:
                    add_evidence(inst.args[0], function_.value(inst.result).type, id, at);
                    break;
                case Op::Guard:
                    if (const Inst* test = tested(inst.args[0]))
                        add_evidence(test->args[0], static_cast<TypeKind>(test->aux), id, at);
                    break;
                case Op::Branch: {
                    const BlockId taken = function_.block(id).edges[0].to;
                    const Inst* test = tested(inst.args[0]);
                    if (test != nullptr && preds[taken.index()].size() == 1)
                        add_evidence(test->args[0], static_cast<TypeKind>(test->aux), taken, -1);
                    break;
                }
                default:
                    break;
            }
        }
    }
}

bool Ownership::known_quiet(ValueId unit, BlockId block, std::int32_t index) const {
    if (dies_quietly(function_.value(unit).type)) return true;
    return std::ranges::any_of(evidence_[unit.index()], [&](const Evidence& known) {
        return known.block == block ? known.index <= index
                                    : dominators_.dominates(known.block, block);
    });
}

bool Ownership::quiet(ValueId unit, BlockId block, std::int32_t index) const {
    return known_quiet(unit, block, index);
}

bool Ownership::quiet(ValueId unit, EdgeRef edge) const {
    return known_quiet(unit, edge.from, kBlockEnd);
}

// --- liveness

namespace {

bool needs_the_length(Op op) {
    return op == Op::ListItem || op == Op::SetListItem || op == Op::SetListFloat;
}

}  // namespace

void Ownership::find_windows() {
    const auto last_length = [&](BlockId id, std::size_t before) -> std::optional<std::size_t> {
        for (std::size_t i = before; i-- > 0;)
            if (function_.block(id).insts[i].op == Op::ListLen) return i;
        return std::nullopt;
    };
    const auto preds = predecessors(function_);
    for (const BlockId id : dominators_.order()) {
        const auto& insts = function_.block(id).insts;
        for (std::size_t i = 0; i < insts.size(); ++i) {
            if (!needs_the_length(insts[i].op)) continue;
            const auto here = last_length(id, i);
            windows_[id.index()].push_back({i, id, here.value_or(0), i});
            if (here || preds[id.index()].size() != 1) continue;
            const BlockId before = preds[id.index()][0].from;
            const std::size_t end = function_.block(before).insts.size();
            windows_[id.index()].push_back(
                {i, before, last_length(before, end).value_or(end), end});
        }
    }
}

void Ownership::add_operands(const Inst& inst, BitSet& live) const {
    for_each_use(function_, inst, [&](ValueId id) {
        if (unit(id)) live.add(unit(id).index());
    });
}

void Ownership::add_uses(BlockId block, std::size_t index, BitSet& live) const {
    add_operands(function_.block(block).insts[index], live);
    for (const Window& window : windows_[block.index()]) {
        if (window.access != index) continue;
        for (std::size_t i = window.from; i < window.to; ++i)
            add_operands(function_.block(window.block).insts[i], live);
        if (window.block != block) add_live_before(window.block, block, live);
    }
}

// What would die on the edge between the two. What is passed along it lives on as the parameter.
void Ownership::add_live_before(BlockId from, BlockId to, BitSet& live) const {
    BitSet held = live_out(from);
    for (const Edge& edge : function_.block(from).edges)
        if (edge.to == to)
            for (const ValueId arg : edge.args)
                if (unit(arg)) held.remove(unit(arg).index());
    live.add_all(held);
}

void Ownership::remove_results(const Inst& inst, BitSet& live) const {
    for_each_result(inst, [&](ValueId id) {
        if (unit(id) == id) live.remove(id.index());
    });
}

void Ownership::compute_liveness() {
    const std::size_t blocks = function_.blocks.size();
    const BitSet none(function_.values.size());
    live_in_.assign(blocks, none);
    live_start_.assign(blocks, none);
    live_out_.assign(blocks, none);
    const auto& order = dominators_.order();
    for (bool changed = true; changed;) {
        changed = false;
        for (auto id = order.rbegin(); id != order.rend(); ++id) {
            const Block& block = function_.block(*id);
            BitSet live = none;
            for (const Edge& edge : block.edges) {
                live.add_all(live_in(edge.to));
                for (const ValueId arg : edge.args)
                    if (unit(arg)) live.add(unit(arg).index());
            }
            changed |= live_out_[id->index()].add_all(live);
            for (std::size_t i = block.insts.size(); i-- > 0;) {
                remove_results(block.insts[i], live);
                add_uses(*id, i, live);
            }
            live_start_[id->index()] = live;
            for (const ValueId param : block.params)
                if (unit(param)) live.remove(param.index());
            changed |= live_in_[id->index()].add_all(live);
        }
    }
}

// --- holds

void Ownership::start_holds() {
    for (std::size_t v = 0; v < function_.values.size(); ++v) {
        const ValueId id(v);
        const Inst* made = made_[v];
        if (unit(id) != id || made == nullptr) continue;  // parameters start at the bottom
        const Own own = function_.value(id).own;
        made_owned_[v] = own == Own::New;
        if (own == Own::New)
            raise(id, Hold::Owned);
        else if (own == Own::Immortal || made->op == Op::TupleItem)
            continue;  // an item: see raise_from_sources
        else
            raise(id, made->op == Op::LoadSlot ? Hold::Slot : Hold::Heap);
    }
}

bool Ownership::raise(ValueId unit, Hold to) {
    Hold& now = hold_[unit.index()];
    if (to <= now) return false;
    now = to;
    const std::size_t bit = unit.index();
    if (to == Hold::Owned) {
        borrowed_units_.remove(bit);
        heap_units_.remove(bit);
        owned_units_.add(bit);
    } else {
        borrowed_units_.add(bit);
        if (to == Hold::Heap) heap_units_.add(bit);
    }
    return true;
}

bool Ownership::raise_live(const BitSet& live, const BitSet& borrowed) {
    std::vector<ValueId> risen;
    live.each_in(borrowed, [&](std::size_t bit) { risen.push_back(ValueId(bit)); });
    for (const ValueId id : risen) raise(id, Hold::Owned);
    return !risen.empty();
}

// How a parameter holds what it receives. An item inside a unit we own gets its own reference: its
// tuple may be gone.
Hold Ownership::received(ValueId argument) const {
    return hold(unit(argument));
}

bool Ownership::raise_from_sources() {
    bool any = false;
    for (bool changed = true; changed;) {
        changed = false;
        for (const BlockId id : dominators_.order()) {
            for (const Inst& inst : function_.block(id).insts) {
                if (inst.op != Op::TupleItem || unit(inst.result) != inst.result) continue;
                const Hold tuple = received(inst.args[0]);
                changed |= raise(inst.result, tuple == Hold::Owned ? Hold::Slot : tuple);
            }
            for (const Edge& edge : function_.block(id).edges) {
                const auto& params = function_.block(edge.to).params;
                for (std::size_t i = 0; i < params.size(); ++i)
                    if (unit(params[i])) changed |= raise(params[i], received(edge.args[i]));
            }
        }
        any |= changed;
    }
    return any;
}

bool Ownership::raise_clobbered() {
    bool changed = false;
    for (const BlockId id : dominators_.order()) {
        changed |= raise_on_edges(id);
        changed |= raise_in_block(id);
        changed |= raise_at_start(id);
    }
    return changed;
}

bool Ownership::raise_on_edges(BlockId id) {
    bool changed = false;
    const auto& edges = function_.block(id).edges;
    for (std::size_t e = 0; e < edges.size(); ++e) {
        bool loud = false;
        live_out(id).each_in(owned_units_, [&](std::size_t bit) {
            const ValueId unit(bit);
            loud |=
                dies_on(unit, edges[e]) && !quiet(unit, EdgeRef{id, static_cast<std::uint32_t>(e)});
        });
        if (loud) changed |= raise_live(live_start(edges[e].to), borrowed_units_);
    }
    return changed;
}

bool Ownership::raise_in_block(BlockId id) {
    bool changed = false;
    const auto& insts = function_.block(id).insts;
    BitSet after = live_out(id);
    for (std::size_t i = insts.size(); i-- > 0;) {
        const Inst& inst = insts[i];
        BitSet kept = after;
        remove_results(inst, kept);
        BitSet before = kept;
        add_uses(id, i, before);

        bool loud = false;
        const auto die = [&](ValueId unit) {
            loud |= owned(unit) && !quiet(unit, id, static_cast<std::int32_t>(i));
        };
        for_each_result(inst, [&](ValueId result) {
            if (unit(result) == result && !after.has(result.index())) die(result);
        });
        const ValueId taken = consumed(inst);
        before.each([&](std::size_t bit) {
            const bool moved = taken && same(taken) && unit(taken).index() == bit;
            if (!kept.has(bit) && !moved) die(ValueId(bit));
        });
        if (loud) changed |= raise_live(after, borrowed_units_);
        if (may_free_anything(inst))
            changed |= raise_live(before, borrowed_units_);
        else if (has(effects_of(inst), Effects::WritesHeap))
            changed |= raise_live(kept, heap_units_);
        after = before;
    }
    return changed;
}

// A parameter that nobody uses dies on arrival.
bool Ownership::raise_at_start(BlockId id) {
    bool loud = false;
    for (const ValueId param : function_.block(id).params)
        loud |= unit(param) && owned(param) && !live_start(id).has(param.index()) &&
                !quiet(param, id, -1);
    return loud && raise_live(live_start(id), borrowed_units_);
}

// --- what the inserter asks

ValueId Ownership::consumed(const Inst& inst) {
    const std::string_view letters = info(inst.op).operands;
    const std::size_t at = letters.find('s');
    return at == std::string_view::npos ? ValueId() : inst.args[at];
}

std::uint32_t Ownership::times_passed(ValueId unit, const Edge& edge) const {
    const auto& params = function_.block(edge.to).params;
    std::uint32_t times = 0;
    for (std::size_t i = 0; i < params.size(); ++i)
        times += this->unit(edge.args[i]) == unit && same(edge.args[i]) && owned(params[i]);
    return times;
}

bool Ownership::dies_on(ValueId unit, const Edge& edge) const {
    return owned(unit) && !live_in(edge.to).has(unit.index()) && times_passed(unit, edge) == 0;
}

}  // namespace hone::compiler::passes
