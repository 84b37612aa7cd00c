// SPDX-License-Identifier: Apache-2.0
// Code objects met on other threads' stacks, described without the GIL and without a reference:
// what a report needs of them is copied when they are first seen. A code object may die and another
// one come to its address; each walk compares what tells them apart (unchanged()).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "cpython/stacks/memory.h"

namespace hone::cpython {

// Text as CPython has it: bytes of characters of 1, 2 or 4 bytes.
struct Text {
    std::uint8_t width = 1;
    std::string bytes;
};

struct CodeText {
    Text file, name;          // co_filename, co_qualname
    std::int32_t first_line;  // co_firstlineno
    std::uint32_t units;      // length of its bytecode
    std::string lines;        // co_linetable
};

using CodeId = std::uint32_t;

struct KnownCode {
    CodeId id = 0;
    std::uint32_t units = 0;    // length of its bytecode
    std::uint32_t words = 0;    // length of its frames
    std::uint32_t begin = 0;    // of its bytecode: before, a frame is not the program's to see
    bool has_prologue = false;  // may be entered natively (trampoline.h)
    bool is_server = false;     // what compiled code calls when it pauses (pause.h)
};

class Codes {
  public:
    // Told of each code object that stays known.
    using Tell = void (*)(void* to, CodeId id, const CodeText& text);
    Codes(Tell tell, void* to) : tell_(tell), to_(to) {}

    // Null: that is no code object, or it can't be read. A new one is known for good by keep()
    // only.
    [[nodiscard]] const KnownCode* meet(OwnMemory& memory, Address code);
    // Are all code objects that meet() was asked for since the last keep() or drop() still the
    // same? Reads the opcode at an address along the way.
    [[nodiscard]] bool unchanged(Address opcode_at, std::uint8_t& opcode);
    void keep();
    void drop();

  private:
    struct Identity {
        Address file, name, qualified_name, lines;
        bool operator==(const Identity&) const = default;
    };
    struct Entry {
        KnownCode known;
        Identity identity;
        bool asked = false;
    };

    std::optional<Entry> read(OwnMemory& memory, Address code, CodeText& text) const;

    Tell tell_;
    void* to_;
    CodeId next_ = 0;
    std::unordered_map<Address, Entry> entries_;
    std::vector<Address> asked_;                       // in this walk
    std::vector<std::pair<Address, CodeText>> fresh_;  // met in this walk
    std::vector<Identity> seen_;                       // of `asked_`, now
    std::vector<OwnMemory::Piece> pieces_;
};

}  // namespace hone::cpython
