// SPDX-License-Identifier: Apache-2.0
// Writes down what ownership.h found: who is counted when. Runs last; IncRef, DecRef and
// Inst::release exist only after it.
//
// An owned unit is dropped right after its last use: after the instruction, on the edge
// beyond which nobody wants it, or at the start of the block whose parameter nobody reads.
// An op or an owned parameter that takes a reference over gets the unit's own if the unit
// dies there, else a new one made before. At an instruction that may leave, `release` lists
// the references held at that point: those of the owned units live there (its operands
// included, its results not), and the new one made for an operand it would take over.
#include <algorithm>
#include <vector>

#include "compiler/effects.h"
#include "compiler/passes/ownership.h"
#include "compiler/passes/passes.h"
#include "compiler/passes/rewrite.h"

namespace hone::compiler::passes {

using namespace ir;

namespace {

enum class Nullness { Unknown, Null, Bound };

class Inserter {
  public:
    explicit Inserter(Function& function)
        : function_(function), own_(function), made_(definitions(function)) {}

    void run() {
        // `made_` and `own_` look at the old instructions, so nothing changes before all is known.
        const std::size_t blocks = function_.blocks.size();
        std::vector<std::vector<Inst>> bodies(blocks);
        std::vector<std::vector<std::vector<Inst>>> on_edges(blocks);
        for (std::size_t b = 0; b < blocks; ++b) {
            bodies[b] = body(BlockId(b));
            for (std::uint32_t e = 0; e < function_.blocks[b].edges.size(); ++e)
                on_edges[b].push_back(edge_code({BlockId(b), e}));
        }
        const auto preds = predecessors(function_);
        set_param_ownership();
        for (std::size_t b = 0; b < blocks; ++b) function_.blocks[b].insts = std::move(bodies[b]);
        for (std::size_t b = 0; b < blocks; ++b)
            for (std::uint32_t e = 0; e < on_edges[b].size(); ++e)
                if (!on_edges[b][e].empty())
                    place({BlockId(b), e}, std::move(on_edges[b][e]), preds);
    }

  private:
    Inst count(Op op, ValueId value, std::int64_t flags, std::uint32_t line) const {
        Inst inst;
        inst.op = op;
        inst.args = {value};
        inst.imm = flags;
        inst.line = line;
        return inst;
    }

    [[nodiscard]] Inst inc(ValueId value, std::uint32_t line,
                           Nullness known = Nullness::Unknown) const {
        return count(Op::IncRef, value, may_be_null(value, known), line);
    }
    [[nodiscard]] Inst dec(ValueId value, bool quiet, std::uint32_t line,
                           Nullness known = Nullness::Unknown) const {
        return count(Op::DecRef, value, may_be_null(value, known) | (quiet ? kDiesQuietly : 0),
                     line);
    }
    [[nodiscard]] std::int64_t may_be_null(ValueId value, Nullness known) const {
        return known == Nullness::Unknown && function_.value(value).rep == Rep::Null ? 1 : 0;
    }

    // --- inside a block

    std::vector<Inst> body(BlockId id) {
        const Block& block = function_.block(id);
        std::vector<Inst> reversed;
        BitSet after = own_.live_out(id);
        for (std::size_t i = block.insts.size(); i-- > 0;) {
            BitSet before = after;
            own_.remove_results(block.insts[i], before);
            own_.add_uses(id, i, before);
            rewrite(id, static_cast<std::int32_t>(i), before, after, reversed);
            after = std::move(before);
        }
        for (auto param = block.params.rbegin(); param != block.params.rend(); ++param)
            if (own_.unit(*param) && own_.owned(*param) && !own_.live_start(id).has(param->index()))
                reversed.push_back(dec(*param, own_.quiet(*param, id, -1), block.insts[0].line));
        return {reversed.rbegin(), reversed.rend()};
    }

    // The instruction and the counting around it, last first.
    void rewrite(BlockId id, std::int32_t at, const BitSet& before, const BitSet& after,
                 std::vector<Inst>& reversed) {
        const Inst& inst = function_.block(id).insts[static_cast<std::size_t>(at)];
        const ValueId taken = Ownership::consumed(inst);
        const bool moved = taken && own_.same(taken) && own_.owned(own_.unit(taken)) &&
                           !after.has(own_.unit(taken).index());

        std::vector<Inst> drops;
        if (inst.op != Op::Leave) {
            const auto drop = [&](ValueId unit) {
                if (own_.owned(unit) && !(moved && unit == own_.unit(taken)))
                    drops.push_back(dec(unit, own_.quiet(unit, id, at), inst.line));
            };
            before.each([&](std::size_t bit) {
                if (!after.has(bit)) drop(ValueId(bit));
            });
            for_each_result(inst, [&](ValueId result) {
                if (own_.unit(result) == result && !after.has(result.index())) drop(result);
            });
        }

        const bool last = has(info(inst.op).effects, Effects::Terminator);
        if (!last) reversed.insert(reversed.end(), drops.rbegin(), drops.rend());
        for_each_result(inst, [&](ValueId result) {
            if (own_.unit(result) == result && own_.retained(result))
                reversed.push_back(inc(result, inst.line));
        });
        reversed.push_back(inst);
        reversed.back().release = released(inst, before, taken && !moved ? taken : ValueId());
        if (last) reversed.insert(reversed.end(), drops.rbegin(), drops.rend());
        if (taken && !moved) reversed.push_back(inc(taken, inst.line));
    }

    std::vector<ValueId> released(const Inst& inst, const BitSet& before, ValueId extra) const {
        std::vector<ValueId> list;
        if (!has(effects_of(inst), Effects::Exits | Effects::Raises)) return list;
        before.each_in(own_.owned_units(), [&](std::size_t bit) { list.push_back(ValueId(bit)); });
        if (extra) list.push_back(extra);
        return list;
    }

    // --- on an edge

    std::vector<Inst> edge_code(EdgeRef ref) {
        const Edge& edge = edge_of(function_, ref);
        const auto& params = function_.block(edge.to).params;
        const std::uint32_t line = function_.block(ref.from).insts.back().line;
        std::vector<Inst> code;
        std::vector<ValueId> moved;
        for (std::size_t i = 0; i < params.size(); ++i) {
            if (!own_.unit(params[i]) || !own_.owned(params[i])) continue;
            const ValueId arg = edge.args[i], unit = own_.unit(arg);
            const bool dies =
                own_.same(arg) && own_.owned(unit) && !own_.live_in(edge.to).has(unit.index());
            if (dies && std::ranges::find(moved, unit) == moved.end()) {
                moved.push_back(unit);
                continue;
            }
            const Nullness known = own_.same(arg) ? nullness(unit, ref) : Nullness::Unknown;
            if (known != Nullness::Null) code.push_back(inc(arg, line, known));
        }
        own_.live_out(ref.from).each_in(own_.owned_units(), [&](std::size_t bit) {
            const ValueId unit(bit);
            const Nullness known = nullness(unit, ref);
            if (own_.dies_on(unit, edge) && known != Nullness::Null)
                code.push_back(dec(unit, own_.quiet(unit, ref), line, known));
        });
        return code;
    }

    // What the branch at the end of the block says of the unit.
    [[nodiscard]] Nullness nullness(ValueId unit, EdgeRef ref) const {
        const Inst* made = made_[unit.index()];
        if (made != nullptr && made->op == Op::ConstNull) return Nullness::Null;
        const Inst& branch = function_.block(ref.from).insts.back();
        const Inst* test = branch.op == Op::Branch ? made_[branch.args[0].index()] : nullptr;
        if (test == nullptr || test->op != Op::IsNull) return Nullness::Unknown;
        if (own_.unit(test->args[0]) != unit || !own_.same(test->args[0])) return Nullness::Unknown;
        return ref.edge == 0 ? Nullness::Null : Nullness::Bound;
    }

    // At the end of a block with one way on, at the start of one with one way in, else in a block
    // between.
    void place(EdgeRef ref, std::vector<Inst> code,
               const std::vector<std::vector<EdgeRef>>& preds) {
        Block& from = function_.block(ref.from);
        const BlockId to = from.edges[ref.edge].to;
        if (from.edges.size() == 1) {
            from.insts.insert(from.insts.end() - 1, code.begin(), code.end());
        } else if (preds[to.index()].size() == 1) {
            Block& target = function_.block(to);
            target.insts.insert(target.insts.begin(), code.begin(), code.end());
        } else {
            split(ref, std::move(code));
        }
    }

    void split(EdgeRef ref, std::vector<Inst> code) {
        const BlockId between = function_.add_block();
        Edge& edge = edge_of(function_, ref);
        const Inst& branch = function_.block(ref.from).insts.back();
        const bool cold =
            function_.block(edge.to).cold || (branch.imm & (ref.edge == 0 ? 1 : 2)) != 0;
        Inst jump;
        jump.line = branch.line;
        code.push_back(std::move(jump));
        Block& block = function_.block(between);
        block.insts = std::move(code);
        block.edges.push_back({edge.to, std::move(edge.args)});
        block.cold = cold;
        edge = {between, {}};
    }

    void set_param_ownership() {
        for (const Block& block : function_.blocks) {
            for (const ValueId param : block.params) {
                if (!own_.unit(param)) continue;
                const Hold hold = own_.hold(param);
                function_.value(param).own = hold == Hold::Owned      ? Own::New
                                             : hold == Hold::Immortal ? Own::Immortal
                                                                      : Own::Borrowed;
            }
        }
    }

    Function& function_;
    Ownership own_;
    std::vector<const Inst*> made_;
};

}  // namespace

void refcount(Function& function) {
    Inserter(function).run();
}

}  // namespace hone::compiler::passes
