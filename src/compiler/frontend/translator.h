// SPDX-License-Identifier: Apache-2.0
// The front end: walks a unit's bytecode with an abstract state (items.h) and writes typed
// IR as it goes. Where paths join, a block is translated once per *version*: per distinct
// set of types and forms of the live slots. So a guard in a loop's first turn types the
// loop from the second on, an int that becomes a float gets a second version instead of a
// box, and there is no separate inference (docs/decisions/0005). At kMaxVersions slots that
// differ are widened to objects.
//
// Guards stand before any effect of their instruction, since an exit executes it again.
//
// One Translator translates one request. Files: translator.cpp (driver, joins), emit.cpp (ops,
// states, boxes, guards), joins.cpp, loop_entry.cpp, variables.cpp, arithmetic.cpp, complex.cpp,
// containers.cpp, iteration.cpp, names.cpp, attributes.cpp, calls.cpp, dispatch.cpp (instruction
// table).
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "compiler/compiler.h"
#include "compiler/frontend/flow.h"
#include "compiler/frontend/items.h"
#include "ir/calls.h"
#include "runtime/table.h"

namespace hone::compiler::frontend {

using ir::Assumption;
using ir::BinOp;
using ir::BlockId;
using ir::CmpOp;
using ir::Known;
using ir::ObjectFact;
using ir::ObjectId;
using ir::Op;
using ir::Rep;
using ir::Seen;
using ir::StateId;
using ir::TypeKind;
using ir::ValueId;
using runtime::RtId;

inline constexpr std::size_t kMaxVersions = 4;
inline constexpr std::size_t kMaxInlineDepth = 3;
inline constexpr std::size_t kMaxInlineInstrs = 80;
inline constexpr std::size_t kMaxInlinedInstrs =
    800;  // in all, a function walked twice counting twice

class Translator {
  public:
    Translator(const Request& request, std::vector<LineNote>* notes);
    Result<ir::Function> run();

  private:
    // A place to go on translating: `block` is begun, `context` holds at pc of its top frame.
    struct Work {
        BlockId block;
        Context context;
    };
    using Key = std::vector<std::uint64_t>;
    struct Arrival {
        BlockId from;  // ends with a jump to the version
        Context context;
    };
    struct Version {
        Key key;
        BlockId block;
        Context shape;  // its items name the block's parameters
        std::vector<Arrival> arrivals;
    };
    using Place = std::pair<std::uint32_t, std::uint32_t>;  // path, pc

    // --- driver (translator.cpp)
    void begin_function_entry();

    // --- loop entries (loop_entry.cpp)
    void begin_loop_entry(const ir::LoopEntry& entry);
    Item entry_local(const ir::EntrySlot& seen, std::uint32_t index);
    Item entry_item(const ir::EntrySlot*& at, std::int64_t& word);
    void unbox_locals(const ir::LoopEntry& entry);

    // --- a module's variables (variables.cpp)
    void begin_variables(const ir::LoopEntry& entry, std::int64_t& word);
    Item* variable(std::int32_t name);  // null: not one that the loop assigns
    const ir::EntrySlot& variable_at_entry(std::int32_t name) const;
    void load_name(const ir::Instr& in);
    void store_name(const ir::Instr& in);
    void forget_variables();  // Python code runs: they are in their dict, and may change there
    bool holds_variables() const;
    void write_back_variables();
    void write_back_for(const Item& dying);
    void poll();

    // --- instructions (translator.cpp)
    void speculate_on_arguments();
    bool callable_directly();
    void translate(Work work);
    void step();
    void begin_instr();
    void go_on(Work work) { work_.push_back(std::move(work)); }

    // --- joins (joins.cpp)
    void jump_to(std::uint32_t pc);  // ends the block
    void branch_to(ValueId condition, std::uint32_t if_true, std::uint32_t if_false);
    void branch(ValueId condition, BlockId if_true, BlockId if_false, int cold_edge = -1);
    void forget_dead(Context& context);
    void forget_local(Item& item);
    void settle(Item& item);
    Version& version_for(const Place& place, const Context& context);
    Version& add_version(const Place& place, const Context& shape);
    bool convertible(const Item& from, const Item& to) const;
    bool convertible(const Context& from, const Context& to) const;
    static std::optional<Item> merged(const Item& a, const Item& b);
    static std::optional<Context> merged(const Context& a, const Context& b);
    void take_over(Version& wide, Version narrow);
    void arrive(Version& version);
    [[nodiscard]] std::vector<bool> reached_blocks() const;
    void forget_unreached(std::vector<Version>& versions);
    void sort_work();
    ValueId zero_of(Rep rep);
    static Item widened(const Item& a, const Item& b);
    static Context widened(const Context& a, const Context& b);
    void convert(Item from, const Item& to, std::vector<ValueId>& args);
    std::vector<ValueId> convert(Context from, const Context& to);
    void add_params(Item& item, BlockId block);
    static Key key_of(const Context& context);

    // --- writing (emit.cpp)
    ir::Inst& put(Op op, std::vector<ValueId> args, std::int64_t imm = 0, std::uint32_t aux = 0);
    ValueId emit(Op op, std::vector<ValueId> args = {}, std::int64_t imm = 0,
                 std::uint32_t aux = 0);
    ValueId rt(RtId id, std::vector<ValueId> args, TypeKind type = TypeKind::Unknown);
    ValueId i64(std::int64_t value) { return emit(Op::ConstI64, {}, value); }
    ValueId f64(double value);
    ValueId boolean(bool value) { return emit(Op::ConstBool, {}, value); }
    ValueId const_object(ObjectId id, TypeKind type);
    void guard(ValueId condition, Assumption assumption);
    void announce(std::uint32_t pc);
    void come_to(std::uint32_t from, std::uint32_t to);
    void terminate(Op op, std::vector<ValueId> args = {});
    // The interpreter goes on at this instruction. With an assumption: what did not hold, so that a
    // leave that repeats makes the next compile do without it.
    void leave(Assumption assumption = Assumption::None);
    StateId state();
    ir::PlaceId place();
    void describe(const Item& item, std::vector<ir::StateSlot>& out, bool second_slot_follows);
    ir::FrameState describe_frame(const FrameContext& frame);
    void note(bool object_op, Op op);
    void reason(std::string text);
    bool may_run_python() const { return context_.frames.size() == 1; }

    // --- items (emit.cpp)
    static Item value_item(ValueId object, TypeKind type);
    Item raw_item(ValueId raw);
    Item fact_item(const ObjectFact& fact);
    ValueId object(Item& item);  // made if need be
    ValueId object_or_null(Item& item);
    ValueId boxed_complex(Item& item);
    ValueId boxed_if_bound(const Item& item);
    ValueId made_method(Item& item);
    void make_shared(Item& item);
    void make_list_slices();
    void learn(const Item& about, const std::function<void(Item&)>& change);
    void refine(Item& item, TypeKind type);
    bool guard_type(Item& item, TypeKind type, Assumption assumption);
    bool split_on(Item& item, TypeKind type);  // true: this instruction was restarted in two blocks
    bool broken(Assumption assumption) const;
    Item pop();
    void push(Item item);
    Item& peek(std::size_t from_top = 0);
    void push_object(ValueId object, TypeKind type = TypeKind::Unknown) {
        push(value_item(object, type));
    }
    void push_raw(ValueId raw) { push(raw_item(raw)); }

    // --- numbers (arithmetic.cpp)
    enum class Kind : std::uint8_t { Int, Float, Bool, Unknown, Other };
    Kind kind_of(const Item& item) const;
    ValueId as_i64(Item& item);
    ValueId as_f64(Item& item);
    std::optional<std::int64_t> constant_int(const Item& item) const;
    bool settle_numbers(Item& a, Item& b, Seen seen);  // true: both are Int, Float or Bool now
    bool restart_on_numbers(Item& a, Item& b);
    void binary(const ir::Instr& in);
    bool binary_int(BinOp op, Item& a, Item& b);
    bool binary_float(BinOp op, Item& a, Item& b);
    void binary_object(std::int32_t arg, Item& a, Item& b);
    TypeKind result_type(BinOp op, TypeKind a, TypeKind b) const;
    bool int_pow(Item& a, Item& b);
    void compare(const ir::Instr& in);
    bool compare_numbers(CmpOp op, Item& a, Item& b);
    void unary(const ir::Instr& in);
    std::optional<ValueId> truth(Item& item, Seen seen);  // none: restarted
    void is_op(bool negated);
    void contains_op(bool negated);

    // --- complex numbers (complex.cpp)
    struct ComplexParts {
        ValueId real, imaginary;
    };
    bool is_complex(const Item& item) const;
    bool is_real(const Item& item) const;
    ComplexParts complex_parts(Item& item);  // of a real number, too
    Item complex_item(ComplexParts parts);
    bool binary_complex(BinOp op, Item& a, Item& b);
    ComplexParts complex_sum(BinOp op, Item& a, Item& b);
    ComplexParts complex_sum_mixed(BinOp op, Item& a, Item& b);
    ComplexParts complex_product(Item& a, Item& b);
    ComplexParts complex_product_mixed(Item& a, Item& b);
    ComplexParts complex_quotient(Item& a, Item& b);
    bool compare_complex(CmpOp op, Item& a, Item& b);
    ValueId complex_truth(Item& item);
    void negate_complex(Item& item);
    bool complex_magnitude(Item& item);
    bool call_complex(std::vector<Item>& args);
    bool complex_attribute(Item& owner, const std::string& name);

    // --- containers (containers.cpp)
    void subscript(Seen seen);
    bool letter_of(Item& text, Item& index);
    bool sequence_item(Item& sequence, Item& index);
    struct SliceParts {
        ValueId start, step, count;
        std::int64_t step_value = 1;
    };
    std::optional<SliceParts> clip_slice(ValueId list, const Item& slice);
    bool list_slice(Item& container, Item slice);
    bool assign_slice(Item& container, const Item& slice, Item& value,
                      const std::function<void()>& generic);
    void store_subscript(Seen seen);
    void delete_subscript();
    void binary_slice();
    void store_slice();
    void build(RtId id, std::size_t n, TypeKind type);
    void build_tuple(std::size_t n);
    void unpack(std::size_t n, Seen seen);
    void unpack_star(std::int32_t arg);
    void list_append(std::size_t depth);
    void extend(RtId id, std::size_t depth);

    // --- loops (iteration.cpp)
    void get_iter();
    std::optional<Item> iterate(Item& iterable, Seen seen);  // a virtual iterator, if there is one
    void for_iter(const ir::Instr& in);
    ValueId has_next(Item& iterator);
    Item take_next(Item& iterator);
    void for_iter_object(const ir::Instr& in);
    Item range_iterator(const Item& range);
    bool split_on_sequence(Item& item);
    bool guess_sequence(Item& item);
    Seen next_iteration_seen() const;
    const ir::Instr* next_alone() const;
    bool feeds_iteration() const;  // the next instruction is GET_ITER
    bool feeds_list() const;       // … the call of list(…)
    bool flow_joins(std::uint32_t pc) const;

    // --- names (names.cpp)
    void load_fast(const ir::Instr& in);
    bool unpacked_next() const;
    void store_fast(const ir::Instr& in);
    static bool dies_unnoticed(const Item& item);
    void load_global(const ir::Instr& in);
    void push_global(const ir::Instr& in, Item item);
    void fresh_globals();
    void store_global(const ir::Instr& in);
    void make_cell(const ir::Instr& in);
    void load_deref(const ir::Instr& in);
    void store_deref(const ir::Instr& in);
    void load_attr(const ir::Instr& in);
    void load_method(const ir::Instr& in);
    void store_attr(const ir::Instr& in);
    // --- attributes of instances (attributes.cpp); false: not known, nothing done
    bool load_known_attribute(Item& owner, const ir::Instr& in);
    bool load_known_method(Item& owner, const ir::Instr& in);
    bool load_class_attribute(const Item& owner, const ir::Instr& in, bool method);
    bool store_known_attribute(Item& owner, Item& value, const ir::Instr& in);
    bool call_getter(Item& owner, const ir::ClassFact& cls, const ir::AttributeFact& fact);
    const ir::ClassFact* expected_class(const Item& owner, const ir::Instr& in) const;
    const ir::AttributeFact* attribute_of(const ir::ClassFact* cls, std::int32_t name) const;
    void guard_version(const ir::ClassFact& cls);
    void guard_class(Item& owner, const ir::ClassFact& cls);
    void guard_values(const Item& owner, const ir::ClassFact& cls, bool to_write);
    void guard_unshadowed(const Item& owner, const ir::ClassFact& cls);
    bool native_attribute(const ir::Unit& callee, std::size_t index, const ir::ClassFact* receiver,
                          std::size_t depth) const;
    const ObjectFact* module_attribute(const Item& item, const std::string& name) const;
    const ObjectFact* builtin_method(const Item& item, std::uint32_t name) const;
    ValueId name_object(std::int32_t index);
    void push_callable(Item callable, Item self);
    ValueId cache();

    // --- calls (calls.cpp)
    void call(const ir::Instr& in);
    void call_keywords(const ir::Instr& in);
    // `names`: the tuple of the names of the last arguments, or null.
    void call_object(Item callable, Item self, std::vector<Item> args, const ObjectFact* names);
    std::optional<std::vector<Item>> bind_arguments(const Item& callable, const Item& self,
                                                    const std::vector<Item>& args,
                                                    const ObjectFact* names);
    void call_direct(const ObjectFact& function, std::vector<ValueId> values,
                     std::vector<Item> bound, const ObjectFact* names, bool defaults);
    void call_slots(Item& first, Item& second, std::vector<Item>& args, const ObjectFact* names);
    ValueId emit_call(std::vector<ValueId> values, const ObjectFact* names, ir::CallFlags flags);
    bool call_builtin(Known known, Item& self, std::vector<Item>& args);
    bool call_math(Known known, std::vector<Item>& args);
    bool call_minmax(bool max, std::vector<Item>& args);
    bool call_conversion(Known known, std::vector<Item>& args);
    bool call_iterator_maker(const Item& callable, std::vector<Item>& args);
    bool call_list_maker(std::vector<Item>& args);
    bool call_list_method(Known known, Item& self, std::vector<Item>& args);
    bool call_length(Item& arg);
    bool inlinable(const ObjectFact& fact, const ir::ClassFact* receiver,
                   std::optional<std::size_t> nargs, std::size_t depth) const;
    bool callable_inline(const ObjectFact& callable, std::size_t depth) const;
    bool inline_call(const Item& callable, const Item& self, std::vector<Item>& args);
    void return_value();
    void return_inlined(Item result);

    // --- instruction table (dispatch.cpp)
    void conditional_jump(const ir::Instr& in);
    void jump_or_pop(const ir::Instr& in);
    void jump(const ir::Instr& in);
    void unsupported();
    void build_slice(std::size_t n);
    void push_two_part_slice(Item slice);

    FrameContext& top() { return context_.top(); }
    const ir::Unit& unit() const { return *context_.top().unit; }
    const Flow& flow(const ir::Unit& unit);
    const ir::Layout& layout() const { return request_.unit->layout; }
    std::uint32_t path_of(std::uint32_t parent, std::uint32_t pc, const ir::Unit* callee);

    const Request& request_;
    std::vector<LineNote>* notes_;
    ir::Function fn_;
    Context context_;               // now
    Context before_;                // at the start of this instruction
    std::optional<StateId> state_;  // of before_, once made
    std::map<ir::Place, ir::PlaceId> places_;
    BlockId block_;
    bool ended_ = false;          // the block has its terminator
    bool globals_fresh_ = false;  // no Python ran since the last GuardGlobals in this block
    std::uint32_t next_pc_ = 0;
    std::map<std::pair<BlockId, ValueId>, ValueId>
        boxes_;  // one object for one number within a block: `x is x`
    std::vector<Work> work_, parked_;
    std::map<Place, std::vector<Version>> versions_;
    std::map<const ir::Unit*, Flow> flows_;
    std::map<std::tuple<std::uint32_t, std::uint32_t, const ir::Unit*>, std::uint32_t> paths_;
    bool paths_gone_ = false;  // since work_ was last looked through: a wider version took over
    std::size_t inlined_instrs_ = 0;
    bool too_large_ = false;
};

}  // namespace hone::compiler::frontend
