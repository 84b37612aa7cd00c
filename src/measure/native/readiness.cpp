// SPDX-License-Identifier: Apache-2.0
#include <Python.h>

#include "measure/native/readiness.h"

#include <array>
#include <charconv>
#include <cstdio>
#include <string_view>

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include "measure/native/asking.h"

namespace hone::measure::native {

namespace {

constexpr timespec kTurn{.tv_sec = 0, .tv_nsec = 300'000};  // for a thread to run
// CPU time in which a thread that was woken in a system call has come out of it.
constexpr Nanoseconds kOut = 100'000;

std::string_view field(std::string_view text, std::string_view name) noexcept {
    const std::size_t at = text.find(name);
    if (at == std::string_view::npos) return {};
    text.remove_prefix(at + name.size());
    return text.substr(0, text.find('\n'));
}

std::optional<std::uint64_t> number(std::string_view text, int base) noexcept {
    std::uint64_t value = 0;
    const auto end = std::from_chars(text.data(), text.data() + text.size(), value, base);
    return end.ec == std::errc{} ? std::optional(value) : std::nullopt;
}

}  // namespace

std::optional<ThreadStatus> status_of(std::int32_t thread) noexcept {
    std::array<char, 64> path;
    std::snprintf(path.data(), path.size(), "/proc/self/task/%d/status", thread);
    const int file = open(path.data(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return std::nullopt;
    std::array<char, 4096> bytes;
    const ssize_t count = ::read(file, bytes.data(), bytes.size());
    close(file);
    if (count <= 0) return std::nullopt;
    const std::string_view text(bytes.data(), static_cast<std::size_t>(count));
    const auto blocked = number(field(text, "\nSigBlk:\t"), 16);
    const auto voluntary = number(field(text, "\nvoluntary_ctxt_switches:\t"), 10);
    if (!blocked || !voluntary) return std::nullopt;
    return ThreadStatus{.ready = field(text, "\nState:\t").starts_with('R'),
                        .blocked = *blocked,
                        .voluntary = *voluntary};
}

// Standing still for the last question may have been one more.
std::optional<Readiness::Seen> Readiness::expected() const noexcept {
    if (!seen_ || !question_) return seen_;
    switch (slept_at(*question_)) {
        case Slept::No:
            return seen_;
        case Slept::Yes:
            return Seen{.voluntary = seen_->voluntary + 1, .cpu = seen_->cpu};
        case Slept::Unknown:
            return std::nullopt;
    }
    return std::nullopt;
}

// Nothing: it waits, runs, or blocks the signal.
std::optional<Readiness::Seen> Readiness::see(std::int32_t thread, Nanoseconds cpu) noexcept {
    const auto status = status_of(thread);
    if (!status || !status->ready || (status->blocked & signal_bit()) != 0) return std::nullopt;
    if (cpu_time_of(thread) != cpu) return std::nullopt;
    return Seen{.voluntary = status->voluntary, .cpu = cpu};
}

bool Readiness::is_out(const Seen& before, const Seen& now) noexcept {
    return now.voluntary == before.voluntary && now.cpu - before.cpu >= kOut;
}

std::optional<Nanoseconds> Readiness::check(std::int32_t thread, Nanoseconds cpu,
                                            std::uint32_t& wakings) noexcept {
    const std::optional<Seen> before = expected();
    question_.reset();
    seen_ = see(thread, cpu);
    if (!seen_) return std::nullopt;
    if (before && is_out(*before, *seen_)) return cpu;
    const Seen first = *seen_;
    nanosleep(&kTurn, nullptr);
    ++wakings;
    const auto later = cpu_time_of(thread);
    seen_ = later ? see(thread, *later) : std::nullopt;
    return seen_ && is_out(first, *seen_) ? later : std::nullopt;
}

}  // namespace hone::measure::native
