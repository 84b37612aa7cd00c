// SPDX-License-Identifier: Apache-2.0
// The words of the text form that printer and parser share: enumerators by name, both ways.
//
//   function "name" {
//   b0:
//     %0/list = load.slot imm=0          result: %id[:rep][/type][!own], where they differ from the
//     op's row %1 = is.null %0 guard %1 aux=Bound @s0 line=12     operands, imm=, aux=, @state,
//     line=, release(...) jump -> b1(%0)
//   b1(%2:null, %3:i64) loop cold:       parameters: rep obj, type object, own New unless said
//   otherwise
//     …
//   s0: frame @4 [keep, %2, int %3 | const 1, tuple(%2, unbound)]
//   }
//
// A state lists its frames outermost first: `frame [fn=ID] @resume [locals | stack]`.
// Text after a semicolon is a comment.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "ir/function.h"

namespace hone::ir::text {

inline constexpr std::array<std::string_view, 7> kReps = {"none", "obj",  "null", "i64",
                                                          "f64",  "bool", "ptr"};
inline constexpr std::array<std::string_view, 4> kOwns = {"unboxed", "new", "borrowed", "immortal"};
inline constexpr std::array<std::string_view, 6> kCmps = {"lt", "le", "eq", "ne", "gt", "ge"};

#define HONE_X(name, text) std::string_view(#name),
inline constexpr std::array kAssumptions = {HONE_ASSUMPTIONS(HONE_X)};
#undef HONE_X

// Types by Python's name.
#define HONE_X(name, text) std::string_view(text),
inline constexpr std::array kTypes = {HONE_TYPE_KINDS(HONE_X)};
#undef HONE_X

// How many parts follow a slot form; kCounted: as many as the slot says.
inline constexpr std::uint32_t kCounted = 0xffffffffu;

enum class SlotOperand : std::uint8_t { Nothing, Value, Number };

struct SlotWord {
    std::string_view word;  // empty: a bare value
    SlotOperand operand = SlotOperand::Nothing;
    std::uint32_t parts = 0;
};

// By SlotForm.
inline constexpr std::array kSlots = {
    SlotWord{"keep"},
    SlotWord{"unbound"},
    SlotWord{"", SlotOperand::Value},
    SlotWord{"int", SlotOperand::Value},
    SlotWord{"float", SlotOperand::Value},
    SlotWord{"bool", SlotOperand::Value},
    SlotWord{"const", SlotOperand::Number},
    SlotWord{"tuple", SlotOperand::Nothing, kCounted},
    SlotWord{"rangeiter", SlotOperand::Nothing, 3},
    SlotWord{"listiter", SlotOperand::Nothing, 2},
    SlotWord{"tupleiter", SlotOperand::Nothing, 2},
    SlotWord{"enumerate", SlotOperand::Nothing, 2},
    SlotWord{"zip", SlotOperand::Nothing, kCounted},
    SlotWord{"reversed", SlotOperand::Nothing, 2},
    SlotWord{"tagged", SlotOperand::Value},
    SlotWord{"method", SlotOperand::Nothing, 2},
    SlotWord{"slice", SlotOperand::Nothing, 3},
    SlotWord{"range", SlotOperand::Nothing, 3},
    SlotWord{"complex", SlotOperand::Nothing, 2},
    SlotWord{"maybe", SlotOperand::Nothing, 2},
    SlotWord{"listslice", SlotOperand::Nothing, 4},
};
static_assert(kSlots.size() == static_cast<std::size_t>(SlotForm::ListSlice) + 1,
              "a row per SlotForm");

[[nodiscard]] inline const SlotWord& slot_word(SlotForm form) {
    return kSlots[static_cast<std::size_t>(form)];
}

// Number of parts that follow this slot directly (each may have parts of its own).
[[nodiscard]] inline std::uint32_t parts_of(const StateSlot& slot) {
    const std::uint32_t parts = slot_word(slot.form).parts;
    return parts == kCounted ? slot.count : parts;
}

template <std::size_t N>
[[nodiscard]] std::optional<std::size_t> index_of(const std::array<std::string_view, N>& words,
                                                  std::string_view word) {
    for (std::size_t i = 0; i < N; ++i)
        if (words[i] == word) return i;
    return std::nullopt;
}

// What an op's aux means, if it is spelled by name.
enum class AuxKind : std::uint8_t { Number, Assumption, Type, Cmp, Runtime };

[[nodiscard]] constexpr AuxKind aux_kind(Op op) {
    switch (op) {
        case Op::Guard:
        case Op::Leave:
            return AuxKind::Assumption;
        case Op::TypeIs:
            return AuxKind::Type;
        case Op::CmpI64:
        case Op::CmpF64:
        case Op::CmpHypotF64:
            return AuxKind::Cmp;
        case Op::CallRt:
        case Op::CallRtArray:
            return AuxKind::Runtime;
        default:
            return AuxKind::Number;
    }
}

}  // namespace hone::ir::text
