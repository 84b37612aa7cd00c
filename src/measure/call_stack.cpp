// SPDX-License-Identifier: Apache-2.0
#include "measure/call_stack.h"

#include <algorithm>

namespace hone::measure {

namespace {

constexpr std::size_t kFirstSlots = 256;
constexpr std::size_t kFirstFrames = 256;

// Objects are aligned to 16 bytes, so the low bits tell nothing; Fibonacci hashing spreads the
// rest.
std::size_t hash_of(CallStack::Key key) noexcept {
    return static_cast<std::size_t>(
        (reinterpret_cast<std::uintptr_t>(key) >> 4) * 0x9E3779B97F4A7C15ull >> 20);
}

double probes(std::uint64_t weighted) noexcept {
    return static_cast<double>(weighted) / static_cast<double>(kReferencePace);
}

}  // namespace

void CallTotals::add(const CallTotals& other) noexcept {
    calls += other.calls;
    outermost_calls += other.outermost_calls;
    own += other.own;
    cumulative += other.cumulative;
    probed += other.probed;
    outermost_probed += other.outermost_probed;
    direct.add(other.direct);
    descendants.add(other.descendants);
}

CallTimes correct(const CallTotals& totals, CallKind kind, const ProbeCosts& costs) noexcept {
    const double inside = costs.inside[static_cast<std::size_t>(kind)];
    double own = static_cast<double>(totals.own) - probes(totals.probed) * inside;
    double cumulative =
        static_cast<double>(totals.cumulative) - probes(totals.outermost_probed) * inside;
    for (std::size_t callee = 0; callee < kCallKinds; ++callee) {
        own -= probes(totals.direct.of[callee]) * costs.outside[callee];
        cumulative -=
            probes(totals.descendants.of[callee]) * (costs.inside[callee] + costs.outside[callee]);
    }
    return {std::max(own, 0.0), std::max(cumulative, 0.0)};
}

CallStack::CallStack() : slots_(kFirstSlots, kUnknown) {
    frames_.reserve(kFirstFrames);
}

std::size_t CallStack::slot_of(Key key) const noexcept {
    const std::size_t mask = slots_.size() - 1;
    std::size_t slot = hash_of(key) & mask;
    while (slots_[slot] != kUnknown && functions_[slots_[slot]].key != key)
        slot = (slot + 1) & mask;
    return slot;
}

CallStack::Index CallStack::find(Key key) const noexcept {
    return slots_[slot_of(key)];
}

CallStack::Index CallStack::add(Key key, CallKind kind) {
    const std::size_t slot = slot_of(key);
    if (slots_[slot] != kUnknown) return slots_[slot];
    const auto index = static_cast<Index>(functions_.size());
    functions_.push_back({.key = key, .kind = kind, .active = 0, .totals = {}});
    slots_[slot] = index;
    if (functions_.size() * 2 > slots_.size()) grow();
    return index;
}

void CallStack::grow() {
    slots_.assign(slots_.size() * 2, kUnknown);
    for (Index index = 0; index < functions_.size(); ++index)
        slots_[slot_of(functions_[index].key)] = index;
}

void CallStack::enter_at(Index function, Ticks now) {
    enter(function);
    frames_.back().entered = now;
}

void CallStack::pop(Ticks now) noexcept {
    const Frame frame = frames_.back();
    frames_.pop_back();
    Function& function = functions_[frame.function];
    const Ticks elapsed = std::max<Ticks>(now - frame.entered, 0);
    CallTotals& totals = function.totals;
    ++totals.calls;
    totals.probed += pace_;
    totals.own += elapsed - frame.called;
    totals.direct.add(frame.direct);
    if (--function.active == 0) {
        ++totals.outermost_calls;
        totals.outermost_probed += pace_;
        totals.cumulative += elapsed;
        totals.descendants.add(frame.descendants);
    }
    if (frames_.empty()) return;
    Frame& caller = frames_.back();
    caller.called += elapsed;
    caller.direct.add(function.kind, pace_);
    caller.descendants.add(function.kind, pace_);
    caller.descendants.add(frame.descendants);
}

bool CallStack::drop_unfinished_above(Key key, Ticks now) noexcept {
    const auto found = std::find_if(frames_.rbegin(), frames_.rend(),
                                    [key](const Frame& frame) { return frame.key == key; });
    if (found == frames_.rend()) return false;
    for (auto unfinished = found - frames_.rbegin(); unfinished > 0; --unfinished) pop(now);
    return true;
}

void CallStack::leave_all(Ticks now) noexcept {
    while (!frames_.empty()) pop(now);
}

void CallStack::abandon() noexcept {
    for (const Frame& frame : frames_) --functions_[frame.function].active;
    frames_.clear();
}

}  // namespace hone::measure
