// SPDX-License-Identifier: Apache-2.0
#include "engine/contest.h"

#include <time.h>

#include <algorithm>

namespace hone::engine {
namespace {

constexpr std::int64_t kBlock = 50'000;  // nanoseconds that a compiled block takes at least
constexpr std::uint32_t kLongestBlock = 1 << 14;
constexpr int kFramesSeen = 24;  // a recursion through more functions is counted as it comes

constexpr std::size_t kClearPairs = 2, kPairs = 5, kMostPairs = 11;
constexpr double kClear = 1.2;  // so much faster in the first pairs already
constexpr double kLoses = 0.97;

thread_local std::int64_t left_out = 0;

std::int64_t cpu_time() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return now.tv_sec * 1'000'000'000LL + now.tv_nsec - left_out;
}

Clock now = &cpu_time;

bool nested(cpython::Frame* frame) {
    PyCodeObject* const code = cpython::frame_code(frame);
    cpython::Frame* outer = cpython::caller_of(frame);
    for (int i = 0; outer != nullptr && i < kFramesSeen; ++i, outer = cpython::caller_of(outer))
        if (!cpython::is_shim(outer) && cpython::frame_code(outer) == code) return true;
    return false;
}

double median(std::vector<double> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

}  // namespace

void leave_out(std::int64_t nanoseconds) noexcept {
    left_out += nanoseconds;
}

void set_clock(Clock clock) noexcept {
    now = clock != nullptr ? clock : &cpu_time;
}

bool Contest::runs_compiled(cpython::Frame* frame, PyThreadState* thread) {
    if (settling_ > 0) {
        --settling_;
        return true;
    }
    if (owner_ == nullptr) owner_ = thread;
    if (thread != owner_) return true;
    if (nested(frame)) return side_ == Side::Compiled;
    if (left_ == 0) {
        finish_block(now());
        left_ = length_;
        began_ = now();
    }
    --left_;
    return side_ == Side::Compiled;
}

// Compiled blocks grow until one is long enough to be timed; then the sides take turns, the
// second of a pair first in the next.
void Contest::finish_block(std::int64_t at) {
    if (began_ < 0) return;
    const std::int64_t took = std::max<std::int64_t>(at - began_, 1);
    if (!measuring_) {
        measuring_ = took >= kBlock || length_ >= kLongestBlock;
        if (!measuring_) length_ *= 2;
        return;
    }
    (side_ == Side::Compiled ? compiled_ : interpreted_) = took;
    in_pair_ = !in_pair_;
    if (in_pair_)
        side_ = side_ == Side::Compiled ? Side::Interpreted : Side::Compiled;
    else
        finish_pair();
}

void Contest::finish_pair() {
    ratios_.push_back(static_cast<double>(interpreted_) / static_cast<double>(compiled_));
    decide();
    if (verdict_ != Verdict::Open)
        side_ = verdict_ == Verdict::Compiled ? Side::Compiled : Side::Interpreted;
}

// Compiled code stays unless nearly every pair, and their median, say that it is slower.
void Contest::decide() {
    const std::size_t pairs = ratios_.size();
    const auto count = [&](auto test) {
        return static_cast<std::size_t>(std::count_if(ratios_.begin(), ratios_.end(), test));
    };
    if (pairs < kClearPairs) return;
    if (count([](double r) { return r < kClear; }) == 0) {
        verdict_ = Verdict::Compiled;
        return;
    }
    if (pairs < kPairs) return;
    const bool loses = ratio() < kLoses;
    if (loses && count([](double r) { return r < 1; }) + 1 >= pairs)
        verdict_ = Verdict::Interpreted;
    else if (!loses || pairs >= kMostPairs)
        verdict_ = loses ? Verdict::Interpreted : Verdict::Compiled;
}

double Contest::ratio() const {
    return ratios_.empty() ? 0 : median(ratios_);
}

}  // namespace hone::engine
