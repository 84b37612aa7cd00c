// SPDX-License-Identifier: Apache-2.0
// Who called whom, and for how long: the stack of one thread and the totals of its functions.
//
// Functions are told apart by a key (the address of their code object or method definition), so
// two functions on one line stay two. Totals are kept raw, in ticks, beside counts of the probes
// that disturbed them; correct() takes the probes' price off. A machine does not keep its pace (a
// neighbour on the core's other thread makes everything 1.5-2 times slower for seconds), so each
// probe counts with the pace of its moment relative to the pace at which the price was measured.
// Invariant: the time of a frame = its own + that of the frames it called, to the tick.
// Knows neither Python nor a lock: one object belongs to one thread, or is used under the GIL.
// Tested in tests/unit/measure/.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "measure/ticks.h"

namespace hone::measure {

enum class CallKind : std::uint8_t { Python, Native };
inline constexpr std::size_t kCallKinds = 2;

// How slow the machine is, in 256ths of how slow it was when the probes were priced.
using Pace = std::uint32_t;
inline constexpr Pace kReferencePace = 256;

// How many calls of each kind were watched, in units of 1/kReferencePace: an interval contains the
// cost of so many probes.
struct ProbeCounts {
    std::array<std::uint64_t, kCallKinds> of{};

    void add(CallKind kind, Pace pace) noexcept { of[static_cast<std::size_t>(kind)] += pace; }
    void add(const ProbeCounts& other) noexcept {
        for (std::size_t kind = 0; kind < kCallKinds; ++kind) of[kind] += other.of[kind];
    }
};

struct CallTotals {
    std::uint64_t calls = 0;
    std::uint64_t outermost_calls = 0;  // calls that found no activation of the same function below
    Ticks own = 0;
    Ticks cumulative = 0;      // of the outermost activations alone: recursion is not counted twice
    std::uint64_t probed = 0;  // calls, and outermost calls, as ProbeCounts count
    std::uint64_t outermost_probed = 0;
    ProbeCounts direct;       // calls made by the function itself
    ProbeCounts descendants;  // calls made below its outermost activations

    void add(const CallTotals& other) noexcept;
};

// What one watched call costs at the reference pace, in ticks: the part that falls between its own
// two clock reads, and the part that its caller's interval sees.
struct ProbeCosts {
    std::array<double, kCallKinds> inside{};
    std::array<double, kCallKinds> outside{};
};

struct CallTimes {
    double own = 0;
    double cumulative = 0;
};

// Ensures: both times are >= 0.
[[nodiscard]] CallTimes correct(const CallTotals& totals, CallKind kind,
                                const ProbeCosts& costs) noexcept;

class CallStack {
  public:
    using Key = const void*;
    using Index = std::uint32_t;

    struct Function {
        Key key;
        CallKind kind;
        std::uint32_t active = 0;  // activations on the stack now
        CallTotals totals;
    };

    CallStack();

    // The function of this key, or kUnknown if it was never added.
    static constexpr Index kUnknown = 0xffffffffu;
    [[nodiscard]] Index find(Key key) const noexcept;
    Index add(Key key, CallKind kind);

    // The clock is read last, so that finding the function is billed to the caller's side of the
    // probe.
    void enter(Index function) {
        ++functions_[function].active;
        Frame& frame = frames_.emplace_back();
        frame.function = function;
        frame.key = functions_[function].key;
        frame.entered = now_ticks();
    }
    void enter_at(Index function, Ticks now);

    // Ends the innermost activation of `key`. Activations above it whose end was never announced
    // (an interpreter may close a generator in silence) end at the same moment; a key that is not
    // on the stack belongs to a call that began before the profile and is ignored.
    void leave(Key key, Ticks now) noexcept {
        if (frames_.empty()) return;
        if (frames_.back().key != key && !drop_unfinished_above(key, now)) return;
        pop(now);
    }

    void set_pace(Pace pace) noexcept { pace_ = pace; }

    void leave_all(Ticks now) noexcept;
    // Forgets what is open without counting it.
    void abandon() noexcept;

    [[nodiscard]] const std::vector<Function>& functions() const noexcept { return functions_; }
    [[nodiscard]] std::size_t depth() const noexcept { return frames_.size(); }

  private:
    struct Frame {
        Index function = 0;
        Key key = nullptr;
        Ticks entered = 0;
        Ticks called = 0;  // spent in the frames that this one called
        ProbeCounts direct;
        ProbeCounts descendants;
    };

    void pop(Ticks now) noexcept;
    bool drop_unfinished_above(Key key, Ticks now) noexcept;
    [[nodiscard]] std::size_t slot_of(Key key) const noexcept;
    void grow();

    Pace pace_ = kReferencePace;
    std::vector<Function> functions_;
    std::vector<Frame> frames_;
    // Open addressing over functions_: a power of two of slots, at most half of them taken.
    std::vector<Index> slots_;
};

}  // namespace hone::measure
