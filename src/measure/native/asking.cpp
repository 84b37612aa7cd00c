// SPDX-License-Identifier: Apache-2.0
#include <Python.h>

#include "measure/native/asking.h"

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

namespace hone::measure::native {

namespace {

constexpr int kSignal = SIGURG;
// How long one waits for the other: somebody else may have a turn before.
constexpr timespec kPatience{.tv_sec = 0, .tv_nsec = 20'000'000};
constexpr std::uint32_t kRemembered = 16;  // questions

// The lowest bits of the word say how far the question has come; its number is above them.
enum Phase : std::uint32_t { kOver = 0, kAsked = 1, kAnswering = 2, kStands = 3, kPhases = 4 };

std::atomic<std::uint32_t> word = 0;
Registers answer;  // written by who has brought the word to kAnswering
std::array<std::atomic<Slept>, kRemembered> slept;

struct sigaction before{};
bool taken = false;

long wait_while(std::uint32_t value, const timespec& patience) noexcept {
    return syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, value, &patience, nullptr, 0);
}

void wake() noexcept {
    syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
}

bool change(std::uint32_t from, std::uint32_t to) noexcept {
    return word.compare_exchange_strong(from, to);
}

void copy_registers(const ucontext_t& context) noexcept {
    // By their numbers in call frame information.
    constexpr std::array kOrder = {REG_RAX, REG_RDX, REG_RCX, REG_RBX, REG_RSI, REG_RDI,
                                   REG_RBP, REG_RSP, REG_R8,  REG_R9,  REG_R10, REG_R11,
                                   REG_R12, REG_R13, REG_R14, REG_R15, REG_RIP};
    static_assert(kOrder.size() == kRegisters);
    for (std::size_t i = 0; i < kRegisters; ++i)
        answer[i] = static_cast<std::uint64_t>(context.uc_mcontext.gregs[kOrder[i]]);
}

// Async-signal-safe: two system calls, and memory that is there.
void stand(int, siginfo_t* info, void* context) {
    if (info->si_code != SI_QUEUE || info->si_pid != getpid()) return;
    const int error = errno;
    const auto number = static_cast<std::uint32_t>(info->si_value.sival_int);
    if (change(number + kAsked, number + kAnswering)) {
        copy_registers(*static_cast<const ucontext_t*>(context));
        if (change(number + kAnswering, number + kStands)) {
            wake();
            const bool sleeps = wait_while(number + kStands, kPatience) == 0 || errno == ETIMEDOUT;
            change(number + kStands, number + kOver);
            slept[number / kPhases % kRemembered] = sleeps ? Slept::Yes : Slept::No;
        }
    }
    errno = error;
}

// Whose handler it is was asked before the clock was read: if the thread has not run since, it is
// so still.
bool send(std::int32_t thread, Nanoseconds cpu, std::uint32_t number) noexcept {
    const pid_t process = getpid();
    siginfo_t info{};
    info.si_signo = kSignal;
    info.si_code = SI_QUEUE;
    info.si_pid = process;
    info.si_uid = getuid();
    info.si_value.sival_int = static_cast<int>(number);
    return is_signal_ours() && cpu_time_of(thread) == cpu &&
           syscall(SYS_rt_tgsigqueueinfo, process, thread, kSignal, &info) == 0;
}

}  // namespace

Result<void> take_signal() noexcept {
    if (sigaction(kSignal, nullptr, &before) != 0) return fail("the system has no SIGURG");
    const bool siginfo = (before.sa_flags & SA_SIGINFO) != 0;
    if (siginfo || (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN))
        return fail("the program handles SIGURG itself");
    struct sigaction own{};
    own.sa_sigaction = stand;
    own.sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK;
    sigfillset(&own.sa_mask);
    if (sigaction(kSignal, &own, nullptr) != 0) return fail("the system refuses SIGURG");
    taken = true;
    return {};
}

bool is_signal_ours() noexcept {
    struct sigaction now{};
    return taken && sigaction(kSignal, nullptr, &now) == 0 && (now.sa_flags & SA_SIGINFO) != 0 &&
           now.sa_sigaction == stand;
}

void give_signal_back() noexcept {
    if (is_signal_ours()) sigaction(kSignal, &before, nullptr);
    taken = false;
}

std::uint64_t signal_bit() noexcept {
    return std::uint64_t{1} << (kSignal - 1);
}

Question::Question(std::int32_t thread, Nanoseconds cpu) noexcept {
    number_ = (word.load() / kPhases + 1) * kPhases;
    slept[number_ / kPhases % kRemembered] = Slept::Unknown;
    word = number_ + kAsked;
    if (send(thread, cpu, number_))
        for (const std::uint32_t phase : {kAsked, kAnswering})
            if (word == number_ + phase) wait_while(number_ + phase, kPatience);
    stands_ = word == number_ + kStands;
    if (!stands_) word = number_ + kOver;
}

Question::~Question() {
    if (stands_) (void)release();
}

const Registers* Question::registers() const noexcept {
    return stands_ ? &answer : nullptr;
}

bool Question::release() noexcept {
    const bool stood = stands_ && change(number_ + kStands, number_ + kOver);
    if (stood) wake();
    stands_ = false;
    return stood;
}

Slept slept_at(std::uint32_t question) noexcept {
    const std::uint32_t now = word.load() / kPhases;
    if (now - question / kPhases >= kRemembered) return Slept::Unknown;
    return slept[question / kPhases % kRemembered];
}

}  // namespace hone::measure::native
