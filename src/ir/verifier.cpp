// SPDX-License-Identifier: Apache-2.0
// Checks in three steps, each of which relies on the ones before: shape of the graph and
// ids in range; definitions; then uses.
#include "ir/verifier.h"

#include <optional>
#include <string>

#include "ir/cfg.h"
#include "ir/printer.h"
#include "ir/text.h"

namespace hone::ir {

namespace {

// Where a value is made; parameters come before instruction 0.
struct Place {
    BlockId block;
    std::int32_t index = -1;
};

class Verifier {
  public:
    Verifier(const Function& function, CallRows rows) : function_(function), rows_(rows) {}

    Result<void> run() {
        check_shape();
        if (good()) check_reachable();
        if (good()) check_definitions();
        if (good()) check_uses();
        if (good()) return {};
        return fail(error_);
    }

  private:
    [[nodiscard]] bool good() const { return error_.empty(); }

    // Every message starts with the place that check_… is looking at.
    void require(bool condition, const char* what) {
        if (condition || !good()) return;
        error_ = "function " + function_.name;
        if (block_) error_ += ", b" + std::to_string(block_.raw);
        if (block_ && inst_) {
            const Block& block = function_.block(block_);
            error_ += ", inst " + std::to_string(*inst_) + " (" +
                      print_inst(function_, block, block.insts[*inst_], rows_) + ")";
        }
        error_ += ": ";
        error_ += what;
    }

    [[nodiscard]] bool known(ValueId id) const {
        return id && id.index() < function_.values.size();
    }

    template <class Fn>
    void each_inst(Fn&& fn) {
        for (std::size_t b = 0; b < function_.blocks.size() && good(); ++b) {
            block_ = BlockId(b);
            const auto& insts = function_.blocks[b].insts;
            for (std::size_t i = 0; i < insts.size() && good(); ++i) {
                inst_ = i;
                fn(insts[i], i + 1 == insts.size());
            }
            inst_.reset();
        }
        block_ = {};
    }

    // --- shape

    void check_shape() {
        require(!function_.blocks.empty(), "no blocks");
        if (!good()) return;
        require(function_.blocks[0].params.empty(), "the entry has parameters");
        for (std::size_t b = 0; b < function_.blocks.size() && good(); ++b) {
            block_ = BlockId(b);
            const Block& block = function_.blocks[b];
            require(!block.insts.empty(), "empty block");
            for (const ValueId param : block.params)
                require(known(param), "parameter without a value");
            for (const Edge& edge : block.edges) {
                require(edge.to && edge.to.index() < function_.blocks.size(), "edge to no block");
                require(edge.to != BlockId(0u), "edge to the entry");
                for (const ValueId arg : edge.args)
                    require(known(arg), "edge argument without a value");
            }
        }
        block_ = {};
        each_inst([&](const Inst& inst, bool last) { check_inst_shape(inst, last); });
    }

    void check_inst_shape(const Inst& inst, bool last) {
        const bool terminator = has(info(inst.op).effects, Effects::Terminator);
        require(terminator == last,
                last ? "the block has no terminator" : "terminator in the middle of a block");
        for (const ValueId arg : inst.args) require(known(arg), "operand without a value");
        for (const ValueId owned : inst.release) require(known(owned), "release of no value");
        if (inst.result) require(known(inst.result), "result without a value");
        if (inst.result2) require(known(inst.result2), "second result without a value");
        if (inst.state) require(inst.state.index() < function_.states.size(), "no such state");
        if (terminator) check_edge_count(inst);
        switch (text::aux_kind(inst.op)) {
            case text::AuxKind::Assumption:
                require(inst.aux < text::kAssumptions.size(), "no such assumption");
                break;
            case text::AuxKind::Type:
                require(inst.aux < text::kTypes.size(), "no such type");
                break;
            case text::AuxKind::Cmp:
                require(inst.aux < text::kCmps.size(), "no such comparison");
                break;
            case text::AuxKind::Runtime:
                require(rows_.empty() || inst.aux < rows_.size(), "no such runtime function");
                break;
            case text::AuxKind::Number:
                break;
        }
    }

    void check_edge_count(const Inst& inst) {
        const std::size_t wanted = inst.op == Op::Branch ? 2 : inst.op == Op::Jump ? 1 : 0;
        require(function_.block(block_).edges.size() == wanted, "wrong number of edges");
    }

    void check_reachable() {
        dominators_.emplace(function_);
        for (std::size_t b = 0; b < function_.blocks.size() && good(); ++b) {
            block_ = BlockId(b);
            require(dominators_->reachable(block_), "unreachable block");
        }
        block_ = {};
    }

    // --- definitions

    void check_definitions() {
        places_.assign(function_.values.size(), {});
        for (std::size_t b = 0; b < function_.blocks.size() && good(); ++b) {
            block_ = BlockId(b);
            for (const ValueId param : function_.blocks[b].params) define(param, -1);
        }
        block_ = {};
        each_inst([&](const Inst& inst, bool) { check_results(inst); });
    }

    void define(ValueId id, std::int32_t index) {
        require(!places_[id.index()].block, "value defined twice");
        places_[id.index()] = {block_, index};
        const Value& value = function_.value(id);
        require(value.rep != Rep::None, "value without representation");
        require(is_object(value.rep) != (value.own == Own::Unboxed),
                "ownership does not fit the representation");
        require(is_object(value.rep) || value.type == TypeKind::Unknown,
                "type of something unboxed");
    }

    void check_results(const Inst& inst) {
        for_each_result(inst, [&](ValueId id) { define(id, static_cast<std::int32_t>(*inst_)); });
        if (calls_runtime(inst.op) && rows_.empty()) return;
        const CallRow* call = call_row(inst, rows_);
        const Rep rep = call != nullptr ? call->result : info(inst.op).rep;
        const bool out = call != nullptr && call->out;
        require(inst.result.valid() == (rep != Rep::None),
                rep != Rep::None ? "no result" : "result of an op without one");
        require(inst.result2.valid() == out,
                out ? "no second result" : "second result of an op without one");
        if (!good()) return;
        if (inst.result) {
            const Value& value = function_.value(inst.result);
            require(value.rep == rep || (call != nullptr && is_object(rep) && is_object(value.rep)),
                    "the result has another representation");
            require(value.own == own_of(inst, rows_), "the result has another ownership");
        }
        if (inst.result2) {
            const Value& value = function_.value(inst.result2);
            require(value.rep == Rep::Null && value.own == Own::New,
                    "the second result is not a new reference or NULL");
        }
    }

    // --- uses

    void check_uses() {
        each_inst([&](const Inst& inst, bool last) {
            for (const ValueId arg : inst.args) in_scope(arg, "operand not in scope");
            for (const ValueId owned : inst.release) check_release(owned);
            check_operands(inst);
            require(!needs_state(effects_of(inst, rows_)) || inst.state.valid(), "no state");
            if (good() && inst.state) check_state(function_.states[inst.state.index()]);
            if (last) check_edges();
        });
    }

    void in_scope(ValueId id, const char* what) {
        const Place& place = places_[id.index()];
        require(place.block.valid(), what);
        if (!good()) return;
        if (place.block == block_)
            require(place.index < static_cast<std::int32_t>(*inst_), what);
        else
            require(dominators_->dominates(place.block, block_), what);
    }

    void check_release(ValueId id) {
        in_scope(id, "released value not in scope");
        require(is_object(function_.value(id).rep), "release of something unboxed");
    }

    void check_operands(const Inst& inst) {
        if (calls_runtime(inst.op) && rows_.empty()) return;
        const CallRow* call = call_row(inst, rows_);
        require(call == nullptr || call->array == (inst.op == Op::CallRtArray),
                "array function called the other way");
        const bool listed = call != nullptr && !call->array;
        const std::string_view letters = listed ? call->operands() : info(inst.op).operands;
        std::size_t at = 0;
        for (const ValueId arg : inst.args) {
            require(at < letters.size(), "too many operands");
            if (!good()) return;
            require(fits(letters[at], function_.value(arg).rep),
                    "operand has the wrong representation");
            if (at + 1 >= letters.size() || letters[at + 1] != '*') ++at;
        }
        require(at == letters.size() || (at + 2 == letters.size() && letters[at + 1] == '*'),
                "too few operands");
    }

    static bool fits(char letter, Rep rep) {
        switch (letter) {
            case 'o':
            case 's':
                return rep == Rep::Obj;
            case 'n':
                return is_object(rep);
            case 'i':
                return rep == Rep::I64;
            case 'f':
                return rep == Rep::F64;
            case 'b':
                return rep == Rep::Bool;
            case 'p':
                return rep == Rep::Ptr;
            default:
                return letter == 'v';
        }
    }

    void check_state(const State& state) {
        require(!state.frames.empty(), "state without frames");
        for (std::size_t f = 0; f < state.frames.size() && good(); ++f) {
            const FrameState& frame = state.frames[f];
            require(frame.function.valid() == (f != 0), "only inlined frames name a function");
            std::size_t at = 0;
            for (std::uint32_t i = 0; i < frame.locals + frame.stack && good(); ++i)
                check_slot(frame, at);
            require(at == frame.slots.size(), "the state's slots do not add up");
        }
    }

    void check_slot(const FrameState& frame, std::size_t& at) {
        require(at < frame.slots.size(), "the state's slots do not add up");
        if (!good()) return;
        const StateSlot& slot = frame.slots[at++];
        const bool wants = text::slot_word(slot.form).operand == text::SlotOperand::Value;
        require(wants ? known(slot.value) : !slot.value,
                wants ? "slot without a value" : "slot with a stray value");
        if (!good()) return;
        if (wants) {
            in_scope(slot.value, "state value not in scope");
            require(slot_fits(slot.form, function_.value(slot.value).rep),
                    "state value has the wrong representation");
        }
        for (std::uint32_t i = 0; i < text::parts_of(slot) && good(); ++i) check_slot(frame, at);
    }

    static bool slot_fits(SlotForm form, Rep rep) {
        switch (form) {
            case SlotForm::Object:
                return is_object(rep);
            case SlotForm::Int:
            case SlotForm::TaggedIndex:
                return rep == Rep::I64;
            case SlotForm::Float:
                return rep == Rep::F64;
            case SlotForm::Boolean:
                return rep == Rep::Bool;
            default:
                return false;
        }
    }

    void check_edges() {
        for (const Edge& edge : function_.block(block_).edges) {
            const auto& params = function_.block(edge.to).params;
            require(edge.args.size() == params.size(), "wrong number of edge arguments");
            for (std::size_t i = 0; i < params.size() && good(); ++i) {
                in_scope(edge.args[i], "edge argument not in scope");
                const Rep arg = function_.value(edge.args[i]).rep,
                          param = function_.value(params[i]).rep;
                require(arg == param || (arg == Rep::Obj && param == Rep::Null),
                        "edge argument has another representation than the parameter");
            }
        }
    }

    const Function& function_;
    CallRows rows_;
    std::optional<Dominators> dominators_;
    std::vector<Place> places_;
    BlockId block_;
    std::optional<std::size_t> inst_;
    std::string error_;
};

}  // namespace

Result<void> verify(const Function& function, CallRows rows) {
    return Verifier(function, rows).run();
}

}  // namespace hone::ir
