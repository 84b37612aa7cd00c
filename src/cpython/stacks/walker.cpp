// SPDX-License-Identifier: Apache-2.0
#include "cpython/private.h"

#include "cpython/stacks/walker.h"

#include <algorithm>

#include "cpython/bytecode/opcode_tables.h"

namespace hone::cpython {

namespace {

constexpr std::size_t kHead = offsetof(_PyInterpreterFrame, localsplus);
constexpr std::size_t kMostChunks = 10'000;
constexpr std::uint32_t kNoUnit = ~std::uint32_t{0};

// A copy of a frame without its slots.
class FrameCopy {
  public:
    [[nodiscard]] bool read(OwnMemory& memory, Address at) noexcept {
        at_ = at;
        return memory.read(at, &bytes_, kHead);
    }
    [[nodiscard]] bool is_shim() noexcept { return raw::is_shim(frame()); }
    [[nodiscard]] bool on_data_stack() noexcept { return frame()->owner == FRAME_OWNED_BY_THREAD; }
    [[nodiscard]] bool of_generator() noexcept {
        return frame()->owner == FRAME_OWNED_BY_GENERATOR;
    }
    [[nodiscard]] Address code() noexcept {
        return reinterpret_cast<Address>(raw::code_of(frame()));
    }
    // kNoUnit: no unit of such a code object.
    [[nodiscard]] std::uint32_t unit(std::uint32_t units) noexcept {
        const auto unit = static_cast<std::int32_t>(raw::running_unit(frame()));
        if (unit < 0) return unit == -1 ? 0 : kNoUnit;  // 3.11, 3.12: it has not begun
        return static_cast<std::uint32_t>(unit) < units ? static_cast<std::uint32_t>(unit)
                                                        : kNoUnit;
    }
    [[nodiscard]] Address previous() noexcept {
        return reinterpret_cast<Address>(frame()->previous);
    }
    [[nodiscard]] Address at() const noexcept { return at_; }

  private:
    _PyInterpreterFrame* frame() noexcept {
        return reinterpret_cast<_PyInterpreterFrame*>(&bytes_);
    }

    Address at_ = 0;
    alignas(_PyInterpreterFrame) std::array<std::byte, sizeof(_PyInterpreterFrame)> bytes_;
};

// A Python function that is called has a frame of its own.
bool calls_native(std::uint8_t opcode) {
    return std::ranges::count(raw::kCalls, int{hone_opcode_deopt[opcode]}) != 0 &&
           std::ranges::count(raw::kCallsOfPython, int{opcode}) == 0;
}

}  // namespace

std::optional<StackWalker::Top> StackWalker::find_top(Address thread) {
    constexpr raw::FramePlace place = raw::kFramePlace;
    const auto first = memory_.read<Address>(thread + place.in_thread);
    if (!first) return std::nullopt;
    if constexpr (!place.has_record)
        return Top{.frame = *first, .outer_frame = 0, .has_outer = false, .record = 0};
    if (*first == 0) return std::nullopt;
    const auto frame = memory_.read<Address>(*first + place.in_record);
    const auto outer = memory_.read<Address>(*first + place.outer_record);
    if (!frame || !outer) return std::nullopt;
    if (*outer == 0)
        return Top{.frame = *frame, .outer_frame = 0, .has_outer = false, .record = *first};
    const auto outer_frame = memory_.read<Address>(*outer + place.in_record);
    if (!outer_frame) return std::nullopt;
    return Top{.frame = *frame,
               .outer_frame = *outer_frame,
               .has_outer = *outer_frame != 0,
               .record = *first};
}

// The first chunk of a data stack leaves a word free.
bool StackWalker::starts_chunk(Address thread, Address frame) {
    auto chunk = memory_.read<Address>(thread + offsetof(PyThreadState, datastack_chunk));
    for (std::size_t i = 0; chunk && *chunk != 0 && i < kMostChunks; ++i) {
        const Address first = *chunk + offsetof(_PyStackChunk, data);
        if (frame == first || frame == first + sizeof(PyObject*)) return true;
        chunk = memory_.read<Address>(*chunk + offsetof(_PyStackChunk, previous));
    }
    return false;
}

Walk StackWalker::walk(Address thread, Stack& stack) {
    stack.frames.clear();
    stack.native_entry = stack.in_native_call = stack.in_operation = false;
    stack.paused = stack.cut = false;
    opcode_at_ = 0;
    const std::optional<Top> top = find_top(thread);
    if (!top || walk_frames(thread, *top, stack) == Walk::Torn) return Walk::Torn;
    std::uint8_t opcode = 0;
    if (!codes_.unchanged(opcode_at_, opcode)) return Walk::Torn;
    stack.in_native_call = calls_native(opcode);
    stack.in_operation = std::ranges::count(raw::kOperations, int{opcode}) != 0;
    return Walk::Whole;
}

Walk StackWalker::walk_frames(Address thread, const Top& top, Stack& stack) {
    bool met_outer = !top.has_outer;
    stack.evaluator = top.record;
    Address inner = 0;  // the last frame on the data stack
    FrameCopy frame;
    for (Address at = top.frame; at != 0; at = frame.previous()) {
        if (at == top.outer_frame) met_outer = true;
        if (stack.frames.size() == kDeepest) {
            stack.cut = true;
            return Walk::Whole;
        }
        if (!frame.read(memory_, at)) return Walk::Torn;
        if (frame.is_shim()) {
            // The evaluator's own frame, among its local variables.
            if (stack.evaluator == 0 && !stack.frames.empty()) stack.evaluator = at;
            continue;
        }
        const KnownCode* const code = codes_.meet(memory_, frame.code());
        if (code == nullptr) return Walk::Torn;
        const std::uint32_t unit = frame.unit(code->units);
        if (unit == kNoUnit) return Walk::Torn;
        // As sys._getframe() does: neither a function that is being called, nor hone's own helpers,
        // which lie out of order (run_frame.cpp).
        if (unit < code->begin && !frame.of_generator()) {
            stack.paused |= code->is_server && stack.frames.empty();
            continue;
        }
        if (frame.on_data_stack()) {
            const Address end = at + code->words * sizeof(PyObject*);
            if (inner != 0 && inner != end && !starts_chunk(thread, inner)) return Walk::Torn;
            inner = at;
        }
        if (stack.frames.empty()) {
            stack.native_entry = code->has_prologue;
            opcode_at_ = frame.code() + offsetof(PyCodeObject, co_code_adaptive) +
                         unit * sizeof(_Py_CODEUNIT);
        }
        stack.frames.push_back({code->id, unit});
    }
    return met_outer ? Walk::Whole : Walk::Torn;
}

}  // namespace hone::cpython
