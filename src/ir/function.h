// SPDX-License-Identifier: Apache-2.0
// The IR: SSA over a control-flow graph with block parameters. A Function owns
// everything; values, blocks and states are named by typed ids into its vectors.
// Block 0 is the entry and has no parameters. Not thread-safe; one compile owns it.
//
// Text form: printer.h / parser.h; rules: verifier.h.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "ir/effects.h"
#include "ir/exits.h"
#include "ir/types.h"
#include "ir/unit.h"

namespace hone::ir {

using ValueId = Id<struct ValueTag>;
using BlockId = Id<struct BlockTag>;
using StateId = Id<struct StateTag>;
using PlaceId = Id<struct PlaceTag>;

enum class Op : std::uint8_t {
#define HONE_OP(name, text, operands, rep, own, effects, doc) name,
#include "ir/ops.def"
#undef HONE_OP
};

struct OpInfo {
    std::string_view text;
    std::string_view operands;
    Rep rep;
    Own own;
    Effects effects;
};

[[nodiscard]] const OpInfo& info(Op op);

// In the imm of a DecRef: the object's death runs no Python code.
inline constexpr std::int64_t kDiesQuietly = 2;

// What a Guard assumes; names the sentence shown by explain and lets a recompilation drop it.
#define HONE_ASSUMPTIONS(X)                 \
    X(None, "")                             \
    X(ArgumentType, "argument type")        \
    X(OperandType, "operand type")          \
    X(ItemType, "item type")                \
    X(Length, "length")                     \
    X(Identity, "which object it is")       \
    X(Class, "class of the object")         \
    X(Attribute, "attributes of the class") \
    X(Range, "value range")                 \
    X(Bound, "bound local")                 \
    X(Overflow, "fits 64 bits")             \
    X(Domain, "function domain")

enum class Assumption : std::uint8_t {
#define HONE_X(name, text) name,
    HONE_ASSUMPTIONS(HONE_X)
#undef HONE_X
};

// One slot of an interpreter frame at a state. Compound forms are followed by their parts
// (exits.h).
struct StateSlot {
    SlotForm form = SlotForm::Unbound;
    ValueId value;            // Object, Int, Float, Boolean, TaggedIndex
    std::uint32_t count = 0;  // Tuple, Zip: parts; Constant: object id
};

struct FrameState {
    ObjectId function;         // inlined frames
    std::uint32_t resume = 0;  // code unit in that frame's original code
    std::uint32_t locals = 0, stack = 0;
    std::vector<ObjectId> variables;  // names of the last ones of `locals` (exits.h)
    std::vector<StateSlot> slots;
};

struct State {
    std::vector<FrameState> frames;  // outermost first
};

// Where an op stands: outermost first, the entered function's frame, then inlined ones.
struct PlaceFrame {
    ObjectId function;       // inlined frames
    std::uint32_t unit = 0;  // in that frame's original code
    auto operator<=>(const PlaceFrame&) const = default;
};
using Place = std::vector<PlaceFrame>;

struct Value {
    Rep rep = Rep::None;
    TypeKind type = TypeKind::Unknown;  // of Obj/Null
    Own own = Own::Unboxed;
};

struct Edge {
    BlockId to;
    std::vector<ValueId> args;  // one per parameter of `to`
};

struct Inst {
    Op op = Op::Jump;
    ValueId result, result2;
    StateId state;  // needed by every op or runtime row with Exits, Raises or RunsPython
    std::vector<ValueId> args;
    std::int64_t imm = 0;
    std::uint32_t aux = 0;
    std::uint32_t line = 0;  // source line, for explain
    PlaceId place;           // where code tells where it is
    std::vector<ValueId>
        release;  // owned values given up if this op leaves (set by passes/refcount)
};

struct Block {
    std::vector<ValueId> params;
    std::vector<Inst> insts;  // the last one is the terminator
    std::vector<Edge> edges;  // of the terminator
    bool loop_header = false;
    bool cold = false;
};

struct Function {
    std::string name;
    std::vector<Value> values;
    std::vector<Block> blocks;
    std::vector<State> states;
    std::vector<Place> places;  // the first one is where the code begins
    // Compiled code may call it without a frame, with so many arguments; -1: by its frame only.
    std::int32_t direct_arguments = -1;

    Value& value(ValueId id) { return values[id.index()]; }
    [[nodiscard]] const Value& value(ValueId id) const { return values[id.index()]; }
    Block& block(BlockId id) { return blocks[id.index()]; }
    [[nodiscard]] const Block& block(BlockId id) const { return blocks[id.index()]; }

    ValueId add_value(Rep rep, TypeKind type, Own own) {
        values.push_back({rep, type, own});
        return ValueId(values.size() - 1);
    }
    BlockId add_block() {
        blocks.emplace_back();
        return BlockId(blocks.size() - 1);
    }
    StateId add_state(State state) {
        states.push_back(std::move(state));
        return StateId(states.size() - 1);
    }
};

}  // namespace hone::ir
