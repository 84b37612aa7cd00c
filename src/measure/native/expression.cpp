// SPDX-License-Identifier: Apache-2.0
#include <Python.h>

#include "measure/native/expression.h"

#include <array>

#include "measure/native/byte_cursor.h"

namespace hone::measure::native {

namespace {

constexpr std::size_t kLongest = 256;
constexpr std::size_t kDeepest = 32;

class Machine {
  public:
    Machine(const Registers& registers, const StackCopy& stack)
        : registers_(registers), stack_(stack) {}

    bool push(std::uint64_t value) noexcept {
        if (depth_ == kDeepest) return false;
        values_[depth_++] = value;
        return true;
    }
    [[nodiscard]] std::optional<std::uint64_t> top() const noexcept {
        return depth_ == 0 ? std::nullopt : std::optional(values_[depth_ - 1]);
    }

    // One operation; their numbers: DWARF 5, 7.7.1. False: it is none that compilers use here.
    bool step(ByteCursor& cursor) noexcept {
        const auto byte = cursor.take<std::uint8_t>();
        if (byte >= 0x30 && byte <= 0x4f) return push(byte - 0x30U);  // a literal
        if (byte >= 0x70 && byte < 0x70 + kRegisters)
            return push(registers_[byte - 0x70U] +
                        static_cast<std::uint64_t>(cursor.signed_number()));
        return constant(cursor, byte) || change(cursor, byte) || combine(byte);
    }

  private:
    bool constant(ByteCursor& cursor, std::uint8_t byte) noexcept {
        const auto of = [](std::int64_t value) { return static_cast<std::uint64_t>(value); };
        switch (byte) {
            case 0x08:
                return push(cursor.take<std::uint8_t>());
            case 0x09:
                return push(of(cursor.take<std::int8_t>()));
            case 0x0a:
                return push(cursor.take<std::uint16_t>());
            case 0x0b:
                return push(of(cursor.take<std::int16_t>()));
            case 0x0c:
                return push(cursor.take<std::uint32_t>());
            case 0x0d:
                return push(of(cursor.take<std::int32_t>()));
            case 0x0e:
            case 0x0f:
                return push(cursor.take<std::uint64_t>());
            case 0x10:
                return push(cursor.unsigned_number());
            case 0x11:
                return push(of(cursor.signed_number()));
            default:
                return false;
        }
    }

    // What changes the topmost value.
    bool change(ByteCursor& cursor, std::uint8_t byte) noexcept {
        if (depth_ == 0) return false;
        std::uint64_t& value = values_[depth_ - 1];
        switch (byte) {
            case 0x06: {  // what is there in memory
                const auto word = stack_.word(value);
                value = word.value_or(0);
                return word.has_value();
            }
            case 0x12:
                return push(value);
            case 0x13:
                --depth_;
                return true;
            case 0x1f:
                value = 0 - value;
                return true;
            case 0x20:
                value = ~value;
                return true;
            case 0x23:
                value += cursor.unsigned_number();
                return true;
            default:
                return false;
        }
    }

    // What makes one value of two.
    bool combine(std::uint8_t byte) noexcept {
        if (depth_ < 2) return false;
        const std::uint64_t right = values_[depth_ - 1];
        const std::uint64_t left = values_[depth_ - 2];
        const auto a = static_cast<std::int64_t>(left), b = static_cast<std::int64_t>(right);
        std::uint64_t& value = values_[depth_ - 2];
        switch (byte) {
            case 0x1a:
                value = left & right;
                break;
            case 0x1c:
                value = left - right;
                break;
            case 0x1e:
                value = left * right;
                break;
            case 0x21:
                value = left | right;
                break;
            case 0x22:
                value = left + right;
                break;
            case 0x24:
                value = right < 64 ? left << right : 0;
                break;
            case 0x25:
                value = right < 64 ? left >> right : 0;
                break;
            case 0x27:
                value = left ^ right;
                break;
            case 0x29:
                value = a == b;
                break;
            case 0x2a:
                value = a >= b;
                break;
            case 0x2b:
                value = a > b;
                break;
            case 0x2c:
                value = a <= b;
                break;
            case 0x2d:
                value = a < b;
                break;
            case 0x2e:
                value = a != b;
                break;
            default:
                return false;
        }
        --depth_;
        return true;
    }

    const Registers& registers_;
    const StackCopy& stack_;
    std::array<std::uint64_t, kDeepest> values_{};
    std::size_t depth_ = 0;
};

}  // namespace

std::optional<std::uint64_t> evaluate(cpython::OwnMemory& memory, const Rule& rule,
                                      const Registers& registers, const StackCopy& stack,
                                      std::optional<std::uint64_t> first) {
    std::array<std::byte, kLongest> bytes;
    const auto at = static_cast<Address>(rule.number);
    if (rule.length > kLongest || !memory.read(at, bytes.data(), rule.length)) return std::nullopt;
    ByteCursor cursor({bytes.data(), rule.length}, at);
    Machine machine(registers, stack);
    if (first && !machine.push(*first)) return std::nullopt;
    while (cursor.more())
        if (!machine.step(cursor)) return std::nullopt;
    return cursor.good() ? machine.top() : std::nullopt;
}

}  // namespace hone::measure::native
