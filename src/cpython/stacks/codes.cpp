// SPDX-License-Identifier: Apache-2.0
#include "cpython/private.h"

#include "cpython/stacks/codes.h"

#include <algorithm>

#include "cpython/pause.h"

namespace hone::cpython {

namespace {

constexpr std::size_t kLongestText = 4096;
constexpr std::size_t kLongestLines = 4 << 20;
constexpr std::uint32_t kLookedThrough = 64;  // units in front of a prologue: cells, RESUME

std::optional<Text> read_text(OwnMemory& memory, Address at) {
    const auto head = memory.read<PyCompactUnicodeObject>(at);
    if (!head || head->_base.ob_base.ob_type != &PyUnicode_Type) return std::nullopt;
    const auto& state = head->_base.state;
    if (!state.compact) return std::nullopt;
    const auto width = static_cast<std::uint8_t>(state.kind);
    const Address data =
        at + (state.ascii ? sizeof(PyASCIIObject) : sizeof(PyCompactUnicodeObject));
    const auto length = std::min(static_cast<std::size_t>(head->_base.length), kLongestText);
    Text text{.width = width, .bytes = std::string(length * width, '\0')};
    if (!memory.read(data, text.bytes.data(), text.bytes.size())) return std::nullopt;
    return text;
}

std::optional<std::string> read_bytes(OwnMemory& memory, Address at) {
    const auto head = memory.read<PyVarObject>(at);
    if (!head || head->ob_base.ob_type != &PyBytes_Type || head->ob_size < 0) return std::nullopt;
    if (static_cast<std::size_t>(head->ob_size) > kLongestLines) return std::nullopt;
    std::string bytes(static_cast<std::size_t>(head->ob_size), '\0');
    if (!memory.read(at + offsetof(PyBytesObject, ob_sval), bytes.data(), bytes.size()))
        return std::nullopt;
    return bytes;
}

// As trampoline.h has it; no source compiles to this, since minus on a constant is folded. Tools
// and the interpreter itself rewrite the instructions around these.
bool starts_with_prologue(OwnMemory& memory, Address code, std::uint32_t units) {
    std::array<std::array<std::uint8_t, sizeof(_Py_CODEUNIT)>, kLookedThrough> head;
    const std::uint32_t count = std::min(units, kLookedThrough);
    const Address at = code + offsetof(PyCodeObject, co_code_adaptive);
    if (!memory.read(at, head.data(), count * sizeof(_Py_CODEUNIT))) return false;
    const auto is = [&](std::uint32_t unit, int opcode) { return head[unit][0] == opcode; };
    for (std::uint32_t i = 0; i + 4 < count; ++i)
        if (is(i, UNARY_NEGATIVE) && is(i + 1, COPY) && (is(i + 3, IS_OP) || is(i + 4, IS_OP)))
            return true;
    return false;
}

Address address(const void* object) {
    return reinterpret_cast<Address>(object);
}

}  // namespace

std::optional<Codes::Entry> Codes::read(OwnMemory& memory, Address code, CodeText& text) const {
    auto head = memory.read<PyCodeObject>(code);
    if (!head || head->ob_base.ob_base.ob_type != &PyCode_Type) return std::nullopt;
    const auto file = read_text(memory, address(head->co_filename));
    const auto name = read_text(memory, address(head->co_qualname));
    const auto lines = read_bytes(memory, address(head->co_linetable));
    if (!file || !name || !lines) return std::nullopt;
    const auto units = static_cast<std::uint32_t>(head->ob_base.ob_size);
    text = {.file = *file,
            .name = *name,
            .first_line = head->co_firstlineno,
            .units = units,
            .lines = *lines};
    return Entry{.known = {.id = 0,
                           .units = units,
                           .words = raw::frame_words(&*head),
                           .begin = static_cast<std::uint32_t>(head->_co_firsttraceable),
                           .has_prologue = starts_with_prologue(memory, code, units),
                           .is_server = file->bytes == kHelperFile && name->bytes == kServer},
                 .identity = {.file = address(head->co_filename),
                              .name = address(head->co_name),
                              .qualified_name = address(head->co_qualname),
                              .lines = address(head->co_linetable)}};
}

const KnownCode* Codes::meet(OwnMemory& memory, Address code) {
    auto found = entries_.find(code);
    if (found == entries_.end()) {
        CodeText text;
        std::optional<Entry> entry = read(memory, code, text);
        if (!entry) return nullptr;
        entry->known.id = next_++;
        found = entries_.emplace(code, *entry).first;
        fresh_.emplace_back(code, std::move(text));
    }
    if (!found->second.asked) {
        found->second.asked = true;
        asked_.push_back(code);
    }
    return &found->second.known;
}

bool Codes::unchanged(Address opcode_at, std::uint8_t& opcode) {
    constexpr std::size_t kFirst = offsetof(PyCodeObject, co_filename);
    static_assert(offsetof(PyCodeObject, co_linetable) == kFirst + offsetof(Identity, lines));
    static_assert(offsetof(PyCodeObject, co_qualname) ==
                  kFirst + offsetof(Identity, qualified_name));
    seen_.resize(asked_.size());
    pieces_.clear();
    for (std::size_t i = 0; i < asked_.size(); ++i)
        pieces_.push_back({asked_[i] + kFirst, &seen_[i], sizeof(Identity)});
    if (opcode_at != 0) pieces_.push_back({opcode_at, &opcode, sizeof opcode});
    if (!OwnMemory::fetch(pieces_)) return false;
    bool same = true;
    for (std::size_t i = 0; i < asked_.size(); ++i) {
        if (entries_.at(asked_[i]).identity == seen_[i]) continue;
        same = false;
        std::erase_if(fresh_, [&](const auto& one) { return one.first == asked_[i]; });
        entries_.erase(asked_[i]);
        asked_[i] = 0;
    }
    return same;
}

void Codes::keep() {
    for (const auto& [code, text] : fresh_) tell_(to_, entries_.at(code).known.id, text);
    fresh_.clear();
    for (const Address code : asked_) entries_.at(code).asked = false;
    asked_.clear();
}

void Codes::drop() {
    for (const auto& fresh : fresh_) entries_.erase(fresh.first);
    fresh_.clear();
    for (const Address code : asked_)
        if (const auto found = entries_.find(code); found != entries_.end())
            found->second.asked = false;
    asked_.clear();
}

}  // namespace hone::cpython
