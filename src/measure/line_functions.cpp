// SPDX-License-Identifier: Apache-2.0
#include "measure/line_functions.h"

#include <algorithm>
#include <utility>

#include "cpython/bytecode/location_table.h"
#include "measure/diversity.h"

namespace hone::measure {

namespace {

using cpython::Ref;

constexpr std::size_t kLinesAnAsking = 1024;  // that are looked at, on average

template <class T>
bool contains(const std::vector<T*>& all, T* one) {
    return std::find(all.begin(), all.end(), one) != all.end();
}

}  // namespace

LineFunction* LineFunctions::meet(PyCodeObject* code) {
    if (const Known* const known = find(code)) return known->function;
    code = cpython::LineEvents::source_of(code);  // a profiler that has gone may have left a copy
    if (const auto found = functions_.find(code); found != functions_.end())
        return found->second.get();
    const auto locations = cpython::read_locations(code);
    if (!locations) return nullptr;
    int first = code->co_firstlineno, last = first;
    for (const cpython::Location& location : *locations) {
        if (location.line < 0) continue;
        first = std::min(first, location.line);
        last = std::max(last, location.line);
    }
    auto starts = cpython::line_starts(code, first, static_cast<std::size_t>(last - first + 1));
    if (!starts) return nullptr;
    auto made = std::make_unique<LineFunction>();
    made->original = Ref<PyCodeObject>::own(code);
    made->number = next_number_++;
    made->first_line = first;
    made->starts = std::move(*starts);
    lines_ += made->starts.size();
    return (functions_[code] = std::move(made)).get();
}

LineBody* LineFunctions::new_body(LineFunction& function, Ref<PyCodeObject> code,
                                  std::vector<LineBook*> switches_on) {
    if (!code || (events_.on() && !events_.watch(code.get()))) return nullptr;
    auto made = std::make_unique<LineBody>(LineBody{std::move(code), {}, std::move(switches_on)});
    known_[made->code.get()] = {&function, made.get()};
    return function.bodies.emplace_back(std::move(made)).get();
}

LineBody* LineFunctions::body_for(LineFunction& function, PyCodeObject* code,
                                  std::vector<LineBook*> switches_on) {
    for (const auto& body : function.bodies)
        if (body->switches_on == switches_on) return body.get();
    const bool as_it_is = switches_on.empty() && cpython::LineEvents::kWatchesAnyCode;
    return new_body(function,
                    as_it_is ? Ref<PyCodeObject>::own(code)
                             : cpython::LineEvents::copy(function.original.get()),
                    std::move(switches_on));
}

Ref<PyCodeObject> LineFunctions::add(LineBook& book, PyCodeObject* code, bool switches_on) {
    LineFunction* const function = meet(code);
    if (function == nullptr) return {};
    const Known* const known = find(code);
    LineBody* body = known == nullptr ? nullptr : known->body;
    std::vector<LineBook*> switches;
    if (body != nullptr) switches = body->switches_on;
    if (switches_on && !contains(switches, &book)) {
        switches.push_back(&book);
        body = nullptr;
    }
    if (body == nullptr) body = body_for(*function, code, std::move(switches));
    if (body == nullptr) return {};
    const auto has = [&](const LineAccount* account) { return account->book == &book; };
    if (std::ranges::none_of(function->accounts, has)) {
        std::vector<LineTotals> lines;
        for (const cpython::LineStart start : function->starts) lines.push_back({.start = start});
        book.accounts_.push_back(std::make_unique<LineAccount>(&book, function, std::move(lines)));
        function->accounts.push_back(book.accounts_.back().get());
    }
    return Ref<PyCodeObject>::own(body->code.get());
}

bool LineFunctions::runs_as(PyCodeObject* chosen, PyCodeObject* prepared) {
    const auto known = known_.find(chosen);
    if (known == known_.end() || known_.contains(prepared)) return true;
    if (events_.on() && !events_.watch(prepared)) return false;
    known->second.body->prepared = Ref<PyCodeObject>::own(prepared);
    known_[prepared] = known->second;
    return true;
}

void LineFunctions::remove(LineBook& book) noexcept {
    for (const auto& account : book.accounts_) {
        LineFunction& function = *account->function;
        std::erase(function.accounts, account.get());
        for (const auto& body : function.bodies) std::erase(body->switches_on, &book);
        if (function.accounts.empty()) forget(function);
    }
}

void LineFunctions::forget(LineFunction& function) noexcept {
    for (const auto& body : function.bodies) {
        for (PyCodeObject* const code : {body->code.get(), body->prepared.get()}) {
            if (code == nullptr) continue;
            events_.unwatch(code);
            known_.erase(code);
        }
    }
    lines_ -= function.starts.size();
    // Codes die last: that may run Python.
    const auto node = functions_.extract(function.original.get());
}

std::vector<Ref<PyCodeObject>> LineFunctions::codes() const {
    std::vector<Ref<PyCodeObject>> codes;
    for (const auto& entry : known_) codes.push_back(Ref<PyCodeObject>::own(entry.first));
    return codes;
}

bool LineFunctions::any_switches() const noexcept {
    return std::ranges::any_of(
        known_, [](const auto& entry) { return !entry.second.body->switches_on.empty(); });
}

double LineFunctions::diversity() noexcept {
    if (++asked_ * kLinesAnAsking < lines_) return diversity_;
    asked_ = 0;
    Diversity since;
    for (const auto& entry : functions_) {
        const auto& accounts = entry.second->accounts;
        const auto one = std::ranges::find_if(
            accounts, [](const LineAccount* account) { return account->book->counts(); });
        if (one == accounts.end()) continue;
        for (LineTotals& line : (*one)->lines) {
            const auto hits = static_cast<std::uint32_t>(line.hits);
            since.add(hits - std::exchange(line.hits_before, hits));
        }
    }
    return diversity_ = since.value(diversity_);
}

}  // namespace hone::measure
