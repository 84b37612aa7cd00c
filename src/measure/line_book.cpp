// SPDX-License-Identifier: Apache-2.0
#include "measure/line_book.h"

#include "measure/line_recorder.h"

namespace hone::measure {

LineBook::~LineBook() {
    LineRecorder::instance().remove(*this);
}

cpython::Ref<PyCodeObject> LineBook::add(PyCodeObject* code, bool switches_on) {
    return LineRecorder::instance().add(*this, code, switches_on);
}

bool LineBook::runs_as(PyCodeObject* chosen, PyCodeObject* prepared) {
    return LineRecorder::instance().runs_as(chosen, prepared);
}

bool LineBook::enable() {
    return LineRecorder::instance().enable(*this);
}

void LineBook::disable() noexcept {
    LineRecorder::instance().disable(*this);
}

LineSpan LineBook::span() const noexcept {
    return counts_ ? was_on_ + (LineRecorder::instance().span() - before_) : was_on_;
}

std::uint64_t LineBook::hits() const noexcept {
    std::uint64_t sum = 0;
    for (const auto& account : accounts_)
        for (const LineTotals& line : account->lines) sum += line.hits;
    return sum;
}

}  // namespace hone::measure
