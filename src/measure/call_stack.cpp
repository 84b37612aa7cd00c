// SPDX-License-Identifier: Apache-2.0
#include "measure/call_stack.h"

#include <utility>

#include "measure/diversity.h"

namespace hone::measure {

namespace {

constexpr std::size_t kFirstSlots = 512;
constexpr std::size_t kFirstFrames = 256;
constexpr std::size_t kEdgesAnAsking = 512;  // that are looked at, on average

// Objects are aligned to 16 bytes, so the low bits tell nothing; Fibonacci hashing spreads the
// rest. The caller's number is spread by itself first, or neighbours would share their slots.
std::size_t hash_of(CallStack::Index caller, CallStack::Key key) noexcept {
    const auto address = reinterpret_cast<std::uintptr_t>(key) >> 4;
    return static_cast<std::size_t>(
        (address ^ caller * 0x9E3779B1ull << 24) * 0x9E3779B97F4A7C15ull >> 20);
}

}  // namespace

CallStack::CallStack()
    : frames_(kFirstFrames), edges_(1), functions_(1), slots_(kFirstSlots, kUnknown) {}

std::size_t CallStack::slot_of(Index caller, Key key) const noexcept {
    const std::size_t mask = slots_.size() - 1;
    std::size_t slot = hash_of(caller, key) & mask;
    while (slots_[slot] != kUnknown &&
           (edges_[slots_[slot]].key != key || edges_[slots_[slot]].caller != caller))
        slot = (slot + 1) & mask;
    return slot;
}

CallStack::Index CallStack::look_up(Function& from, Key key) noexcept {
    const Index found = slots_[slot_of(static_cast<Index>(&from - functions_.data()), key)];
    if (found != kUnknown) from.called_last = found;
    return found;
}

CallStack::Index CallStack::function_of(Key key) {
    const auto [place, is_new] = numbers_.try_emplace(key, static_cast<Index>(functions_.size()));
    if (is_new) functions_.push_back({.key = key});
    return place->second;
}

CallStack::Index CallStack::add(Key key) {
    const Index from = caller();
    const auto index = static_cast<Index>(edges_.size());
    Edge& edge = edges_.emplace_back();
    edge.key = key;
    edge.caller = from;
    edge.callee = function_of(key);
    slots_[slot_of(from, key)] = index;
    if (edges_.size() * 2 > slots_.size()) grow();
    return index;
}

void CallStack::grow() {
    slots_.assign(slots_.size() * 2, kUnknown);
    for (Index index = 1; index < edges_.size(); ++index)
        slots_[slot_of(edges_[index].caller, edges_[index].key)] = index;
}

double CallStack::diversity() noexcept {
    if (++asked_ * kEdgesAnAsking < edges_.size()) return diversity_;
    asked_ = 0;
    Diversity since;
    for (Edge& edge : edges_)
        since.add(static_cast<double>(edge.totals.calls -
                                      std::exchange(edge.calls_before, edge.totals.calls)));
    return diversity_ = since.value(diversity_);
}

bool CallStack::drop_unfinished_above(Key key, Ticks now) noexcept {
    std::size_t found = depth_;
    while (found != 0 && edges_[frames_[found].edge].key != key) --found;
    if (found != 0) drop_to(found, now);
    return found != 0;
}

bool CallStack::drop_unfinished_above(Mark mark, Ticks now) noexcept {
    std::size_t found = depth_;
    while (found != 0 && frames_[found].mark != mark) --found;
    if (found != 0) drop_to(found, now);
    return found != 0;
}

void CallStack::drop_to(std::size_t depth, Ticks now) noexcept {
    while (depth_ > depth) pop(now);
}

void CallStack::leave_all(Ticks now) noexcept {
    while (depth_ != 0) pop(now);
}

void CallStack::abandon() noexcept {
    for (; depth_ != 0; --depth_) {
        const Frame& frame = frames_[depth_];
        --edges_[frame.edge].active;
        --functions_[frame.function].active;
    }
}

}  // namespace hone::measure
