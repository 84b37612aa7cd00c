// SPDX-License-Identifier: Apache-2.0
// Slots of interpreter frames being rewritten. To be included after private.h only.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "cpython/frame.h"
#include "cpython/materialise.h"
#include "ir/exits.h"

namespace hone::cpython {

// A few slots, without an allocation for the usual number. Owns nothing: the slots' references
// are moved by hand to where they go.
class SlotArray {
  public:
    void push(raw::Slot slot) {
        if (size_ == capacity_) grow();
        data()[size_++] = slot;
    }
    [[nodiscard]] std::uint32_t size() const { return size_; }
    [[nodiscard]] raw::Slot operator[](std::uint32_t index) const { return data()[index]; }
    void clear() { size_ = 0; }

  private:
    static constexpr std::uint32_t kInline = 12;
    [[nodiscard]] const raw::Slot* data() const { return more_ ? more_.get() : few_; }
    [[nodiscard]] raw::Slot* data() { return more_ ? more_.get() : few_; }
    void grow() {
        auto larger = std::make_unique<raw::Slot[]>(2 * capacity_);
        for (std::uint32_t i = 0; i < size_; ++i) larger[i] = data()[i];
        more_ = std::move(larger);
        capacity_ *= 2;
    }

    raw::Slot few_[kInline];
    std::unique_ptr<raw::Slot[]> more_;
    std::uint32_t size_ = 0;
    std::uint32_t capacity_ = kInline;
};

// How many of a row's locals are slots of the frame: a module's variables follow.
[[nodiscard]] std::uint32_t own_locals(const ir::FrameRow& row);
// Those variables, from the row of the first on, into their dict; `at` moves behind them.
void write_variables(Frame* frame, const ir::FrameRow& row, const ir::SlotRow*& at,
                     Materialiser& maker);
// Writes the locals of a row; what was there goes to `old`, to be closed when all is in place.
// Returns the row of the bottom of the stack, for make_stack.
const ir::SlotRow* write_locals(Frame* frame, const ir::FrameRow& row, Materialiser& maker,
                                SlotArray& old);
// Afterwards the locals that write_locals wrote hold `old` again; returns what they held instead.
[[nodiscard]] SlotArray put_back_locals(Frame* frame, const ir::FrameRow& row,
                                        const SlotArray& old);
[[nodiscard]] SlotArray make_stack(const ir::SlotRow* bottom, std::uint32_t depth,
                                   const std::int64_t* buffer, Materialiser& maker);
void close_slots(SlotArray& slots);

// Position at which the instruction at `unit` counts as failed, such that the handler found and
// the traceback's line and columns are those of this instruction.
void set_failed_at(Frame* frame, std::uint32_t unit);

// The instructions of E: a native constant is negated, and E returns the slot that it left in
// local 0, or (3.11) its result, where the constant itself stands for NULL.
[[nodiscard]] std::string leave_code();

// A Python function of one parameter without RESUME, location or names; `constant` and `second` are
// its constants. Null with an error set on failure. The name is that of a `hone._jit` attribute.
[[nodiscard]] PyObject* bare_function(const char* name, const std::string& code, PyObject* constant,
                                      PyObject* second = Py_None, int stack_size = 4);

}  // namespace hone::cpython
