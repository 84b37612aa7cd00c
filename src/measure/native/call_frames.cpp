// SPDX-License-Identifier: Apache-2.0
#include <Python.h>

#include "measure/native/call_frames.h"

#include <string>
#include <string_view>
#include <vector>

#include "measure/native/byte_cursor.h"
#include "measure/native/expression.h"

namespace hone::measure::native {

namespace {

using cpython::OwnMemory;

constexpr std::size_t kLongest = 1 << 16;  // bytes of one entry
constexpr std::size_t kNested = 16;        // states that are remembered

// How a pointer is written (Linux Standard Base, "DWARF Exception Header Encoding").
enum Encoding : std::uint8_t {
    kAbsolute = 0x00,
    kUnsigned4 = 0x03,
    kSigned4 = 0x0b,
    kSigned8 = 0x0c,
    kFormat = 0x0f,
    kFromHere = 0x10,
    kFromTable = 0x30,
    kBase = 0x70,
    kOmitted = 0xff,
};

std::optional<std::uint64_t> take_pointer(ByteCursor& cursor, std::uint8_t encoding,
                                          Address table) {
    const Address here = cursor.address();
    std::uint64_t value = 0;
    switch (encoding & kFormat) {
        case kAbsolute:
        case kSigned8:
        case 0x04:
            value = cursor.take<std::uint64_t>();
            break;
        case kUnsigned4:
            value = cursor.take<std::uint32_t>();
            break;
        case kSigned4:
            value = static_cast<std::uint64_t>(std::int64_t{cursor.take<std::int32_t>()});
            break;
        default:
            return std::nullopt;
    }
    switch (encoding & kBase) {
        case 0:
            break;
        case kFromHere:
            value += here;
            break;
        case kFromTable:
            value += table;
            break;
        default:
            return std::nullopt;
    }
    return cursor.good() ? std::optional(value) : std::nullopt;
}

// The last entry of the sorted table whose code begins at `place` or before.
std::optional<Address> find_entry(OwnMemory& memory, Address table, Address place) {
    struct Head {
        std::uint8_t version, pointer, count, entries;
        std::int32_t frames;
        std::uint32_t number;
    };
    struct Entry {
        std::int32_t begin, entry;
    };
    const auto head = memory.read<Head>(table);
    if (!head || head->version != 1 || head->count != kUnsigned4 ||
        head->entries != (kFromTable | kSigned4) || (head->pointer & kFormat) != kSigned4)
        return std::nullopt;
    const auto at = [&](std::uint32_t index) {
        return memory.read<Entry>(table + sizeof(Head) + std::uint64_t{index} * sizeof(Entry));
    };
    const auto distance = static_cast<std::int64_t>(place - table);
    std::uint32_t low = 0, high = head->number;
    std::optional<Entry> best;
    while (low < high) {
        const std::uint32_t middle = low + (high - low) / 2;
        const auto entry = at(middle);
        if (!entry) return std::nullopt;
        if (entry->begin <= distance) {
            best = entry;
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (!best) return std::nullopt;
    return table + static_cast<Address>(std::int64_t{best->entry});
}

// One entry of .eh_frame, its length in front.
std::optional<std::vector<std::byte>> read_entry(OwnMemory& memory, Address at) {
    const auto length = memory.read<std::uint32_t>(at);
    if (!length || *length == 0 || *length > kLongest) return std::nullopt;
    std::vector<std::byte> bytes(sizeof *length + *length);
    if (!memory.read(at, bytes.data(), bytes.size())) return std::nullopt;
    return bytes;
}

// What entries have in common (DWARF's CIE).
struct Common {
    std::uint64_t code_step = 1;
    std::int64_t data_step = 1;
    std::uint8_t pointer = kAbsolute;
    bool has_data = false;  // entries have more of their own, its length in front
    bool of_signal = false;
};

// What the letters behind `z` stand for.
bool take_extras(ByteCursor& cursor, std::string_view letters, Common& common) {
    for (const char letter : letters) {
        switch (letter) {
            case 'R':
                common.pointer = cursor.take<std::uint8_t>();
                break;
            case 'L':
                cursor.skip(1);
                break;
            case 'P': {
                const auto encoding = cursor.take<std::uint8_t>();
                if (encoding != kOmitted && !take_pointer(cursor, encoding & kFormat, 0))
                    return false;
                break;
            }
            case 'S':
                common.of_signal = true;
                break;
            case 'B':
                break;
            default:
                return false;
        }
    }
    return cursor.good();
}

// Leaves the cursor at the instructions.
std::optional<Common> take_common(ByteCursor& cursor) {
    Common common;
    cursor.skip(sizeof(std::uint32_t));
    if (cursor.take<std::uint32_t>() != 0) return std::nullopt;
    const auto version = cursor.take<std::uint8_t>();
    if (version != 1 && version != 3) return std::nullopt;
    std::string letters;
    for (char letter = cursor.take<char>(); letter != 0; letter = cursor.take<char>())
        letters += letter;
    common.code_step = cursor.unsigned_number();
    common.data_step = cursor.signed_number();
    const std::uint64_t returns =
        version == 1 ? cursor.take<std::uint8_t>() : cursor.unsigned_number();
    if (returns != kReturnAddress || !cursor.good()) return std::nullopt;
    if (letters.empty()) return common;
    if (letters.front() != 'z') return std::nullopt;
    common.has_data = true;
    const std::uint64_t length = cursor.unsigned_number();
    const Address behind = cursor.address() + length;
    if (!take_extras(cursor, std::string_view(letters).substr(1), common)) return std::nullopt;
    cursor.go_to(behind);
    return cursor.good() ? std::optional(common) : std::nullopt;
}

// Carries out instructions up to a place (DWARF 5, 6.4.2; their numbers: 7.24).
class Program {
  public:
    Program(const Common& common, Address begin, Address place)
        : common_(common), location_(begin), place_(place) {}

    [[nodiscard]] bool run(ByteCursor& cursor) {
        while (cursor.more() && location_ <= place_) {
            const auto byte = cursor.take<std::uint8_t>();
            const bool known = byte >= 0x40 ? run_short(cursor, byte) : run_long(cursor, byte);
            if (!known) return false;
        }
        return cursor.good();
    }
    // What `restore` goes back to.
    void begin() { initial_ = rules_; }
    [[nodiscard]] const Rules& rules() const noexcept { return rules_; }

  private:
    using Kind = Rule::Kind;

    bool set(std::uint64_t number, Rule rule) {
        if (number < kRegisters) rules_.registers[number] = rule;  // vector registers: not needed
        return true;
    }
    bool advance(std::uint64_t steps) {
        location_ += steps * common_.code_step;
        return true;
    }
    std::int64_t step(std::uint64_t factor) const {
        return static_cast<std::int64_t>(factor) * common_.data_step;
    }
    bool restore(std::uint64_t number) {
        return number >= kRegisters || set(number, initial_.registers[number]);
    }
    static Rule take_expression(ByteCursor& cursor, Kind kind) {
        const auto length = cursor.unsigned_number();
        const Address at = cursor.address();
        cursor.skip(length);
        return {.kind = kind,
                .length = static_cast<std::uint16_t>(length),
                .number = static_cast<std::int64_t>(at)};
    }
    bool define(std::uint64_t base, std::int64_t offset) {
        if (base >= kRegisters) return false;
        rules_.base = static_cast<std::uint8_t>(base);
        rules_.offset = offset;
        rules_.expression.reset();
        return true;
    }

    bool run_short(ByteCursor& cursor, std::uint8_t byte) {
        const std::uint64_t low = byte & 0x3fU;
        if (byte < 0x80) return advance(low);
        if (byte >= 0xc0) return restore(low);
        return set(low, {.kind = Kind::At, .number = step(cursor.unsigned_number())});
    }

    bool run_long(ByteCursor& cursor, std::uint8_t byte) {
        switch (byte) {
            case 0x00:  // nop
                return true;
            case 0x02:
                return advance(cursor.take<std::uint8_t>());
            case 0x03:
                return advance(cursor.take<std::uint16_t>());
            case 0x04:
                return advance(cursor.take<std::uint32_t>());
            case 0x0a:
                if (remembered_.size() == kNested) return false;
                remembered_.push_back(rules_);
                return true;
            case 0x0b:
                if (remembered_.empty()) return false;
                rules_ = remembered_.back();
                remembered_.pop_back();
                return true;
            case 0x2e:  // GNU's, the size of arguments: says nothing of registers
                (void)cursor.unsigned_number();
                return true;
            default:
                return run_frame(cursor, byte) || run_register(cursor, byte);
        }
    }

    // Instructions about the frame's address.
    bool run_frame(ByteCursor& cursor, std::uint8_t byte) {
        switch (byte) {
            case 0x0c: {
                const auto base = cursor.unsigned_number();
                return define(base, static_cast<std::int64_t>(cursor.unsigned_number()));
            }
            case 0x12: {
                const auto base = cursor.unsigned_number();
                return define(base, cursor.signed_number() * common_.data_step);
            }
            case 0x0d:
                return define(cursor.unsigned_number(), rules_.offset);
            case 0x0e:
                return define(rules_.base, static_cast<std::int64_t>(cursor.unsigned_number()));
            case 0x13:
                return define(rules_.base, cursor.signed_number() * common_.data_step);
            case 0x0f:
                rules_.expression = take_expression(cursor, Kind::IsExpression);
                return true;
            default:
                return false;
        }
    }

    // Instructions about one register, whose number comes first.
    bool run_register(ByteCursor& cursor, std::uint8_t byte) {
        constexpr std::string_view kKnown = "\x05\x06\x07\x08\x09\x10\x11\x14\x15\x16";
        if (!kKnown.contains(static_cast<char>(byte))) return false;
        const std::uint64_t number = cursor.unsigned_number();
        switch (byte) {
            case 0x05:
                return set(number, {.kind = Kind::At, .number = step(cursor.unsigned_number())});
            case 0x06:
                return restore(number);
            case 0x07:
                return set(number, {.kind = Kind::Undefined});
            case 0x08:
                return set(number, {.kind = Kind::Same});
            case 0x09:
                return set(number, {.kind = Kind::Register,
                                    .number = static_cast<std::int64_t>(cursor.unsigned_number())});
            case 0x10:
                return set(number, take_expression(cursor, Kind::AtExpression));
            case 0x11:
                return set(number, {.kind = Kind::At,
                                    .number = cursor.signed_number() * common_.data_step});
            case 0x14:
                return set(number, {.kind = Kind::Is, .number = step(cursor.unsigned_number())});
            case 0x15:
                return set(number, {.kind = Kind::Is,
                                    .number = cursor.signed_number() * common_.data_step});
            case 0x16:
                return set(number, take_expression(cursor, Kind::IsExpression));
            default:
                return false;
        }
    }

    const Common& common_;
    Address location_;
    const Address place_;
    Rules rules_, initial_;
    std::vector<Rules> remembered_;
};

std::optional<std::uint64_t> recover(OwnMemory& memory, const Rule& rule, std::uint64_t same,
                                     Address frame, const Registers& registers,
                                     const StackCopy& stack) {
    switch (rule.kind) {
        case Rule::Kind::Same:
            return same;
        case Rule::Kind::Undefined:
            return std::nullopt;
        case Rule::Kind::At:
            return stack.word(frame + static_cast<std::uint64_t>(rule.number));
        case Rule::Kind::Is:
            return frame + static_cast<std::uint64_t>(rule.number);
        case Rule::Kind::Register:
            if (static_cast<std::uint64_t>(rule.number) >= kRegisters) return std::nullopt;
            return registers[static_cast<std::size_t>(rule.number)];
        case Rule::Kind::AtExpression: {
            const auto at = evaluate(memory, rule, registers, stack, frame);
            return at ? stack.word(*at) : std::nullopt;
        }
        case Rule::Kind::IsExpression:
            return evaluate(memory, rule, registers, stack, frame);
    }
    return std::nullopt;
}

}  // namespace

std::optional<Rules> rules_at(OwnMemory& memory, Address table, Address place) {
    const auto at = find_entry(memory, table, place);
    if (!at) return std::nullopt;
    const auto entry = read_entry(memory, *at);
    if (!entry) return std::nullopt;
    ByteCursor own(*entry, *at);
    own.skip(sizeof(std::uint32_t));
    const Address back = own.address();
    const Address shared = back - own.take<std::uint32_t>();
    const auto general = read_entry(memory, shared);
    if (!general) return std::nullopt;
    ByteCursor first(*general, shared);
    const auto common = take_common(first);
    if (!common) return std::nullopt;
    const auto begin = take_pointer(own, common->pointer, table);
    const auto size = take_pointer(own, common->pointer & kFormat, table);
    if (!begin || !size || place < *begin || place - *begin >= *size) return std::nullopt;
    if (common->has_data) own.skip(own.unsigned_number());
    Program program(*common, *begin, place);
    if (!program.run(first)) return std::nullopt;
    program.begin();
    if (!program.run(own)) return std::nullopt;
    Rules rules = program.rules();
    rules.function = *begin;
    rules.of_signal = common->of_signal;
    return rules;
}

std::optional<Address> frame_of(OwnMemory& memory, const Rules& rules, const Registers& registers,
                                const StackCopy& stack) {
    if (!rules.expression) return registers[rules.base] + static_cast<std::uint64_t>(rules.offset);
    return evaluate(memory, *rules.expression, registers, stack, std::nullopt);
}

std::optional<Registers> caller_of(OwnMemory& memory, const Rules& rules,
                                   const Registers& registers, const StackCopy& stack,
                                   Address frame) {
    Registers caller;
    for (std::size_t number = 0; number < kRegisters; ++number) {
        const Rule& rule = rules.registers[number];
        const bool stands = number == kStackPointer && rule.kind == Rule::Kind::Same;
        const auto value =
            recover(memory, rule, stands ? frame : registers[number], frame, registers, stack);
        if (!value && number == kReturnAddress) return std::nullopt;
        caller[number] = value.value_or(0);
    }
    return caller;
}

}  // namespace hone::measure::native
