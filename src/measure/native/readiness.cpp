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

constexpr timespec kTurn{.tv_sec = 0, .tv_nsec = 50'000};  // for a thread to begin one

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
std::optional<std::uint64_t> Readiness::expected() const noexcept {
    if (!voluntary_ || !question_) return voluntary_;
    switch (slept_at(*question_)) {
        case Slept::No:
            return voluntary_;
        case Slept::Yes:
            return *voluntary_ + 1;
        case Slept::Unknown:
            return std::nullopt;
    }
    return std::nullopt;
}

bool Readiness::check(std::int32_t thread, Nanoseconds cpu) noexcept {
    std::optional<std::uint64_t> known = expected();
    for (bool again = true;; again = false) {
        const auto status = status_of(thread);
        voluntary_ = status ? std::optional(status->voluntary) : std::nullopt;
        question_.reset();
        if (!status || !status->ready || (status->blocked & signal_bit()) != 0) return false;
        if (cpu_time_of(thread) != cpu) return false;  // it runs
        if (known == status->voluntary) return true;
        if (!again) return false;
        known = status->voluntary;
        nanosleep(&kTurn, nullptr);
        const auto later = cpu_time_of(thread);
        if (!later || *later == cpu) return false;  // it had no turn
        cpu = *later;
    }
}

}  // namespace hone::measure::native
