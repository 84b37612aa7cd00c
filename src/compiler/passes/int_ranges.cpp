// SPDX-License-Identifier: Apache-2.0
// Sums and differences that can't overflow lose their check (and the exit with it). Ranges
// come from what makes a value and from the comparisons that dominate its use: a counter
// below something is below the largest int, so one more fits.
#include <algorithm>
#include <limits>
#include <optional>
#include <vector>

#include "compiler/passes/passes.h"
#include "compiler/passes/rewrite.h"
#include "ir/cfg.h"

namespace hone::compiler::passes {

using namespace ir;

namespace {

constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min(),
                       kMax = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kMaxLength = kMax / 8;  // of a list or tuple: pointers in memory
constexpr int kMaxDepth = 6;                   // of operands looked at for one range

struct Interval {
    std::int64_t low = kMin, high = kMax;

    [[nodiscard]] Interval meet(Interval other) const {
        return {std::max(low, other.low), std::min(high, other.high)};
    }
};

std::optional<Interval> sum(Interval a, Interval b) {
    Interval made;
    if (__builtin_add_overflow(a.low, b.low, &made.low) ||
        __builtin_add_overflow(a.high, b.high, &made.high))
        return {};
    return made;
}

std::optional<Interval> difference(Interval a, Interval b) {
    Interval made;
    if (__builtin_sub_overflow(a.low, b.high, &made.low) ||
        __builtin_sub_overflow(a.high, b.low, &made.high))
        return {};
    return made;
}

CmpOp opposite(CmpOp op) {
    switch (op) {
        case CmpOp::Lt:
            return CmpOp::Ge;
        case CmpOp::Le:
            return CmpOp::Gt;
        case CmpOp::Eq:
            return CmpOp::Ne;
        case CmpOp::Ne:
            return CmpOp::Eq;
        case CmpOp::Gt:
            return CmpOp::Le;
        case CmpOp::Ge:
            return CmpOp::Lt;
    }
    return op;
}

class Ranges {
  public:
    explicit Ranges(Function& function)
        : function_(function),
          dominators_(function),
          preds_(predecessors(function)),
          made_(definitions(function)),
          known_(function.values.size()),
          children_(function.blocks.size()) {
        for (const BlockId id : dominators_.order())
            if (dominators_.parent(id)) children_[dominators_.parent(id).index()].push_back(id);
    }

    void run() { visit(BlockId(0u)); }

  private:
    // What a fact replaced, to be put back when its region is left.
    struct Undo {
        ValueId value;
        Interval before;
    };

    void visit(BlockId id) {
        std::vector<Undo> undo;
        const auto& preds = preds_[id.index()];
        if (preds.size() == 1) {
            const Inst& last = function_.block(preds[0].from).insts.back();
            if (last.op == Op::Branch) learn(last.args[0], preds[0].edge == 0, undo);
        }
        for (Inst& inst : function_.block(id).insts) {
            if (inst.op == Op::Guard) learn(inst.args[0], true, undo);
            simplify(inst);
        }
        for (const BlockId child : children_[id.index()]) visit(child);
        for (auto change = undo.rbegin(); change != undo.rend(); ++change)
            known_[change->value.index()] = change->before;
    }

    void learn(ValueId condition, bool holds, std::vector<Undo>& undo) {
        const Inst* test = made_[condition.index()];
        if (test == nullptr) return;
        if (test->op == Op::NotBool) return learn(test->args[0], !holds, undo);
        if (test->op == Op::AndBool && holds) {
            learn(test->args[0], true, undo);
            return learn(test->args[1], true, undo);
        }
        if (test->op != Op::CmpI64) return;
        const CmpOp op =
            holds ? static_cast<CmpOp>(test->aux) : opposite(static_cast<CmpOp>(test->aux));
        const ValueId a = test->args[0], b = test->args[1];
        const Interval of_a = range(a, 0), of_b = range(b, 0);
        switch (op) {
            case CmpOp::Lt:
                below(a, of_a, b, of_b, 1, undo);
                break;
            case CmpOp::Le:
                below(a, of_a, b, of_b, 0, undo);
                break;
            case CmpOp::Gt:
                below(b, of_b, a, of_a, 1, undo);
                break;
            case CmpOp::Ge:
                below(b, of_b, a, of_a, 0, undo);
                break;
            case CmpOp::Eq:
                narrow(a, of_b, undo);
                narrow(b, of_a, undo);
                break;
            case CmpOp::Ne:
                break;
        }
    }

    // small + gap <= large. A test that can't hold teaches nothing: its region never runs.
    void below(ValueId small, Interval of_small, ValueId large, Interval of_large, std::int64_t gap,
               std::vector<Undo>& undo) {
        if (of_large.high > kMin) narrow(small, {kMin, of_large.high - gap}, undo);
        if (of_small.low < kMax) narrow(large, {of_small.low + gap, kMax}, undo);
    }

    void narrow(ValueId value, Interval to, std::vector<Undo>& undo) {
        const Interval met = known_[value.index()].meet(to);
        if (met.low > met.high) return;
        undo.push_back({value, known_[value.index()]});
        known_[value.index()] = met;
    }

    [[nodiscard]] Interval range(ValueId id, int depth) const {
        const Interval made = range_of_definition(id, depth), met = known_[id.index()].meet(made);
        return met.low <= met.high ? met : made;
    }

    [[nodiscard]] Interval range_of_definition(ValueId id, int depth) const {
        const Inst* inst = made_[id.index()];
        if (inst == nullptr || depth > kMaxDepth) return {};
        const auto operand = [&](std::size_t at) { return range(inst->args[at], depth + 1); };
        switch (inst->op) {
            case Op::ConstI64:
                return {inst->imm, inst->imm};
            case Op::BoolToI64:
                return {0, 1};
            case Op::ListLen:
            case Op::TupleLen:
                return {0, kMaxLength};
            case Op::RangeLen:
                return {0, kMax};
            case Op::CheckIndex:
                return {0, std::max<std::int64_t>(0, operand(1).high - 1)};
            case Op::AddI64:
            case Op::AddI64Fits:
                return sum(operand(0), operand(1)).value_or(Interval());
            case Op::SubI64:
            case Op::SubI64Fits:
                return difference(operand(0), operand(1)).value_or(Interval());
            case Op::MinI64:
                return {std::min(operand(0).low, operand(1).low),
                        std::min(operand(0).high, operand(1).high)};
            case Op::MaxI64:
                return {std::max(operand(0).low, operand(1).low),
                        std::max(operand(0).high, operand(1).high)};
            case Op::ModI64:
                return remainder(operand(1));
            case Op::AndI64:
                return bits_of(operand(0), operand(1));
            default:
                return {};
        }
    }

    // The sign is the divisor's.
    static Interval remainder(Interval divisor) {
        if (divisor.low > 0) return {0, divisor.high - 1};
        if (divisor.high < 0) return {divisor.low + 1, 0};
        return {};
    }

    static Interval bits_of(Interval a, Interval b) {
        if (a.low >= 0 && b.low >= 0) return {0, std::min(a.high, b.high)};
        if (a.low >= 0) return {0, a.high};
        if (b.low >= 0) return {0, b.high};
        return {};
    }

    void simplify(Inst& inst) const {
        if (inst.op == Op::AddI64 && sum(range(inst.args[0], 0), range(inst.args[1], 0)))
            inst.op = Op::AddI64Fits;
        else if (inst.op == Op::SubI64 &&
                 difference(range(inst.args[0], 0), range(inst.args[1], 0)))
            inst.op = Op::SubI64Fits;
        else
            return;
        inst.state = {};
    }

    Function& function_;
    Dominators dominators_;
    std::vector<std::vector<EdgeRef>> preds_;
    std::vector<const Inst*> made_;
    std::vector<Interval> known_;  // by facts that hold here
    std::vector<std::vector<BlockId>> children_;
};

}  // namespace

void int_ranges(Function& function) {
    Ranges(function).run();
}

}  // namespace hone::compiler::passes
