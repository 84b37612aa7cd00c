// SPDX-License-Identifier: Apache-2.0
// Never slower: after a function was compiled, blocks of the program's own calls run compiled and
// interpreted by turns, and the loser is dropped. Timed are whole blocks, from the first call of
// one to the first of the next, in CPU time of the calling thread: an interpreted call has no end
// that could be seen, and a clock for each call would cost more than many a call. What the caller
// does between is in both sides of a pair alike. Once it is decided, nothing is left of it.
#pragma once

#include <Python.h>

#include <cstdint>
#include <vector>

#include "cpython/frame.h"

namespace hone::engine {

struct Code;

class Contest {
  public:
    enum class Verdict : std::uint8_t { Open, Compiled, Interpreted };

    // At each call of the function, before it runs: does it run compiled? Calls within calls of
    // the same function run like the outermost, whose work they are.
    [[nodiscard]] bool runs_compiled(cpython::Frame* frame, PyThreadState* thread);
    // Which side the calls of the block under way are on.
    [[nodiscard]] bool compiled_now() const { return side_ == Side::Compiled; }
    [[nodiscard]] Verdict verdict() const { return verdict_; }
    // How many times as fast as interpreted; the median of the pairs so far.
    [[nodiscard]] double ratio() const;

  private:
    enum class Side : std::uint8_t { Compiled, Interpreted };

    void finish_block(std::int64_t now);
    void finish_pair();
    void decide();

    Verdict verdict_ = Verdict::Open;
    Side side_ = Side::Compiled;
    bool measuring_ = false;          // the length of a block is found
    bool in_pair_ = false;            // one side of the pair is timed
    PyThreadState* owner_ = nullptr;  // the thread whose calls are counted; never dereferenced
    std::uint32_t settling_ = 64;     // calls that are not counted yet
    std::uint32_t length_ = 1, left_ = 0;
    std::int64_t began_ = -1;
    std::int64_t compiled_ = 0, interpreted_ = 0;  // nanoseconds of the pair's sides
    std::vector<double> ratios_;
};

// This thread has just spent so many nanoseconds on compiling, in whatever block is under way.
void leave_out(std::int64_t nanoseconds) noexcept;

// Nanoseconds; tests set their own clock, null = the thread's CPU time.
using Clock = std::int64_t (*)();
void set_clock(Clock clock) noexcept;

}  // namespace hone::engine
