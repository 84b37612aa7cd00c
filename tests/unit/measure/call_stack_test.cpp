// SPDX-License-Identifier: Apache-2.0
// CallStack with a made-up clock: times add up to the tick, and correct() takes off exactly what
// known probe costs put on.
#include "measure/call_stack.h"

#include <gtest/gtest.h>

namespace hone::measure {
namespace {

constexpr char kKeys[64]{};
constexpr const void* kOuter = &kKeys[0];
constexpr const void* kInner = &kKeys[32];

const CallTotals& totals(const CallStack& stack, const void* key) {
    return stack.functions()[stack.find(key)].totals;
}

TEST(CallStack, TimesAddUp) {
    CallStack stack;
    const auto outer = stack.add(kOuter, CallKind::Python);
    const auto inner = stack.add(kInner, CallKind::Native);
    stack.enter_at(outer, 100);
    stack.enter_at(inner, 130);
    stack.leave(kInner, 150);
    stack.leave(kOuter, 200);
    EXPECT_EQ(totals(stack, kOuter).own, 80);
    EXPECT_EQ(totals(stack, kOuter).cumulative, 100);
    EXPECT_EQ(totals(stack, kInner).own, 20);
    EXPECT_EQ(stack.depth(), 0u);
}

TEST(CallStack, RecursionIsNotCountedTwice) {
    CallStack stack;
    const auto outer = stack.add(kOuter, CallKind::Python);
    stack.enter_at(outer, 0);
    stack.enter_at(outer, 10);
    stack.leave(kOuter, 20);
    stack.leave(kOuter, 30);
    EXPECT_EQ(totals(stack, kOuter).calls, 2u);
    EXPECT_EQ(totals(stack, kOuter).outermost_calls, 1u);
    EXPECT_EQ(totals(stack, kOuter).own, 30);
    EXPECT_EQ(totals(stack, kOuter).cumulative, 30);
}

TEST(CallStack, UnannouncedEndsCloseWithTheCaller) {
    CallStack stack;
    const auto outer = stack.add(kOuter, CallKind::Python);
    const auto inner = stack.add(kInner, CallKind::Python);
    stack.enter_at(outer, 0);
    stack.enter_at(inner, 10);
    stack.leave(kOuter, 30);
    EXPECT_EQ(stack.depth(), 0u);
    EXPECT_EQ(totals(stack, kInner).calls, 1u);
    EXPECT_EQ(totals(stack, kOuter).cumulative, 30);
}

TEST(CallStack, EndsOfCallsFromBeforeAreIgnored) {
    CallStack stack;
    const auto inner = stack.add(kInner, CallKind::Python);
    stack.enter_at(inner, 0);
    stack.leave(kOuter, 5);
    EXPECT_EQ(stack.depth(), 1u);
    stack.abandon();
    EXPECT_EQ(totals(stack, kInner).calls, 0u);
    stack.enter_at(inner, 7);
    stack.leave(kInner, 9);
    EXPECT_EQ(totals(stack, kInner).cumulative, 2);
}

TEST(CallStack, KeepsFunctionsApartWhenTheTableGrows) {
    CallStack stack;
    std::vector<char> keys(5000 * 16);
    for (std::size_t i = 0; i < 5000; ++i) stack.add(&keys[i * 16], CallKind::Python);
    for (std::size_t i = 0; i < 5000; ++i) EXPECT_EQ(stack.find(&keys[i * 16]), i);
    EXPECT_EQ(stack.find(kOuter), CallStack::kUnknown);
}

// A caller with 1,000 calls of 7 ticks and 3,000 ticks of its own, watched by probes that put 11
// ticks inside and 23 outside of each call; in the second half the machine is twice as slow.
TEST(Correct, TakesOffWhatTheProbesPutOn) {
    const ProbeCosts costs{.inside = {11, 0}, .outside = {23, 0}};
    CallStack stack;
    const auto outer = stack.add(kOuter, CallKind::Python);
    const auto inner = stack.add(kInner, CallKind::Python);
    Ticks now = 0;
    stack.enter_at(outer, now);
    for (int i = 0; i < 1000; ++i) {
        const Ticks slow = i < 500 ? 1 : 2;
        stack.set_pace(kReferencePace * static_cast<Pace>(slow));
        now += 3 + 23 * slow;
        stack.enter_at(inner, now);
        now += 7 + 11 * slow;
        stack.leave(kInner, now);
    }
    stack.set_pace(kReferencePace);
    stack.leave(kOuter, now + 11);
    const CallTimes caller = correct(totals(stack, kOuter), CallKind::Python, costs);
    const CallTimes callee = correct(totals(stack, kInner), CallKind::Python, costs);
    EXPECT_DOUBLE_EQ(caller.own, 3000);
    EXPECT_DOUBLE_EQ(caller.cumulative, 10000);
    EXPECT_DOUBLE_EQ(callee.own, 7000);
}

TEST(Correct, NeverGoesBelowZero) {
    CallTotals totals;
    totals.calls = 10;
    totals.probed = 10 * kReferencePace;
    totals.own = 5;
    const CallTimes times = correct(totals, CallKind::Python, {.inside = {100, 0}, .outside = {}});
    EXPECT_EQ(times.own, 0);
    EXPECT_EQ(times.cumulative, 0);
}

TEST(TickScale, AgreesWithTheMonotonicClock) {
    const TickScale scale;
    const std::int64_t start_ns = monotonic_ns();
    const Ticks start = now_ticks();
    const double rate = scale.seconds_per_tick();
    const double by_ticks = static_cast<double>(now_ticks() - start) * rate;
    const double by_clock = static_cast<double>(monotonic_ns() - start_ns) * 1e-9;
    EXPECT_NEAR(by_ticks / by_clock, 1.0, 0.05);
}

}  // namespace
}  // namespace hone::measure
