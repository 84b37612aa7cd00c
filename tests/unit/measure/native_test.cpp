// SPDX-License-Identifier: Apache-2.0
// C stacks: threads that are asked stand still and go on, others are left alone, and the frames
// that are found are those that are there.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <csignal>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include <alloca.h>
#include <execinfo.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "measure/native/asking.h"
#include "measure/native/byte_cursor.h"
#include "measure/native/expression.h"
#include "measure/native/readiness.h"
#include "measure/native/unwinder.h"
#include "measure/sampler_clock.h"

namespace hone::measure::native {
namespace {

// What a thread does, from its outermost function on, until it is told to end.
struct Work {
    std::atomic<pid_t> thread = 0;
    std::atomic<Address> outermost = 0;
    std::atomic<bool> over = false;
    std::atomic<std::uint64_t> turns = 0;
    std::vector<Address> expected;  // return addresses, as the unwinder of exceptions finds them
};

[[gnu::noinline]] void spin(Work& work) {
    std::array<void*, 64> places;
    const int count = backtrace(places.data(), static_cast<int>(places.size()));
    for (int i = 1; i < count; ++i)
        work.expected.push_back(reinterpret_cast<Address>(places[static_cast<std::size_t>(i)]));
    work.thread = static_cast<pid_t>(syscall(SYS_gettid));
    while (!work.over) ++work.turns;
    asm volatile("" ::: "memory");
}

// A frame whose address is only known by an expression, in unoptimised and optimised code alike.
[[gnu::noinline]] void aligned(Work& work, std::size_t size) {
    alignas(256) std::array<char, 256> room;
    void* const more = alloca(size);
    asm volatile("" : : "r"(room.data()), "r"(more) : "memory");
    spin(work);
    asm volatile("" : : "r"(room.data()), "r"(more) : "memory");
}

[[gnu::noinline]] void down(Work& work, int depth) {
    if (depth == 0)
        aligned(work, 100);
    else
        down(work, depth - 1);
    asm volatile("" ::: "memory");
}

[[gnu::noinline]] void outermost(Work& work) {
    work.outermost = reinterpret_cast<Address>(__builtin_frame_address(0));
    down(work, 20);
    asm volatile("" ::: "memory");
}

// From the thread's processor, where it stands still while it is looked at. A machine that is busy
// with other things takes its time.
void ask(std::optional<Question>& question, pid_t thread) {
    measure::Place place;
    do {
        if (const auto processor = processor_of(thread, 0)) place.go_to(*processor);
        question.emplace(thread, cpu_time_of(thread).value_or(0));
    } while (question->registers() == nullptr);
}

class Native : public testing::Test {
  protected:
    void SetUp() override {
        cpython::OwnMemory::here();
        ASSERT_TRUE(take_signal());
    }
    void TearDown() override { give_signal_back(); }
};

TEST_F(Native, FramesAreThoseThatTheUnwinderOfExceptionsFinds) {
    ASSERT_TRUE(can_find_images());
    Work work;
    std::thread thread([&] { outermost(work); });
    while (work.thread == 0) std::this_thread::yield();
    std::vector<CodePlace> places;
    Unwinder unwinder;
    auto stack = std::make_unique<StackCopy>();
    for (int i = 0; i < 200; ++i) {
        std::optional<Question> question;
        ask(question, work.thread);
        const Registers registers = *question->registers();
        ASSERT_TRUE(stack->take(registers[kStackPointer], work.outermost));
        if (!question->release()) continue;
        ASSERT_EQ(unwinder.unwind(registers, *stack, work.outermost, places), End::Evaluator);
        ASSERT_EQ(places.size(), 23u);  // spin, aligned, down 21 times
        for (std::size_t at = 1; at < places.size(); ++at)
            ASSERT_EQ(places[at].place + 1, work.expected[at - 1]) << at;
        for (std::size_t at = 2; at < places.size(); ++at)
            ASSERT_EQ(places[at].function, places[2].function);
    }
    EXPECT_FALSE(places.empty());
    work.over = true;
    thread.join();
}

TEST_F(Native, WhoStandsGoesOn) {
    Work work;
    std::thread thread([&] { spin(work); });
    while (work.thread == 0) std::this_thread::yield();
    std::uint64_t stood = 0, later = 0;
    for (bool released = false; !released;) {
        std::optional<Question> question;
        ask(question, work.thread);
        stood = work.turns;
        usleep(2000);
        later = work.turns;
        released = question->release();  // false: this took longer than a thread waits
        EXPECT_FALSE(question->release());
    }
    EXPECT_EQ(stood, later);
    const std::uint64_t before = work.turns;
    while (work.turns == before) std::this_thread::yield();
    work.over = true;
    thread.join();
}

TEST_F(Native, ASamplerThatForgetsItIsNotWaitedFor) {
    Work work;
    std::thread thread([&] { spin(work); });
    while (work.thread == 0) std::this_thread::yield();
    std::optional<Question> question;
    ask(question, work.thread);
    const std::uint64_t before = work.turns;
    while (work.turns == before) usleep(1000);
    EXPECT_FALSE(question->release());
    work.over = true;
    thread.join();
}

TEST_F(Native, WhoDoesNotAnswerIsNotWaitedForLong) {
    std::atomic<pid_t> id = 0;
    std::atomic<bool> over = false;
    std::thread thread([&] {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_BLOCK, &all, nullptr);
        id = static_cast<pid_t>(syscall(SYS_gettid));
        while (!over) usleep(100);
    });
    while (id == 0) std::this_thread::yield();
    const Nanoseconds before = now();
    const Question question(id, cpu_time_of(id).value_or(0));
    EXPECT_EQ(question.registers(), nullptr);
    EXPECT_LT(now() - before, 1'000'000'000u);
    over = true;
    thread.join();
    const Question late(id, 0);  // it has ended
    EXPECT_EQ(late.registers(), nullptr);
}

std::atomic<int> handled = 0;

// The program may have taken the signal since the thread was found worth asking.
TEST_F(Native, ASignalThatTheProgramHandlesIsNotSent) {
    std::atomic<pid_t> id = 0;
    std::atomic<bool> over = false;
    std::thread thread([&] {
        id = static_cast<pid_t>(syscall(SYS_gettid));
        while (!over) usleep(100'000);
    });
    while (id == 0) std::this_thread::yield();
    signal(SIGURG, [](int) { ++handled; });
    for (int i = 0; i < 20; ++i) {
        const Question question(id, cpu_time_of(id).value_or(0));
        EXPECT_EQ(question.registers(), nullptr);
    }
    over = true;
    thread.join();
    EXPECT_EQ(handled, 0);
    signal(SIGURG, SIG_DFL);
}

TEST_F(Native, OnlyThreadsOutsideOfSystemCallsAreReady) {
    Work work;
    std::thread busy([&] { spin(work); });
    std::atomic<pid_t> id = 0;
    std::atomic<bool> over = false;
    std::thread sleeping([&] {
        id = static_cast<pid_t>(syscall(SYS_gettid));
        while (!over) usleep(200);
    });
    while (work.thread == 0 || id == 0) std::this_thread::yield();
    Readiness of_busy, of_sleeping;
    std::uint32_t wakings = 0;
    int ready = 0, wrong = 0;
    for (int i = 0; i < 500; ++i) {
        // Where it runs is where it stands still while it is looked at.
        measure::Place place;
        if (const auto processor = processor_of(work.thread, 0)) place.go_to(*processor);
        ready += of_busy.check(work.thread, cpu_time_of(work.thread).value_or(0), wakings) ? 1 : 0;
        wrong += of_sleeping.check(id, cpu_time_of(id).value_or(0), wakings) ? 1 : 0;
    }
    EXPECT_GT(ready, 50);
    EXPECT_LT(wrong, 5);  // none, but where the machine itself stands still
    work.over = over = true;
    busy.join();
    sleeping.join();
}

TEST_F(Native, TheSignalIsGivenBackAsItWas) {
    give_signal_back();
    struct sigaction now{};
    sigaction(SIGURG, nullptr, &now);
    EXPECT_EQ(now.sa_handler, SIG_DFL);
    signal(SIGURG, [](int) {});
    EXPECT_FALSE(take_signal());
    signal(SIGURG, SIG_IGN);
    EXPECT_TRUE(take_signal());
    EXPECT_TRUE(is_signal_ours());
    give_signal_back();
    sigaction(SIGURG, nullptr, &now);
    EXPECT_EQ(now.sa_handler, SIG_IGN);
    signal(SIGURG, SIG_DFL);
}

TEST(ByteCursor, ReadsNumbersAndNothingBehindTheEnd) {
    const std::array<std::uint8_t, 6> bytes = {0xe5, 0x8e, 0x26, 0x7f, 0x80, 0x7f};
    ByteCursor cursor(std::as_bytes(std::span(bytes)), 100);
    EXPECT_EQ(cursor.unsigned_number(), 624485u);
    EXPECT_EQ(cursor.address(), 103u);
    EXPECT_EQ(cursor.signed_number(), -1);
    EXPECT_EQ(cursor.signed_number(), -128);
    EXPECT_FALSE(cursor.more());
    EXPECT_TRUE(cursor.good());
    EXPECT_EQ(cursor.take<std::uint32_t>(), 0u);
    EXPECT_FALSE(cursor.good());
}

// The one that linkers write for entries of the procedure linkage table.
TEST(Expression, ConditionsAndSums) {
    cpython::OwnMemory::here();
    const std::array<std::uint8_t, 11> code = {0x77, 8,    0x80, 0,    0x3f, 0x1a,
                                               0x3b, 0x2a, 0x33, 0x24, 0x22};
    auto memory = std::make_unique<cpython::OwnMemory>();
    auto stack = std::make_unique<StackCopy>();
    Registers registers{};
    registers[kStackPointer] = 1000;
    const Rule rule{.kind = Rule::Kind::IsExpression,
                    .length = code.size(),
                    .number = static_cast<std::int64_t>(reinterpret_cast<Address>(code.data()))};
    registers[kReturnAddress] = 0x100a;
    EXPECT_EQ(evaluate(*memory, rule, registers, *stack, std::nullopt), 1008u);
    registers[kReturnAddress] = 0x100b;
    EXPECT_EQ(evaluate(*memory, rule, registers, *stack, std::nullopt), 1016u);
}

}  // namespace
}  // namespace hone::measure::native
