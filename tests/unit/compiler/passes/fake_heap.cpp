// SPDX-License-Identifier: Apache-2.0
#include "fake_heap.h"

#include <algorithm>

#include "compiler/effects.h"
#include "ir/cfg.h"
#include "ir/printer.h"

namespace hone::compiler::testing {

using namespace ir;

FakeHeap::FakeHeap(std::uint32_t seed) : random_(seed) {
    for (std::size_t i = 0; i < kSlots; ++i) slots_.push_back(chance(5) ? kNull : make(chance(4)));
}

int FakeHeap::make(bool quiet) {
    objects_.push_back({1, quiet, {}, {}});
    return static_cast<int>(objects_.size() - 1);
}

void FakeHeap::inc(int object) {
    if (object != kNull) ++at(object).refs;
}

void FakeHeap::dec(int object) {
    if (object == kNull || --at(object).refs > 0) return;
    const bool loud = !at(object).quiet;
    std::vector<int> children;
    children.swap(at(object).items);
    for (const int child : at(object).tuple) children.push_back(child);
    at(object).tuple.clear();
    for (const int child : children) dec(child);
    if (loud && depth_ < 2) clobber();
}

int FakeHeap::constant(std::uint32_t id) {
    while (constants_.size() <= id) constants_.push_back(make(false));
    return constants_[id];
}

int FakeHeap::list_item(int list, std::size_t index) {
    while (at(list).items.size() < kItems) {
        const int item = make(at(list).quiet || chance(3));
        at(list).items.push_back(item);
    }
    return at(list).items[index % kItems];
}

int FakeHeap::tuple_item(int tuple, std::size_t index) {
    while (at(tuple).tuple.size() < kItems) {
        const int item = make(at(tuple).quiet || at(tuple).tuple.size() < 2);
        at(tuple).tuple.push_back(item);
    }
    return at(tuple).tuple[index % kItems];
}

bool FakeHeap::store(int list, std::size_t index, int value) {
    if (at(list).quiet) return false;  // it would no longer die quietly
    const int old = list_item(list, index);
    if (at(old).refs == 1 && !at(old).quiet) return false;
    at(list).items[index % kItems] = value;
    dec(old);
    return true;
}

void FakeHeap::clobber() {
    ++depth_;
    for (std::size_t i = 0; i < objects_.size() && i < 200; ++i) {
        if (objects_[i].refs <= 0 || objects_[i].items.empty() || chance(3)) continue;
        for (std::size_t k = 0; k < objects_[i].items.size(); ++k) {
            const int fresh = make(objects_[i].quiet || chance(3));
            if (objects_[i].items.size() <= k) break;
            const int old = std::exchange(objects_[i].items[k], fresh);
            dec(old);
            if (objects_[i].items.empty()) break;
        }
    }
    for (int& slot : slots_)
        if (chance(2)) dec(std::exchange(slot, make(chance(3))));
    --depth_;
}

bool FakeHeap::balanced() const {
    std::vector<int> holders(objects_.size());
    const auto hold = [&](int object) {
        if (object != kNull) ++holders[static_cast<std::size_t>(object)];
    };
    for (const int object : constants_) hold(object);
    for (const int object : slots_) hold(object);
    for (const Object& object : objects_) {
        if (object.refs <= 0) continue;
        for (const int item : object.items) hold(item);
        for (const int item : object.tuple) hold(item);
    }
    for (std::size_t i = 0; i < objects_.size(); ++i)
        if (objects_[i].refs != holders[i]) return false;
    return true;
}

namespace {

class Machine {
  public:
    Machine(const Function& function, std::uint32_t seed)
        : function_(function), heap_(seed), words_(function.values.size()) {}

    std::optional<std::string> run(int steps) {
        BlockId at(0u);
        while (!ended_ && error_.empty()) {
            const Block& block = function_.block(at);
            for (const Inst& inst : block.insts) {
                if (steps-- < 0) return std::nullopt;  // a long loop: its counts stay open
                step(block, inst);
                if (ended_ || !error_.empty()) break;
            }
            if (ended_ || !error_.empty()) break;
            follow(block, at);
        }
        if (error_.empty() && !heap_.balanced()) error_ = where_ + "counts do not balance";
        if (error_.empty()) return std::nullopt;
        return error_;
    }

  private:
    std::int64_t& word(ValueId id) { return words_[id.index()]; }
    int object(ValueId id) { return static_cast<int>(word(id)); }
    bool is_obj(ValueId id) const { return is_object(function_.value(id).rep); }

    void require_alive(ValueId id, const char* what) {
        if (error_.empty() && is_obj(id) && !heap_.alive(object(id)))
            error_ = where_ + what + " %" + std::to_string(id.raw) + " was freed";
    }

    void check_uses(const Inst& inst) {
        for_each_use(function_, inst,
                     [&](ValueId id) { require_alive(id, "operand or state value"); });
    }

    void leave(const Inst& inst) {
        check_uses(inst);
        for (const ValueId owned : inst.release) {
            require_alive(owned, "released");
            if (error_.empty()) heap_.dec(object(owned));
        }
        ended_ = true;
    }

    void step(const Block& block, const Inst& inst) {
        where_ = "b" + std::to_string(&block - function_.blocks.data()) + ": " +
                 print_inst(function_, block, inst, call_rows()) + ": ";
        for (const ValueId arg : inst.args) require_alive(arg, "operand");
        if (!error_.empty()) return;
        switch (inst.op) {
            case Op::ConstI64:
            case Op::ConstBool:
                word(inst.result) = inst.imm;
                break;
            case Op::ConstObj:
                word(inst.result) = heap_.constant(inst.aux);
                break;
            case Op::ConstNull:
                word(inst.result) = FakeHeap::kNull;
                break;
            case Op::LoadSlot:
                word(inst.result) = heap_.slot(static_cast<std::size_t>(inst.imm));
                break;
            case Op::IsNull:
                word(inst.result) = object(inst.args[0]) == FakeHeap::kNull;
                break;
            case Op::NotBool:
                word(inst.result) = !word(inst.args[0]);
                break;
            case Op::TypeIs:
                word(inst.result) = heap_.chance(2);
                break;
            case Op::NotNull:
                word(inst.result) = word(inst.args[0]);
                break;
            case Op::ListItem:
                word(inst.result) = heap_.list_item(object(inst.args[0]), index(inst));
                break;
            case Op::TupleItem:
                word(inst.result) = heap_.tuple_item(object(inst.args[0]), index(inst));
                break;
            case Op::BoxI64:
                word(inst.result) = heap_.make(true);
                break;
            case Op::Guard:
                if (word(inst.args[0]) == 0 || heap_.chance(20)) leave(inst);
                break;
            case Op::SetListItem:
                if (heap_.chance(20) ||
                    !heap_.store(object(inst.args[0]), index(inst), object(inst.args[2])))
                    leave(inst);
                break;
            case Op::Call:
            case Op::CallRt:
            case Op::CallRtArray:
            case Op::Poll:
                call(inst);
                break;
            case Op::IncRef:
                count(inst, true);
                break;
            case Op::DecRef:
                count(inst, false);
                break;
            case Op::Return:
                heap_.dec(object(inst.args[0]));
                ended_ = true;
                break;
            case Op::Leave:
                leave(inst);
                break;
            case Op::Jump:
            case Op::Branch:
                break;
            default:
                error_ = where_ + "the machine has no such op";
        }
    }

    std::size_t index(const Inst& inst) { return static_cast<std::size_t>(word(inst.args[1])); }

    void count(const Inst& inst, bool up) {
        const int target = object(inst.args[0]);
        if (target == FakeHeap::kNull && (inst.imm & 1) == 0)
            error_ = where_ + "NULL counted";
        else if (up)
            heap_.inc(target);
        else
            heap_.dec(target);
    }

    void call(const Inst& inst) {
        const Effects effects = effects_of(inst);
        if (runs_anything(effects)) heap_.clobber();
        check_uses(inst);
        if (!error_.empty()) return;
        if (has(effects, Effects::Raises) && heap_.chance(12)) return leave(inst);
        if (inst.result && is_obj(inst.result)) word(inst.result) = result_of(inst);
        if (inst.result2)
            word(inst.result2) = heap_.chance(2) ? FakeHeap::kNull : heap_.make(false);
    }

    int result_of(const Inst& inst) {
        if (function_.value(inst.result).rep == Rep::Null && heap_.chance(4))
            return FakeHeap::kNull;
        return heap_.make(heap_.chance(4));
    }

    void follow(const Block& block, BlockId& at) {
        const Inst& last = block.insts.back();
        const Edge& edge = block.edges[last.op == Op::Branch && word(last.args[0]) == 0 ? 1 : 0];
        std::vector<std::int64_t> args;
        for (const ValueId arg : edge.args) {
            require_alive(arg, "edge argument");
            args.push_back(word(arg));
        }
        at = edge.to;
        const auto& params = function_.block(at).params;
        for (std::size_t i = 0; i < args.size(); ++i) word(params[i]) = args[i];
    }

    const Function& function_;
    FakeHeap heap_;
    std::vector<std::int64_t> words_;
    std::string where_, error_;
    bool ended_ = false;
};

// Graph first, then instructions over what is in scope, edge arguments last.
class Generator {
  public:
    explicit Generator(std::uint32_t seed) : random_(seed) {}

    Function run() {
        function_.name = "random";
        graph();
        const Dominators dominators(function_);
        scope_.resize(function_.blocks.size());
        for (const BlockId id : dominators.order()) {
            if (dominators.parent(id)) scope_[id.index()] = scope_[dominators.parent(id).index()];
            body(id);
        }
        for (std::size_t b = 0; b < function_.blocks.size(); ++b)
            for (Edge& edge : function_.blocks[b].edges)
                for (const ValueId param : function_.block(edge.to).params)
                    edge.args.push_back(pick_for(BlockId(b), function_.value(param).rep));
        return std::move(function_);
    }

  private:
    std::size_t pick(std::size_t below) { return random_() % below; }

    void graph() {
        const std::size_t blocks = 2 + pick(7);
        std::vector<std::vector<BlockId>> to(blocks);
        for (std::size_t b = 0; b < blocks; ++b) {
            if (b + 1 < blocks) to[b].push_back(BlockId(b + 1));  // keeps all reachable
            if (b != 0 && pick(2) == 0) to[b].push_back(BlockId(1 + pick(blocks - 1)));
        }
        function_.blocks.resize(blocks);
        for (std::size_t b = 0; b < blocks; ++b) {
            for (const BlockId id : to[b]) function_.blocks[b].edges.push_back({id, {}});
            for (std::size_t p = 0; b != 0 && p < pick(4); ++p)
                function_.blocks[b].params.push_back(function_.add_value(
                    pick(3) == 0 ? Rep::Null : Rep::Obj, TypeKind::Unknown, Own::New));
        }
    }

    std::vector<ValueId>& scope(BlockId id) { return scope_[id.index()]; }

    ValueId find(BlockId id, auto&& wanted) {
        std::vector<ValueId> fit;
        for (const ValueId value : scope(id))
            if (wanted(function_.value(value))) fit.push_back(value);
        return fit.empty() ? ValueId() : fit[pick(fit.size())];
    }
    ValueId pick_object(BlockId id) {
        return find(id, [](const Value& v) { return v.rep == Rep::Obj; });
    }
    // An object that may be used as list or tuple: not one of a quiet type.
    ValueId pick_container(BlockId id) {
        return find(
            id, [](const Value& v) { return v.rep == Rep::Obj && v.type == TypeKind::Unknown; });
    }
    // Where any object will do; an Obj parameter may be used as a container, so it gets no int.
    ValueId pick_for(BlockId id, Rep rep) {
        if (rep == Rep::Obj) return pick_container(id);
        return find(id, [&](const Value& v) {
            return v.rep == rep || (rep == Rep::Null && v.rep == Rep::Obj);
        });
    }
    ValueId emit(BlockId id, Op op, std::vector<ValueId> args, std::int64_t imm = 0,
                 std::uint32_t aux = 0, TypeKind type = TypeKind::Unknown) {
        Inst inst;
        inst.op = op;
        inst.args = std::move(args);
        inst.imm = imm;
        inst.aux = aux;
        if (needs_state(effects_of(inst))) inst.state = state(id);
        const CallRow* row = ir::call_row(inst, call_rows());
        const Rep rep = row != nullptr ? row->result : info(op).rep;
        if (rep != Rep::None) {
            const bool null =
                row != nullptr && is_object(rep) && !has(row->effects, Effects::Raises);
            inst.result = function_.add_value(null ? Rep::Null : rep, type, own_of(inst));
            scope(id).push_back(inst.result);
        }
        const ValueId result = inst.result;
        function_.block(id).insts.push_back(std::move(inst));
        return result;
    }

    StateId state(BlockId id) {
        if (!function_.states.empty() && pick(8) == 0 && last_block_ == id)
            return StateId(function_.states.size() - 1);
        last_block_ = id;
        FrameState frame;
        frame.locals = static_cast<std::uint32_t>(pick(4));
        for (std::uint32_t i = 0; i < frame.locals; ++i)
            frame.slots.push_back({SlotForm::Object, pick_for(id, Rep::Null), 0});
        return function_.add_state({{frame}});
    }

    void body(BlockId id) {
        for (const ValueId param : function_.block(id).params) scope(id).push_back(param);
        if (id == BlockId(0u)) {
            emit(id, Op::ConstObj, {}, 0, 1);
            emit(id, Op::ConstBool, {}, 1);
            emit(id, Op::ConstI64, {}, static_cast<std::int64_t>(pick(4)));
            for (std::size_t i = 0; i < 1 + pick(3); ++i) load_slot(id);
        }
        for (std::size_t i = 0, n = 1 + pick(9); i < n; ++i) instruction(id);
        terminator(id);
    }

    void load_slot(BlockId id) {
        const ValueId value =
            emit(id, Op::LoadSlot, {}, static_cast<std::int64_t>(pick(FakeHeap::kSlots)));
        if (pick(4) == 0) return;
        bind(id, value);
    }

    void bind(BlockId id, ValueId value) {
        const ValueId null = emit(id, Op::IsNull, {value});
        const ValueId bound = emit(id, Op::NotBool, {null});
        emit(id, Op::Guard, {bound}, 0, static_cast<std::uint32_t>(Assumption::Bound));
        emit(id, Op::NotNull, {value});
    }

    void instruction(BlockId id) {
        const auto rt = [&](std::string_view name) {
            const auto& rows = call_rows();
            for (std::size_t i = 0; i < rows.size(); ++i)
                if (rows[i].name == name) return static_cast<std::uint32_t>(i);
            return 0u;
        };
        const auto number = [&] {
            return emit(id, Op::ConstI64, {}, static_cast<std::int64_t>(pick(4)));
        };
        switch (pick(12)) {
            case 0:
                load_slot(id);
                break;
            case 1:
            case 2:
                emit(id, Op::ListItem, {pick_container(id), number()});
                break;
            case 3:
                emit(id, Op::TupleItem, {pick_container(id), emit(id, Op::ConstI64, {}, 2)});
                break;
            case 4:
                emit(id, Op::TupleItem, {pick_container(id), emit(id, Op::ConstI64, {}, 1)}, 0, 0,
                     TypeKind::Int);
                break;
            case 5:
                emit(id, Op::Call,
                     {pick_object(id), pick_for(id, Rep::Null), pick_for(id, Rep::Null)});
                break;
            case 6:
                emit(id, Op::BoxI64, {number()}, 0, 0, TypeKind::Int);
                break;
            case 7:
                emit(id, Op::Guard, {emit(id, Op::IsNull, {pick_for(id, Rep::Null)})});
                break;
            case 8:
                emit(id, Op::SetListItem, {pick_container(id), number(), pick_object(id)});
                break;
            case 9:
                emit(id, Op::Poll, {});
                break;
            case 10:
                bind(id, emit(id, Op::CallRt, {pick_object(id)}, 0, rt("iter_next")));
                break;
            case 11:
                emit(id, Op::CallRtArray, {pick_object(id), pick_object(id)}, 0, rt("build_list"));
                break;
        }
    }

    void terminator(BlockId id) {
        switch (function_.block(id).edges.size()) {
            case 0:
                if (pick(4) == 0)
                    emit(id, Op::Leave, {});
                else
                    emit(id, Op::Return, {pick_object(id)});
                break;
            case 1:
                emit(id, Op::Jump, {});
                break;
            default: {
                const ValueId condition = pick(2) == 0
                                              ? emit(id, Op::IsNull, {pick_for(id, Rep::Null)})
                                              : emit(id, Op::TypeIs, {pick_object(id)}, 0,
                                                     static_cast<std::uint32_t>(TypeKind::List));
                emit(id, Op::Branch, {condition});
            }
        }
    }

    std::mt19937 random_;
    Function function_;
    std::vector<std::vector<ValueId>> scope_;
    BlockId last_block_;
};

}  // namespace

std::optional<std::string> run_counted(const Function& function, std::uint32_t seed, int steps) {
    return Machine(function, seed).run(steps);
}

Function random_function(std::uint32_t seed) {
    return Generator(seed).run();
}

}  // namespace hone::compiler::testing
