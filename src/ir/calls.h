// SPDX-License-Identifier: Apache-2.0
// What this room needs to know of the functions that CallRt and CallRtArray name. The
// rows belong to runtime/, which ir must not see: whoever knows them passes them in
// (compiler/effects.h makes them from runtime/table.h).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "ir/effects.h"
#include "ir/function.h"
#include "ir/types.h"

namespace hone::ir {

inline constexpr std::size_t kMaxCallOperands = 8;

// Aux of Op::Call.
enum class CallFlags : std::uint32_t {
    None = 0,
    Function = 1,  // the callable may turn out to be a function that is compiled
    Class = 2,     // the callable is a class that made its instances in the plain way
    Slots = 4,     // operand 1, if it is not NULL, is the callable, and operand 0 its self
};
constexpr CallFlags operator|(CallFlags a, CallFlags b) {
    return static_cast<CallFlags>(static_cast<std::uint32_t>(a) | static_cast<std::uint32_t>(b));
}
[[nodiscard]] constexpr bool is_flagged(const Inst& inst, CallFlags flag) {
    return inst.op == Op::Call && (inst.aux & static_cast<std::uint32_t>(flag)) != 0;
}

struct CallRow {
    std::string_view name;
    Own own = Own::Unboxed;
    Effects effects = Effects::Pure;
    Rep result =
        Rep::None;       // Obj also stands for Null: such a row may answer NULL without an error
    bool out = false;    // a second object result, through a pointer
    bool array = false;  // (objects, count): CallRtArray only
    std::array<char, kMaxCallOperands + 1> letters{};  // operand letters as in ops.def

    [[nodiscard]] constexpr std::string_view operands() const { return {letters.data()}; }
};

using CallRows = std::span<const CallRow>;

[[nodiscard]] constexpr bool is_object(Rep rep) {
    return rep == Rep::Obj || rep == Rep::Null;
}

[[nodiscard]] constexpr bool calls_runtime(Op op) {
    return op == Op::CallRt || op == Op::CallRtArray;
}

// The row an instruction names; null for other ops and for numbers out of range.
[[nodiscard]] inline const CallRow* call_row(const Inst& inst, CallRows rows) {
    return calls_runtime(inst.op) && inst.aux < rows.size() ? &rows[inst.aux] : nullptr;
}

[[nodiscard]] inline Effects effects_of(const Inst& inst, CallRows rows) {
    const CallRow* row = call_row(inst, rows);
    return row != nullptr ? row->effects : info(inst.op).effects;
}

[[nodiscard]] inline Own own_of(const Inst& inst, CallRows rows) {
    const CallRow* row = call_row(inst, rows);
    return row != nullptr ? row->own : info(inst.op).own;
}

// The op must say where the interpreter would be: it may leave, raise or show the frame to Python
// code.
[[nodiscard]] constexpr bool needs_state(Effects effects) {
    return has(effects, Effects::Exits | Effects::Raises | Effects::RunsPython);
}

// Anything at all may have happened to the heap after it.
[[nodiscard]] constexpr bool runs_anything(Effects effects) {
    return has(effects, Effects::RunsPython | Effects::Poll);
}

}  // namespace hone::ir
