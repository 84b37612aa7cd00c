// SPDX-License-Identifier: Apache-2.0
#include <Python.h>

#include "measure/sampler_clock.h"

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdio>
#include <string_view>

#include <fcntl.h>
#include <sched.h>
#include <sys/rseq.h>
#include <time.h>
#include <unistd.h>

#include "cpython/stacks/memory.h"

// Since glibc 2.35: where the kernel keeps, in each thread's control block, the processor it is on.
extern const std::ptrdiff_t __rseq_offset __attribute__((weak));
extern const unsigned int __rseq_size __attribute__((weak));

namespace hone::measure {

namespace {

constexpr int kProcessorField = 39;  // of /proc/PID/stat (proc(5))

// The kernel's number for "the CPU clock of this thread" (its MAKE_THREAD_CPUCLOCK).
clockid_t clock_of(std::int32_t thread) noexcept {
    constexpr unsigned kScheduled = 2, kOfThread = 4;
    return static_cast<clockid_t>((~static_cast<unsigned>(thread) << 3) | kOfThread | kScheduled);
}

std::optional<Nanoseconds> read(clockid_t clock) noexcept {
    timespec time{};
    if (clock_gettime(clock, &time) != 0) return std::nullopt;
    return static_cast<Nanoseconds>(time.tv_sec) * 1'000'000'000 +
           static_cast<Nanoseconds>(time.tv_nsec);
}

std::optional<unsigned> processor_by_control_block(std::uint64_t control) noexcept {
    if (&__rseq_size == nullptr || __rseq_size == 0) return std::nullopt;
    const auto at = static_cast<cpython::Address>(control) +
                    static_cast<cpython::Address>(__rseq_offset) + offsetof(struct rseq, cpu_id);
    std::int32_t processor = -1;
    const cpython::OwnMemory::Piece piece{.from = at, .into = &processor, .size = sizeof processor};
    if (!cpython::OwnMemory::fetch({&piece, 1}) || processor < 0) return std::nullopt;
    return static_cast<unsigned>(processor);
}

std::optional<unsigned> processor_by_file(std::int32_t thread) noexcept {
    std::array<char, 64> path;
    std::snprintf(path.data(), path.size(), "/proc/self/task/%d/stat", thread);
    const int file = open(path.data(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return std::nullopt;
    std::array<char, 1024> bytes;
    const ssize_t count = ::read(file, bytes.data(), bytes.size());
    close(file);
    if (count <= 0) return std::nullopt;
    std::string_view text(bytes.data(), static_cast<std::size_t>(count));
    text.remove_prefix(std::min(text.size(), text.rfind(')') + 1));  // field 2 may have blanks
    for (int field = 3; field <= kProcessorField; ++field) {
        const std::size_t blank = text.find(' ');
        if (blank == std::string_view::npos) return std::nullopt;
        text.remove_prefix(blank + 1);
    }
    unsigned processor = 0;
    const auto end = std::from_chars(text.data(), text.data() + text.size(), processor);
    return end.ec == std::errc{} ? std::optional(processor) : std::nullopt;
}

}  // namespace

Nanoseconds now() noexcept {
    return read(CLOCK_MONOTONIC).value_or(0);
}

Nanoseconds own_cpu_time() noexcept {
    return read(CLOCK_THREAD_CPUTIME_ID).value_or(0);
}

std::optional<Nanoseconds> cpu_time_of(std::int32_t thread) noexcept {
    return read(clock_of(thread));
}

std::optional<unsigned> processor_of(std::int32_t thread, std::uint64_t control) {
    if (const auto processor = processor_by_control_block(control)) return processor;
    return processor_by_file(thread);
}

bool Place::go_to(unsigned processor) noexcept {
    if (here_ == processor) return true;
    cpu_set_t only;
    CPU_ZERO(&only);
    if (processor >= CPU_SETSIZE) return false;
    CPU_SET(processor, &only);
    if (sched_setaffinity(0, sizeof only, &only) != 0) return false;
    here_ = processor;
    return true;
}

}  // namespace hone::measure
