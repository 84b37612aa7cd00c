// SPDX-License-Identifier: Apache-2.0
// CallStack with a made-up clock: times add up to the tick, edges are told apart by caller, and
// exactly what known probes put on is taken off.
#include "measure/call_table.h"

#include <gtest/gtest.h>

namespace hone::measure {
namespace {

constexpr char kKeys[64]{};
constexpr const void* kOuter = &kKeys[0];
constexpr const void* kInner = &kKeys[32];

CallTotals totals(const CallStack& stack, const void* key) {
    CallTable table;
    table.add(stack);
    const auto found = table.rows().find(key);
    return found == table.rows().end() ? CallTotals{} : found->second.totals;
}

CallTotals called_by(const CallStack& stack, const void* caller, const void* callee) {
    CallTable table;
    table.add(stack);
    return table.rows().at(caller).calls.at(callee);
}

// As a recorder does: found by the caller on top, or added.
void enter(CallStack& stack, const void* key, Ticks now) {
    auto edge = stack.find(key);
    if (edge == CallStack::kUnknown) edge = stack.add(key);
    stack.enter_at(edge, now, CallWay::Function);
}

TEST(CallStack, TimesAddUp) {
    CallStack stack;
    enter(stack, kOuter, 100);
    enter(stack, kInner, 130);
    stack.leave(kInner, 150);
    stack.leave(kOuter, 200);
    EXPECT_EQ(totals(stack, kOuter).own, 80);
    EXPECT_EQ(totals(stack, kOuter).cumulative, 100);
    EXPECT_EQ(totals(stack, kInner).own, 20);
    EXPECT_EQ(stack.depth(), 0u);
}

TEST(CallStack, RecursionIsNotCountedTwice) {
    CallStack stack;
    enter(stack, kOuter, 0);
    enter(stack, kOuter, 10);
    stack.leave(kOuter, 20);
    stack.leave(kOuter, 30);
    EXPECT_EQ(totals(stack, kOuter).calls, 2u);
    EXPECT_EQ(totals(stack, kOuter).outermost_calls, 1u);
    EXPECT_EQ(totals(stack, kOuter).own, 30);
    EXPECT_EQ(totals(stack, kOuter).cumulative, 30);
}

TEST(CallStack, UnannouncedEndsCloseWithTheCaller) {
    CallStack stack;
    enter(stack, kOuter, 0);
    enter(stack, kInner, 10);
    stack.leave(kOuter, 30);
    EXPECT_EQ(stack.depth(), 0u);
    EXPECT_EQ(totals(stack, kInner).calls, 1u);
    EXPECT_EQ(totals(stack, kOuter).cumulative, 30);
}

TEST(CallStack, EndsOfCallsFromBeforeAreIgnored) {
    CallStack stack;
    enter(stack, kInner, 0);
    stack.leave(kOuter, 5);
    EXPECT_EQ(stack.depth(), 1u);
    stack.abandon();
    EXPECT_EQ(totals(stack, kInner).calls, 0u);
    enter(stack, kInner, 7);
    stack.leave(kInner, 9);
    EXPECT_EQ(totals(stack, kInner).cumulative, 2);
}

TEST(CallStack, EdgesAreToldApartByCaller) {
    CallStack stack;
    enter(stack, kOuter, 0);
    enter(stack, kInner, 10);
    enter(stack, kInner, 20);
    stack.leave(kInner, 50);
    stack.leave(kInner, 60);
    stack.leave(kOuter, 100);
    EXPECT_EQ(called_by(stack, kOuter, kInner).calls, 1u);
    EXPECT_EQ(called_by(stack, kOuter, kInner).own, 20);
    EXPECT_EQ(called_by(stack, kOuter, kInner).cumulative, 50);
    EXPECT_EQ(called_by(stack, kInner, kInner).cumulative, 30);
    EXPECT_EQ(totals(stack, kInner).calls, 2u);
    EXPECT_EQ(totals(stack, kInner).outermost_calls, 1u);
    EXPECT_EQ(totals(stack, kInner).cumulative, 50);
}

TEST(CallStack, CallersAreForgottenOnRequest) {
    CallStack stack;
    stack.keep_callers(false);
    enter(stack, kOuter, 0);
    enter(stack, kInner, 10);
    stack.leave(kInner, 50);
    stack.leave(kOuter, 100);
    CallTable table;
    table.add(stack);
    EXPECT_TRUE(table.rows().at(kOuter).calls.empty());
    EXPECT_EQ(totals(stack, kInner).own, 40);
}

TEST(CallStack, KeepsFunctionsApartWhenTheTableGrows) {
    CallStack stack;
    std::vector<char> keys(5000 * 16);
    for (std::size_t i = 0; i < 5000; ++i) EXPECT_EQ(stack.add(&keys[i * 16]), i + 1);
    for (std::size_t i = 0; i < 5000; ++i) EXPECT_EQ(stack.find(&keys[i * 16]), i + 1);
    EXPECT_EQ(stack.find(kOuter), CallStack::kUnknown);
}

// A caller with 1,000 calls of 7 ticks and 3,000 ticks of its own, watched by probes that put 11
// ticks inside and 23 outside of each call; in the second half the machine is twice as slow.
TEST(Price, IsTakenOff) {
    CallStack stack;
    Ticks now = 0;
    enter(stack, kOuter, now);
    for (int i = 0; i < 1000; ++i) {
        const Ticks slow = i < 500 ? 1 : 2;
        stack.set_price({.inside = {11 * slow, 0}, .outside = {23 * slow, 0}});
        now += 3;
        enter(stack, kInner, now);
        now += 7 + 11 * slow;
        stack.leave(kInner, now);
        now += 23 * slow;
    }
    stack.set_price({.inside = {11, 0}, .outside = {23, 0}});
    stack.leave(kOuter, now + 11);
    EXPECT_EQ(totals(stack, kOuter).own, 3000);
    EXPECT_EQ(totals(stack, kOuter).cumulative, 10000);
    EXPECT_EQ(totals(stack, kInner).own, 7000);
    EXPECT_EQ(called_by(stack, kOuter, kInner).cumulative, 7000);
    EXPECT_EQ(stack.removed(), (11 + 23) * 1500 + 11 + 23);
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

// Marks are addresses that nobody looks at.
CallStack::Mark mark(int number) {
    static char places[8];
    return reinterpret_cast<CallStack::Mark>(&places[number]);
}

TEST(CallStack, AMarkedCallEndsOnce) {
    CallStack stack;
    const int a = 0, b = 0;
    enter(stack, &a, 0);
    stack.enter_at(stack.add(&b), 10, CallWay::Compiled, mark(0));
    stack.leave(&b, 15);  // the interpreter ran it to its end and said so
    stack.leave(mark(0), 16);
    EXPECT_EQ(stack.depth(), 1u);
    stack.leave(&a, 20);
    EXPECT_EQ(stack.edges()[2].totals.own, 5);
    EXPECT_EQ(stack.edges()[1].totals.own, 15);
}

TEST(CallStack, RecursionByMarksLeavesTheOuterCallAlone) {
    CallStack stack;
    const int a = 0;
    enter(stack, &a, 0);
    stack.enter_at(stack.add(&a), 10, CallWay::Compiled, mark(0));
    stack.leave(mark(0), 12);
    stack.leave(mark(0), 13);
    EXPECT_EQ(stack.depth(), 1u);
    stack.leave(&a, 20);
    EXPECT_EQ(stack.edges()[1].totals.outermost_calls, 1u);
}

TEST(CallStack, WhatDidNotEndAboveAMarkedCallEndsWithIt) {
    CallStack stack;
    const int a = 0, b = 0, c = 0;
    enter(stack, &a, 0);
    stack.enter_at(stack.add(&b), 1, CallWay::Compiled, mark(1));
    enter(stack, &c, 2);
    stack.leave(mark(1), 5);
    EXPECT_EQ(stack.depth(), 1u);
}

TEST(CallStack, EachWayOfCallingHasItsOwnPrice) {
    CallStack stack;
    const int a = 0, b = 0;
    ProbePriceInTicks price;
    price.inside.fill(100);
    price.outside.fill(100);
    price.inside[static_cast<std::size_t>(CallWay::Compiled)] = 2;
    price.outside[static_cast<std::size_t>(CallWay::Compiled)] = 3;
    enter(stack, &a, 0);
    stack.set_price(price);
    stack.enter_at(stack.add(&b), 10, CallWay::Compiled, mark(0));
    stack.leave(mark(0), 20);
    EXPECT_EQ(stack.edges()[2].totals.own, 8);
    EXPECT_EQ(stack.removed(), 5);
    stack.enter_at(stack.find(&b), 30, CallWay::Resumed);  // the same edge in another way
    stack.leave(&b, 300);
    EXPECT_EQ(stack.edges()[2].totals.own, 8 + 170);
}

TEST(CallStack, DiversityIsOfTheCallsSinceItWasLastAsked) {
    CallStack stack;
    const int keys[4] = {};
    Ticks now = 0;
    const auto call = [&](const int* key) {
        enter(stack, key, ++now);
        stack.leave(key, ++now);
    };
    EXPECT_EQ(stack.diversity(), 0);
    for (int turn = 0; turn < 10; ++turn)
        for (const int& key : keys) call(&key);
    EXPECT_DOUBLE_EQ(stack.diversity(), 0.75);  // 4 edges, each as often
    EXPECT_DOUBLE_EQ(stack.diversity(), 0.75);  // nothing new
    for (int turn = 0; turn < 10; ++turn) call(&keys[0]);
    EXPECT_DOUBLE_EQ(stack.diversity(), 0);
}

TEST(CallStack, ALargeTableIsAskedLessOften) {
    CallStack stack;
    const std::vector<int> keys(1200);
    Ticks now = 0;
    const auto call = [&](const int* key) {
        enter(stack, key, ++now);
        stack.leave(key, ++now);
    };
    for (const int& key : keys) call(&key);
    EXPECT_EQ(stack.diversity(), 0);
    EXPECT_EQ(stack.diversity(), 0);
    EXPECT_NEAR(stack.diversity(), 1, 0.001);
}

}  // namespace
}  // namespace hone::measure
