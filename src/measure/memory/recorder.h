// SPDX-License-Identifier: Apache-2.0
// The memory profile of this process while it is made: what hooks tell of blocks, and the state
// that they look at themselves. Every block is counted (Countdown), few are samples; only of these
// anything here is called: then the thread's stack is read, and the block is known until it is
// freed. One per process.
//
// Threads: any, with or without the GIL; one lock. What hone asks for itself meanwhile, through
// whatever library, is not counted (Stream::busy). In a forked child nothing is recorded any more.
#pragma once

#include <Python.h>

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "measure/memory/countdown.h"
#include "measure/memory/live_blocks.h"
#include "measure/memory/places.h"
#include "measure/memory/resized.h"
#include "measure/memory/store.h"

namespace hone::measure::memory {

// Blocks that are counted together.
struct Source {
    Domain domain = Domain::Python;
    Countdown blocks;
    std::int64_t told_bytes = 0;  // of the counts in the file
    std::uint64_t told_number = 0;
};

// A thread's.
struct Stream {
    std::uint32_t inside = 0;  // what is asked for is a part of what is counted already
    bool busy = false;         // or is hone's own
    Source python{.domain = Domain::Python}, native{.domain = Domain::Native};
    Source copies{.domain = Domain::Native};
    std::uint64_t arena_at = 0;      // the small block that the last arena was asked for for
    std::int64_t inner_before = -1;  // what the last block had that realloc() got while `inside`
    Path path;
    Random random;
    Stream* next = nullptr;
    bool taken = true;  // by a thread that lives
};

extern std::atomic<bool> recording;
extern LiveBlocks live_blocks;
// Python's blocks that no other allocator has a part in. Threads: the GIL's holder.
extern Source small_blocks;
extern thread_local constinit Stream* my_stream __attribute__((tls_model("initial-exec")));

// Of a thread that has none yet. Not null.
[[nodiscard]] Stream* make_stream() noexcept;
[[nodiscard]] inline Stream& stream() noexcept {
    return *(my_stream != nullptr ? my_stream : make_stream());
}

// While it lives, what the thread asks for is a part of what is counted already.
class Inside {
  public:
    explicit Inside(Stream& stream) : stream_(stream) { ++stream_.inside; }
    ~Inside() { --stream_.inside; }
    Inside(const Inside&) = delete;
    Inside& operator=(const Inside&) = delete;

  private:
    Stream& stream_;
};

struct RecorderSettings {
    std::string store;       // an existing file of the user's
    double every = 0;        // bytes between samples, on average; 0 = as the budget allows
    std::uint64_t seed = 0;  // 0 = another one each time
    double block_cost = 0;   // nanoseconds that a block costs that is no sample
};
[[nodiscard]] Result<void> open_recorder(const RecorderSettings& settings);
// The file is complete afterwards.
void close_recorder() noexcept;

// What this thread asks for from now on is hone's own, until it is told that it is not any more.
// Threads: the GIL's holder.
void leave_out(bool begins) noexcept;

// The block at this address of so many bytes is a sample of the source.
void note_block(Source& source, const void* address, std::int64_t bytes) noexcept;
// It is freed.
void note_free(const void* address) noexcept;

// A block that may change its size and address, taken out of the records; nothing if it was no
// sample.
[[nodiscard]] std::optional<Block> lift(const void* address) noexcept;
// It stays as it was.
void put_back(const Block& block) noexcept;
// It is freed.
void drop(const Block& block) noexcept;
// It has another size now. Requires: it is known, or met.
void note_resized(Source& source, const std::optional<Block>& block, const Resized& now) noexcept;

// Memory is mapped, or no longer.
void note_mapped(const void* address, std::size_t bytes) noexcept;
void note_unmapped(const void* address, std::size_t bytes) noexcept;
void note_remapped(const void* before, std::size_t had, const void* now,
                   std::size_t bytes) noexcept;

// So many bytes that were copied are a sample.
void note_copy(Source& source, std::int64_t bytes) noexcept;

}  // namespace hone::measure::memory
