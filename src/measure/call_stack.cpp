// SPDX-License-Identifier: Apache-2.0
#include "measure/call_stack.h"

#include <algorithm>

namespace hone::measure {

namespace {

constexpr std::size_t kFirstSlots = 512;
constexpr std::size_t kFirstFrames = 256;

// Objects are aligned to 16 bytes, so the low bits tell nothing; Fibonacci hashing spreads the
// rest. The caller's number is spread by itself first, or neighbours would share their slots.
std::size_t hash_of(CallStack::Index caller, CallStack::Key key) noexcept {
    const auto address = reinterpret_cast<std::uintptr_t>(key) >> 4;
    return static_cast<std::size_t>(
        (address ^ caller * 0x9E3779B1ull << 24) * 0x9E3779B97F4A7C15ull >> 20);
}

}  // namespace

CallStack::CallStack() : functions_(1), slots_(kFirstSlots, kUnknown) {
    frames_.reserve(kFirstFrames);
}

std::size_t CallStack::slot_of(Index caller, Key key) const noexcept {
    const std::size_t mask = slots_.size() - 1;
    std::size_t slot = hash_of(caller, key) & mask;
    while (slots_[slot] != kUnknown &&
           (edges_[slots_[slot]].key != key || edges_[slots_[slot]].caller != caller))
        slot = (slot + 1) & mask;
    return slot;
}

CallStack::Index CallStack::function_of(Key key, CallKind kind) {
    const auto [place, is_new] = numbers_.try_emplace(key, static_cast<Index>(functions_.size()));
    if (is_new) functions_.push_back({.key = key, .kind = kind});
    return place->second;
}

CallStack::Index CallStack::add(Key key, CallKind kind) {
    const Index from = caller();
    const auto index = static_cast<Index>(edges_.size());
    edges_.push_back(
        {.key = key, .caller = from, .callee = function_of(key, kind), .active = 0, .totals = {}});
    slots_[slot_of(from, key)] = index;
    if (edges_.size() * 2 > slots_.size()) grow();
    return index;
}

void CallStack::grow() {
    slots_.assign(slots_.size() * 2, kUnknown);
    for (Index index = 0; index < edges_.size(); ++index)
        slots_[slot_of(edges_[index].caller, edges_[index].key)] = index;
}

void CallStack::pop(Ticks now) noexcept {
    const Frame frame = frames_.back();
    frames_.pop_back();
    Edge& edge = edges_[frame.edge];
    Function& function = functions_[edge.callee];
    const auto kind = static_cast<std::size_t>(function.kind);
    removed_ += price_.inside[kind];
    const Ticks elapsed = now - removed_ - frame.entered;
    removed_ += price_.outside[kind];
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
    if (!frames_.empty()) frames_.back().called += elapsed;
}

bool CallStack::drop_unfinished_above(Key key, Ticks now) noexcept {
    const auto found = std::find_if(frames_.rbegin(), frames_.rend(), [&](const Frame& frame) {
        return edges_[frame.edge].key == key;
    });
    if (found == frames_.rend()) return false;
    for (auto unfinished = found - frames_.rbegin(); unfinished > 0; --unfinished) pop(now);
    return true;
}

void CallStack::leave_all(Ticks now) noexcept {
    while (!frames_.empty()) pop(now);
}

void CallStack::abandon() noexcept {
    for (const Frame& frame : frames_) {
        --edges_[frame.edge].active;
        --functions_[edges_[frame.edge].callee].active;
    }
    frames_.clear();
}

}  // namespace hone::measure
