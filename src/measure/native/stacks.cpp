// SPDX-License-Identifier: Apache-2.0
#include <Python.h>

#include "measure/native/stacks.h"

#include "measure/native/asking.h"

namespace hone::measure::native {

// While the thread stands nothing is allocated: it may have been interrupted in malloc().
bool Stacks::capture(std::int32_t thread, Nanoseconds cpu, Readiness& readiness,
                     const cpython::Stack& seen,
                     const std::function<const cpython::Stack*()>& again) {
    if (!is_signal_ours()) return false;
    const auto stands = readiness.check(thread, cpu, totals_.wakings);
    if (!stands) return false;
    ++totals_.wakings;
    Question question(thread, *stands);
    readiness.note(question.number());
    if (question.registers() == nullptr) return false;
    registers_ = *question.registers();
    const bool copied = stack_.take(registers_[kStackPointer], seen.evaluator);
    const cpython::Stack* const now = again();
    const auto later = cpu_time_of(thread);
    if (!question.release()) return false;
    if (later && *later > *stands) totals_.taken += *later - *stands;
    return copied && now != nullptr && now->frames == seen.frames;
}

Stacks::Answer Stacks::look(std::int32_t thread, Nanoseconds cpu, Readiness& readiness,
                            const cpython::Stack& seen,
                            const std::function<const cpython::Stack*()>& again) {
    ++totals_.wanted;
    frames_.clear();
    if (!capture(thread, cpu, readiness, seen, again)) return {};
    const End end = unwinder_.unwind(registers_, stack_, seen.evaluator, found_);
    if (end == End::Lost) return {};
    for (const CodePlace& place : found_) {
        const auto number = places_.number(place);
        if (!number) return {};
        frames_.push_back({.code = *number, .unit = 0});
    }
    ++totals_.had;
    return {.end = end, .frames = frames_};
}

}  // namespace hone::measure::native
