// SPDX-License-Identifier: Apache-2.0
// Where a sampler puts what it sees: a file that is mapped, one window after the other, so that
// everything written is in it however the process ends, and that no descriptor of the program's is
// used. Another process reads it, also while it grows.
//
// The file: a header (struct SpoolHeader), then records of 16 bytes, some followed by a payload
// that is filled up to a multiple of 16. Numbers are as the machine has them (x86-64:
// little-endian). python/hone/sampling/spool.py reads it; kSpoolVersion changes with any of this.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "cpython/stacks/codes.h"

namespace hone::measure {

inline constexpr std::uint32_t kSpoolVersion = 2;

struct SpoolHeader {
    std::array<char, 8> magic;  // "honesmpl"
    std::uint32_t version;      // kSpoolVersion
    std::uint32_t python;       // PY_VERSION_HEX
    std::uint64_t used;         // bytes of the file that are written; grows last
    std::uint64_t started;      // nanoseconds of CLOCK_REALTIME
    std::uint32_t process;      // its id
    std::uint32_t state;        // SpoolState
    std::uint32_t stop;         // the reader: stop sampling
    std::uint32_t beat;         // the reader: changes while it is there
    std::uint32_t native;       // NativeStacks
    std::array<std::uint32_t, 3> spare;
};

// Were C stacks asked for, and what came of it?
enum class NativeStacks : std::uint32_t { Unwanted = 0, Taken = 1, NoLoader = 2, NoSignal = 3 };

// Numbers of code objects are below, those of places in machine code are not.
inline constexpr cpython::CodeId kFirstPlace = 1U << 31;

enum class SpoolState : std::uint32_t { Sampling = 1, Ended = 2, Full = 3 };

enum class RecordKind : std::uint8_t {
    Code = 'C',    // link: first line; value: length of the payload (units, text widths, texts)
    Node = 'N',    // link: the caller's node, 0 = none; value: code << 32 | unit
    Thread = 'T',  // link: the kernel's id of thread `thread`; value: threading.get_ident()
    Name = 'M',    // of thread `thread`; value: length of the payload, UTF-8
    Gone = 'X',    // thread `thread` has ended
    Round = 'R',   // value: nanoseconds since the first
    Sample = 'S',  // of thread `thread` in this round: link: its node; value: its CPU time
    Later =
        'L',  // thread `thread` ran on another processor: its next sample stands for this time too
    Cost = 'K',    // value: the sampler's CPU time so far; link: wakings so far
    Torn = 'B',    // link: stacks so far that could not be read consistently
    Object = 'O',  // program or library `thread`; value: length of the payload, its path
    Native = 'F',  // the next place in machine code, from kFirstPlace on: in object `thread`;
                   // value: its address there; link: so far behind its function's beginning
    Asked = 'A',   // link: C stacks so far that were wanted; value: of them, there are
    // In memory/store.h only.
    Place = 'P',
};

struct Record {
    RecordKind kind;
    std::uint8_t flags;
    std::uint16_t thread;
    std::uint32_t link;
    std::uint64_t value;
};
static_assert(sizeof(Record) == 16 && sizeof(SpoolHeader) == 64);

// What follows a record of kind Code.
[[nodiscard]] std::string code_payload(cpython::CodeId id, const cpython::CodeText& text);

class Spool {
  public:
    // Where a record stands, to be changed later.
    using Mark = std::uint64_t;

    Spool() = default;
    ~Spool() { close(); }
    Spool(const Spool&) = delete;
    Spool& operator=(const Spool&) = delete;

    // The file exists and is the user's; it is emptied.
    [[nodiscard]] Result<void> open(const std::string& path);
    void close() noexcept;
    // False: the file can't grow; nothing more will be written.
    bool append(const Record& record, std::string_view payload = {}) noexcept;
    // Readers see what was appended so far.
    void publish() noexcept;
    [[nodiscard]] Mark next() const noexcept { return end_; }
    // Changes link and flags of a record, if its window is still there.
    void amend(Mark mark, std::uint32_t link, std::uint8_t flags) noexcept;
    [[nodiscard]] SpoolHeader* header() noexcept { return header_; }
    [[nodiscard]] bool full() const noexcept { return full_; }

  private:
    struct Window {
        std::byte* bytes = nullptr;
        std::uint64_t from = 0;
    };

    [[nodiscard]] bool grow() noexcept;
    void write(const void* bytes, std::size_t size) noexcept;
    static void unmap(Window& window) noexcept;

    std::string path_;
    SpoolHeader* header_ = nullptr;
    Window window_, before_;
    std::uint64_t end_ = 0;
    bool full_ = false;
};

}  // namespace hone::measure
