// SPDX-License-Identifier: Apache-2.0
// Call frame information: how the caller's registers are found from those at a place in machine
// code. Compilers write it for exceptions into .eh_frame, linkers a sorted table of it into
// .eh_frame_hdr (Linux Standard Base, "Exception Frames"; the instructions are DWARF 5's, 6.4.2).
//
// Everything is read by the kernel's copying (OwnMemory): a library that is being closed meanwhile
// is an answer, not the end of the process. Nothing is locked and nobody is asked.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "measure/native/registers.h"

namespace hone::measure::native {

struct Rule {
    enum class Kind : std::uint8_t {
        Same,          // as in the frame that was called
        Undefined,     // lost
        At,            // in memory, `number` from the frame's address
        Is,            // the frame's address and `number`
        Register,      // in register `number`
        AtExpression,  // in memory where an expression says
        IsExpression,  // what an expression says
    };
    Kind kind = Kind::Same;
    std::uint16_t length = 0;  // of the expression, whose address is `number`
    std::int64_t number = 0;
};

struct Rules {
    // The frame's address (DWARF's CFA: what the stack pointer was before the call): a register and
    // `offset`, or an expression.
    std::uint8_t base = kStackPointer;
    std::int64_t offset = 0;
    std::optional<Rule> expression;
    std::array<Rule, kRegisters> registers{};
    Address function = 0;    // where the code begins that this entry is of
    bool of_signal = false;  // the frame that a signal's handler returns to
};

// Of the code at `place`; `table` is the address of the .eh_frame_hdr that covers it. Nothing:
// there is none, or it is of a kind that no linker in use writes.
[[nodiscard]] std::optional<Rules> rules_at(cpython::OwnMemory& memory, Address table,
                                            Address place);

// The frame's address. Nothing: it can't be known.
[[nodiscard]] std::optional<Address> frame_of(cpython::OwnMemory& memory, const Rules& rules,
                                              const Registers& registers, const StackCopy& stack);
// The registers of who called the frame at `frame`. Nothing: it can't be known where that was.
[[nodiscard]] std::optional<Registers> caller_of(cpython::OwnMemory& memory, const Rules& rules,
                                                 const Registers& registers, const StackCopy& stack,
                                                 Address frame);

}  // namespace hone::measure::native
