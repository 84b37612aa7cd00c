// SPDX-License-Identifier: Apache-2.0
// Who called whom, and for how long: the stack of one thread, the totals of its functions and of
// the edges between them.
//
// Functions are told apart by a key (the address of their code object or method definition), so
// two functions on one line stay two. An edge is a function as called by one caller (or by nobody);
// what holds for all calls of a function is the sum of its edges, apart from cumulative time: each
// function and each edge counts it for its own outermost activations.
//
// The price of the probes is taken off as time goes by: `removed_` is what they have cost so far,
// and every time that is kept is the clock less that. A call's own share of the price (between its
// two clock reads) goes off at its end before its length is taken, the rest after it, so that every
// caller below is relieved of both without any counting. A machine does not keep its pace (a
// neighbour on the core's other thread makes everything 1.5-2 times slower for seconds), so the
// price is set anew as it changes (set_price).
// Invariant: the time of a frame = its own + that of the frames it called, to the tick.
// Knows neither Python nor a lock: one object belongs to one thread, or is used under the GIL.
// Tested in tests/unit/measure/.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "cpython/events/call_way.h"
#include "measure/ticks.h"

namespace hone::measure {

using cpython::CallWay;
using cpython::kCallWays;

struct CallTotals {
    std::uint64_t calls = 0;
    std::uint64_t outermost_calls = 0;  // calls that found no activation of the same below
    Ticks own = 0;
    Ticks cumulative = 0;  // of the outermost activations alone: recursion is not counted twice

    void add(const CallTotals& other) noexcept {
        calls += other.calls;
        outermost_calls += other.outermost_calls;
        own += other.own;
        cumulative += other.cumulative;
    }
};

// What watching one call costs, in ticks, by its CallWay: the part that falls between its own two
// clock reads, and the part that its caller's interval sees.
struct ProbePriceInTicks {
    std::array<Ticks, kCallWays> inside{};
    std::array<Ticks, kCallWays> outside{};
};

class CallStack {
  public:
    using Key = const void*;
    using Index = std::uint32_t;
    // What tells one call from all others that are under way; null for a call that only its key
    // tells. Not of the type of keys.
    using Mark = const struct CallMark*;
    static constexpr Index kUnknown = 0xffffffffu;
    static constexpr Index kNobody = 0;  // the caller of what nobody watched called

    struct Function {
        Key key = nullptr;
        std::uint32_t active = 0;  // activations on the stack now
        Index called_last = 0;     // the edge from here that was found last: mostly the next one
        std::uint64_t outermost_calls = 0;
        Ticks cumulative = 0;
    };
    struct alignas(64) Edge {
        Key key = nullptr;  // of the callee
        Index caller = kNobody;
        Index callee = kNobody;
        std::uint32_t active = 0;
        CallTotals totals;
        std::uint64_t calls_before = 0;  // see diversity()
    };

    CallStack();

    // Whether edges are told apart by their callers; else all stand under kNobody.
    void keep_callers(bool keep) noexcept { keeps_callers_ = keep; }
    void set_price(const ProbePriceInTicks& price) noexcept { price_ = price; }
    // So much of the time until now is no part of the program: it goes off what is open.
    void take_off(Ticks ticks) noexcept { removed_ += ticks; }

    // The price of an event that is no call of the profile's.
    void pay(CallWay way) noexcept { removed_ += price_.outside[static_cast<std::size_t>(way)]; }

    // The edge from the function on top to this key, or kUnknown if it was never added.
    [[nodiscard]] Index find(Key key) noexcept {
        Function& from = functions_[caller()];
        return edges_[from.called_last].key == key ? from.called_last : look_up(from, key);
    }
    // Adds it. Requires: find(key) is kUnknown.
    Index add(Key key);

    void enter_at(Index edge, Ticks now, CallWay way, Mark mark = nullptr) {
        Frame& frame = push(edge);
        frame.way = way;
        frame.mark = mark;
        frame.entered = now - removed_;
    }

    // Ends the innermost activation of `key`. Activations above it whose end was never announced
    // (an interpreter may close a generator in silence) end at the same moment; a key that is not
    // on the stack belongs to a call that began before the profile and is ignored.
    void leave(Key key, Ticks now) noexcept {
        if (edges_[frames_[depth_].edge].key == key || drop_unfinished_above(key, now)) [[likely]]
            pop(now);
    }
    // Ends the call with this mark, in the same way; nothing, if it has ended.
    void leave(Mark mark, Ticks now) noexcept {
        if (frames_[depth_].mark == mark || drop_unfinished_above(mark, now)) [[likely]]
            pop(now);
    }

    void leave_all(Ticks now) noexcept;
    // Forgets what is open without counting it.
    void abandon() noexcept;

    [[nodiscard]] const std::vector<Function>& functions() const noexcept { return functions_; }
    // [0] stands for no edge and has no calls.
    [[nodiscard]] const std::vector<Edge>& edges() const noexcept { return edges_; }
    [[nodiscard]] std::size_t depth() const noexcept { return depth_; }
    // How likely two calls since this was last asked are of different edges: 0 in a loop over one
    // function, towards 1 in programs with many; of no calls, what it was. A large table is looked
    // at less often: asking takes a nanosecond an edge.
    [[nodiscard]] double diversity() noexcept;
    // What the probes have cost this thread so far, and what was taken off besides.
    [[nodiscard]] Ticks removed() const noexcept { return removed_; }

  private:
    struct Frame {
        Index edge = 0;
        Index function = kNobody;
        Ticks entered = 0;
        Ticks called = 0;  // spent in the frames that this one called
        Mark mark = nullptr;
        CallWay way = CallWay::Function;
    };

    [[nodiscard]] Index caller() const noexcept {
        return keeps_callers_ ? frames_[depth_].function : kNobody;
    }
    Frame& push(Index index) {
        if (++depth_ == frames_.size()) [[unlikely]]
            frames_.resize(depth_ * 2);
        Edge& edge = edges_[index];
        ++edge.active;
        ++functions_[edge.callee].active;
        Frame& frame = frames_[depth_];
        frame.edge = index;
        frame.function = edge.callee;
        frame.called = 0;
        return frame;
    }
    void pop(Ticks now) noexcept {
        const Frame& frame = frames_[depth_--];
        Edge& edge = edges_[frame.edge];
        Function& function = functions_[frame.function];
        const auto way = static_cast<std::size_t>(frame.way);
        removed_ += price_.inside[way];
        const Ticks elapsed = now - removed_ - frame.entered;
        removed_ += price_.outside[way];
        ++edge.totals.calls;
        edge.totals.own += elapsed - frame.called;
        if (--edge.active == 0) {
            ++edge.totals.outermost_calls;
            edge.totals.cumulative += elapsed;
        }
        if (--function.active == 0) {
            ++function.outermost_calls;
            function.cumulative += elapsed;
        }
        frames_[depth_].called += elapsed;
    }
    Index look_up(Function& from, Key key) noexcept;
    bool drop_unfinished_above(Key key, Ticks now) noexcept;
    bool drop_unfinished_above(Mark mark, Ticks now) noexcept;
    void drop_to(std::size_t depth, Ticks now) noexcept;
    [[nodiscard]] std::size_t slot_of(Index caller, Key key) const noexcept;
    Index function_of(Key key);
    void grow();

    Ticks removed_ = 0;
    ProbePriceInTicks price_;
    double diversity_ = 0;
    std::size_t asked_ = 0;  // for diversity_, since it was made
    bool keeps_callers_ = true;
    std::size_t depth_ = 0;
    std::vector<Frame> frames_;  // [0] is nobody's; the one on top is [depth_]
    std::vector<Edge> edges_;
    std::vector<Function> functions_;         // [kNobody] stands for no function
    std::unordered_map<Key, Index> numbers_;  // of functions
    // Open addressing over edges_: a power of two of slots, at most half of them taken.
    std::vector<Index> slots_;
};

}  // namespace hone::measure
