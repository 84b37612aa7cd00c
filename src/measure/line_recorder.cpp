// SPDX-License-Identifier: Apache-2.0
#include "measure/line_recorder.h"

#include <algorithm>
#include <ranges>

#include "measure/line_costs.h"

namespace hone::measure {

namespace {

using cpython::LineEnd;
using cpython::LinePlace;
using cpython::Ref;

constexpr std::size_t kManyThreads = 64;
constexpr double kLeastPace = 0.25, kMostPace = 3;  // beyond it the look was disturbed

constexpr LineProbe probe_of(LineEnd end) {
    switch (end) {
        case LineEnd::Return:
            return LineProbe::Return;
        case LineEnd::Yield:
            return LineProbe::Yield;
        case LineEnd::Unwind:
            return LineProbe::Unwind;
    }
    return LineProbe::Return;
}

}  // namespace

// Never destroyed: events may come while the interpreter ends.
LineRecorder& LineRecorder::instance() {
    static LineRecorder& the_recorder = *new LineRecorder;
    return the_recorder;
}

// ---- on and off

Ref<PyCodeObject> LineRecorder::add(LineBook& book, PyCodeObject* code, bool switches_on) {
    if (switches_on && !start()) return {};
    Ref<PyCodeObject> chosen = functions_.add(book, code, switches_on);
    if (chosen && std::ranges::find(books_, &book) == books_.end()) books_.push_back(&book);
    return chosen;
}

bool LineRecorder::runs_as(PyCodeObject* chosen, PyCodeObject* prepared) {
    return functions_.runs_as(chosen, prepared);
}

void LineRecorder::remove(LineBook& book) noexcept {
    book.asked_ = false;
    abandon_all();
    std::erase(books_, &book);
    functions_.remove(book);
    stop_if_idle();
}

bool LineRecorder::start() {
    if (events_.on()) return true;
    if (!events_.start(*this)) return false;
    const auto codes = functions_.codes();
    const bool fine =
        std::ranges::all_of(codes, [&](const auto& code) { return events_.watch(code.get()); }) &&
        (price_.pace != 0 || calibrating_ || measure_price());
    if (!fine) events_.stop();
    return fine;
}

bool LineRecorder::measure_price() {
    calibrating_ = true;
    LinePrice price;
    const bool measured = measure_line_price(price);
    calibrating_ = false;
    if (!measured) return false;
    price_ = price;
    check_pace();
    return true;
}

bool LineRecorder::is_wanted() const noexcept {
    return calibrating_ || functions_.any_switches() ||
           std::ranges::any_of(books_, [](const LineBook* book) { return book->on(); });
}

void LineRecorder::stop_if_idle() noexcept {
    if (!events_.on() || is_wanted()) return;
    for (const auto& code : functions_.codes()) events_.unwatch(code.get());
    events_.stop();
}

bool LineRecorder::enable(LineBook& book) {
    if (std::ranges::find(books_, &book) == books_.end()) books_.push_back(&book);
    if (!start()) return false;
    for (const auto& entry : threads_) entry.second->preemption.forget();
    book.asked_ = true;
    book.muted_ = false;
    refresh(book);
    return true;
}

void LineRecorder::disable(LineBook& book) noexcept {
    book.asked_ = false;
    book.muted_ = book.calls_ > 0;
    refresh(book);
    stop_if_idle();
}

// Lets counts() follow on().
void LineRecorder::refresh(LineBook& book) noexcept {
    if (book.counts_ == book.on()) return;
    settle();
    if (book.counts_) book.was_on_ = book.span();
    book.counts_ = book.on();
    if (book.counts_) {
        ++counting_;
        book.before_ = span();
        return;
    }
    --counting_;
    const auto in_call = [](const LineBook* other) { return other->calls_ > 0; };
    if (counting_ == 0 && std::ranges::none_of(books_, in_call)) abandon_all();
}

void LineRecorder::settle() noexcept {
    if (counting_ == 0) return;
    const Ticks now = now_ticks();
    for (const auto& entry : threads_) entry.second->settle(now);
}

// What is open is credited and forgotten; its next event brings it back.
void LineRecorder::abandon_all() noexcept {
    settle();
    for (const auto& entry : threads_) {
        for (const LineActivation& open : entry.second->stack())
            if (open.switched)
                for (LineBook* book : open.body->switches_on) --book->calls_;
        entry.second->abandon();
    }
    for (LineBook* book : books_) refresh(*book);
}

// ---- the price

namespace {

LineSpan off_of(const LineThread& thread) noexcept {
    constexpr double kTick = kReferencePace;
    return {.ticks = 0,
            .probes = static_cast<double>(thread.off() - thread.without()) / kTick,
            .without = static_cast<double>(thread.without()) / kTick};
}

}  // namespace

LineSpan LineRecorder::span() const noexcept {
    LineSpan sum = gone_;
    for (const auto& entry : threads_) sum = sum + off_of(*entry.second);
    sum.ticks = static_cast<double>(now_ticks());
    return sum;
}

void LineRecorder::charge(const LinePrice& price) noexcept {
    costs_ = price.at(1, 0);
}

void LineRecorder::set_compiled_price(double ticks) noexcept {
    if (price_.pace == 0) return;
    const double slower = static_cast<double>(read_pace()) / static_cast<double>(price_.pace);
    price_[LineProbe::Compiled] = std::max(ticks / slower, 0.0);
    check_pace();
}

void LineRecorder::check_pace() noexcept {
    const double slower = static_cast<double>(read_pace()) / static_cast<double>(price_.pace);
    costs_ = price_.at(std::clamp(slower, kLeastPace, kMostPace), diversity());
    // Never before the end of this look, or the next event would pass for one after a gap.
    next_pace_check_ = now_ticks() + kPaceChecksEvery;
}

// What others had of the gap, and the looking, is no part of the program. The end of the look is
// when the event came.
Ticks LineRecorder::look(LineThread& thread, Ticks now) noexcept {
    if (price_.pace == 0) return now;  // it is being measured
    const Ticks without = thread.preemption.within(now - (thread.look_at - kGap), now);
    if (now >= next_pace_check_) check_pace();
    const Ticks end = now_ticks();
    thread.take_off(without + end - now);
    return end;
}

// ---- events

[[gnu::always_inline]] inline LineThread& LineRecorder::thread_of(std::uint64_t id) {
    if (current_ != nullptr && current_->id() == id) [[likely]]
        return *current_;
    return meet_thread(id);
}

LineThread& LineRecorder::meet_thread(std::uint64_t id) {
    if (const auto found = threads_.find(id); found != threads_.end()) {
        current_ = found->second.get();
        return *current_;
    }
    if (threads_.size() >= kManyThreads)  // most have died
        std::erase_if(threads_, [this](const auto& entry) {
            if (!entry.second->empty()) return false;
            gone_ = gone_ + off_of(*entry.second);
            return true;
        });
    auto made = std::make_unique<LineThread>(id);
    current_ = (threads_[id] = std::move(made)).get();
    return *current_;
}

[[gnu::always_inline]] inline LineRecorder::Arrival LineRecorder::arrive(
    const LinePlace& place) noexcept {
    Ticks now = now_ticks();
    LineThread& thread = thread_of(place.thread);
    if (now >= thread.look_at || now >= next_pace_check_) [[unlikely]]
        now = look(thread, now);
    thread.look_at = now + kGap;
    return {thread, now};
}

[[gnu::always_inline]] inline void LineRecorder::pay(const Arrival& arrival, LineProbe probe,
                                                     const LinePlace& place) noexcept {
    arrival.thread.pay(costs_[place.compiled ? LineProbe::Compiled : probe]);
}

[[gnu::always_inline]] inline LineActivation* LineRecorder::find(const Arrival& arrival,
                                                                 const LinePlace& place) noexcept {
    if (arrival.thread.empty()) return nullptr;
    LineActivation& top = arrival.thread.top();
    if (top.is_at(place)) [[likely]]
        return &top;
    return find_below(arrival, place);
}

// What is above it on the stack has ended unseen, or its stack of calls was switched away from
// (greenlets): then its next event brings it back.
LineActivation* LineRecorder::find_below(const Arrival& arrival, const LinePlace& place) noexcept {
    LineThread& thread = arrival.thread;
    const auto is_it = [&](const LineActivation& open) { return open.is_at(place); };
    if (std::ranges::none_of(thread.stack(), is_it)) return nullptr;
    while (!thread.empty() && !is_it(thread.top())) pop(arrival);
    return thread.empty() ? nullptr : &thread.top();
}

LineActivation* LineRecorder::push(const Arrival& arrival, const LinePlace& place) noexcept {
    const auto* const known = functions_.find(place.code);
    if (known == nullptr) return nullptr;
    LineBody& body = *known->body;
    const bool switches = !body.switches_on.empty();
    if (counting_ == 0 && !switches) return nullptr;
    for (LineBook* book : body.switches_on) {
        if (book->calls_++ == 0) book->muted_ = false;
        refresh(*book);
    }
    return &arrival.thread.push(place, body, *known->function, switches, arrival.now);
}

LineActivation* LineRecorder::find_or_push(const Arrival& arrival,
                                           const LinePlace& place) noexcept {
    LineActivation* const found = find(arrival, place);
    return found != nullptr ? found : push(arrival, place);
}

void LineRecorder::pop(const Arrival& arrival) noexcept {
    const LineActivation ended = arrival.thread.pop(arrival.now);
    if (!ended.switched) return;
    for (LineBook* book : ended.body->switches_on) {
        --book->calls_;
        refresh(*book);
    }
}

void LineRecorder::entered(const LinePlace& place) noexcept {
    const Arrival arrival = arrive(place);
    pay(arrival, LineProbe::Enter, place);
    // An activation of this very frame has ended unseen: frames are used again.
    if (!arrival.thread.empty() && arrival.thread.top().frame == place.frame) pop(arrival);
    push(arrival, place);
}

void LineRecorder::resumed(const LinePlace& place, int line) noexcept {
    const Arrival arrival = arrive(place);
    pay(arrival, LineProbe::Resume, place);
    LineActivation* const activation = find_or_push(arrival, place);
    if (activation != nullptr) arrival.thread.come_to(*activation, line, arrival.now);
}

void LineRecorder::hit(const LinePlace& place, int line) noexcept {
    const Arrival arrival = arrive(place);
    pay(arrival, LineProbe::Hit, place);
    if (LineActivation* const activation = find_or_push(arrival, place))
        count(arrival, place, *activation, line);
}

// What the line's first instruction loses goes off this line, the probe itself off the one before.
[[gnu::always_inline]] inline void LineRecorder::count(const Arrival& arrival,
                                                       const LinePlace& place,
                                                       LineActivation& activation,
                                                       int line) noexcept {
    arrival.thread.come_to(activation, line, arrival.now);
    if (activation.line == LineActivation::kNoLine) return;
    const auto index = static_cast<std::size_t>(activation.line);
    LineStart start{};
    for (LineAccount* account : activation.function->accounts) {
        LineTotals& totals = account->lines[index];
        start = totals.start;
        if (account->book->counts()) ++totals.hits;
    }
    if (!place.compiled) arrival.thread.pay(costs_.starts[static_cast<std::size_t>(start)]);
}

// Also of a generator that is resumed by throw(), on the line that it yielded from.
LineActivation* LineRecorder::find_thrown(const Arrival& arrival, const LinePlace& place) noexcept {
    if (LineActivation* const activation = find(arrival, place)) return activation;
    const auto thrown = yielded_from_.find(place.frame);
    if (thrown == yielded_from_.end()) return nullptr;
    const int line = thrown->second;
    LineActivation* const activation = push(arrival, place);
    if (activation != nullptr) activation->line = line;
    return activation;
}

void LineRecorder::on_line(const LinePlace& place, int line) noexcept {
    const Arrival arrival = arrive(place);
    LineActivation* activation = find_thrown(arrival, place);
    const bool new_line = activation == nullptr || activation->strayed ||
                          activation->last_line() != line - activation->function->first_line;
    pay(arrival, new_line ? LineProbe::Hit : LineProbe::Mark, place);
    if (activation == nullptr) activation = push(arrival, place);
    if (activation == nullptr) return;
    if (new_line)
        count(arrival, place, *activation, line);
    else if (activation->from != LineActivation::kHere)
        arrival.thread.come_to(*activation, line, arrival.now);
}

void LineRecorder::strayed(const LinePlace& place) noexcept {
    const Arrival arrival = arrive(place);
    pay(arrival, LineProbe::Mark, place);
    if (!arrival.thread.empty() && arrival.thread.top().frame == place.frame)
        arrival.thread.top().strayed = true;
}

void LineRecorder::caught(const LinePlace& place) noexcept {
    const Arrival arrival = arrive(place);
    pay(arrival, LineProbe::Mark, place);
    LineActivation* const activation = find_thrown(arrival, place);
    if (activation != nullptr) activation->caught = activation->last_line();
}

void LineRecorder::raised_again(const LinePlace& place) noexcept {
    const Arrival arrival = arrive(place);
    pay(arrival, LineProbe::Mark, place);
    LineActivation* const activation = find(arrival, place);
    if (activation != nullptr) activation->from = activation->caught;
}

void LineRecorder::left(const LinePlace& place, LineEnd end) noexcept {
    const Arrival arrival = arrive(place);
    pay(arrival, probe_of(end), place);
    if (find(arrival, place) != nullptr) pop(arrival);
}

void LineRecorder::left_out(std::uint64_t id, std::int64_t nanoseconds) noexcept {
    const double seconds = static_cast<double>(nanoseconds) * 1e-9;
    thread_of(id).begin_later(static_cast<Ticks>(seconds / tick_scale().seconds_per_tick()));
}

void LineRecorder::yielded_from(const LinePlace& place) noexcept {
    constexpr std::size_t kMany = 100'000;  // most of these generators are gone
    if (yielded_from_.size() > kMany) yielded_from_.clear();
    LineThread& thread = thread_of(place.thread);
    if (!thread.empty() && thread.top().frame == place.frame)
        yielded_from_[place.frame] = thread.top().line;
}

}  // namespace hone::measure
