// SPDX-License-Identifier: Apache-2.0
#include "measure/line_thread.h"

#include <algorithm>

namespace hone::measure {

LineActivation& LineThread::push(const cpython::LinePlace& place, LineBody& body,
                                 LineFunction& function, bool switched, Ticks now) {
    if (newest_.size() <= function.number) newest_.resize(function.number + 1, -1);
    int& newest = newest_[function.number];
    if (newest >= 0 && at(newest).line != LineActivation::kNoLine) credit(at(newest), now);
    stack_.push_back({.frame = place.frame,
                      .code = place.code,
                      .body = &body,
                      .function = &function,
                      .switched = switched,
                      .below = newest,
                      .since = now,
                      .off = off_});
    newest = static_cast<int>(stack_.size()) - 1;
    return stack_.back();
}

LineActivation LineThread::pop(Ticks now) noexcept {
    if (stack_.back().line != LineActivation::kNoLine) credit(stack_.back(), now);
    const LineActivation ended = stack_.back();
    stack_.pop_back();
    newest_[ended.function->number] = ended.below;
    if (ended.below >= 0) {
        at(ended.below).since = now;
        at(ended.below).off = off_;
    }
    return ended;
}

void LineThread::settle(Ticks now) noexcept {
    for (const int newest : newest_)
        if (newest >= 0 && at(newest).line != LineActivation::kNoLine) credit(at(newest), now);
}

void LineThread::abandon() noexcept {
    stack_.clear();
    std::ranges::fill(newest_, -1);
}

void LineThread::begin_later(Ticks ticks) noexcept {
    for (const int newest : newest_)
        if (newest >= 0) at(newest).since += ticks;
}

}  // namespace hone::measure
