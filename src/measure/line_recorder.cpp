// SPDX-License-Identifier: Apache-2.0
#include "measure/line_recorder.h"

#include <algorithm>
#include <ranges>

#include "cpython/bytecode/location_table.h"
#include "measure/line_costs.h"
#include "measure/pace.h"

namespace hone::measure {

namespace {

using cpython::LinePlace;
using cpython::Ref;

constexpr std::size_t kManyThreads = 64;

template <class T>
bool contains(const std::vector<T*>& all, T* one) {
    return std::find(all.begin(), all.end(), one) != all.end();
}

}  // namespace

// ---- books

LineBook::~LineBook() {
    LineRecorder::instance().remove(*this);
}

Ref<PyCodeObject> LineBook::add(PyCodeObject* code, bool switches_on) {
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

LineBook::Span LineBook::span() const noexcept {
    Ticks ticks = on_for_, spent = spent_;
    if (counts_) {
        ticks += now_ticks() - on_since_;
        spent += LineRecorder::instance().spent() - spent_before_;
    }
    return {static_cast<double>(ticks), static_cast<double>(spent) / kReferencePace};
}

std::uint64_t LineBook::hits() const noexcept {
    std::uint64_t sum = 0;
    for (const auto& account : accounts_)
        for (const LineTotals& line : account->lines) sum += line.hits;
    return sum;
}

// ---- choosing

// Never destroyed: events may come while the interpreter ends.
LineRecorder& LineRecorder::instance() {
    static LineRecorder& the_recorder = *new LineRecorder;
    return the_recorder;
}

LineFunction* LineRecorder::meet(PyCodeObject* code) {
    if (const auto known = known_.find(code); known != known_.end()) return known->second.function;
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
    auto made = std::make_unique<LineFunction>();
    made->original = Ref<PyCodeObject>::own(code);
    made->number = next_number_++;
    made->first_line = first;
    made->lines = static_cast<std::size_t>(last - first + 1);
    return (functions_[code] = std::move(made)).get();
}

LineBody* LineRecorder::new_body(LineFunction& function, Ref<PyCodeObject> code,
                                 std::vector<LineBook*> switches_on) {
    if (!code || (events_.on() && !events_.watch(code.get()))) return nullptr;
    auto made = std::make_unique<LineBody>(LineBody{std::move(code), {}, std::move(switches_on)});
    known_[made->code.get()] = {&function, made.get()};
    return function.bodies.emplace_back(std::move(made)).get();
}

LineBody* LineRecorder::body_for(LineFunction& function, PyCodeObject* code,
                                 std::vector<LineBook*> switches_on) {
    for (const auto& body : function.bodies)
        if (body->switches_on == switches_on) return body.get();
    const bool as_it_is = switches_on.empty() && cpython::LineEvents::kWatchesAnyCode;
    return new_body(function,
                    as_it_is ? Ref<PyCodeObject>::own(code)
                             : cpython::LineEvents::copy(function.original.get()),
                    std::move(switches_on));
}

Ref<PyCodeObject> LineRecorder::add(LineBook& book, PyCodeObject* code, bool switches_on) {
    if (switches_on && !start()) return {};
    LineFunction* const function = meet(code);
    if (function == nullptr) return {};
    const auto known = known_.find(code);
    LineBody* body = known == known_.end() ? nullptr : known->second.body;
    std::vector<LineBook*> switches;
    if (body != nullptr) switches = body->switches_on;
    if (switches_on && !contains(switches, &book)) {
        switches.push_back(&book);
        body = nullptr;
    }
    if (body == nullptr) body = body_for(*function, code, std::move(switches));
    if (body == nullptr) return {};
    if (!contains(books_, &book)) books_.push_back(&book);
    const auto has = [&](const LineAccount* account) { return account->book == &book; };
    if (std::ranges::none_of(function->accounts, has)) {
        book.accounts_.push_back(std::make_unique<LineAccount>(
            &book, function, std::vector<LineTotals>(function->lines)));
        function->accounts.push_back(book.accounts_.back().get());
    }
    return Ref<PyCodeObject>::own(body->code.get());
}

bool LineRecorder::runs_as(PyCodeObject* chosen, PyCodeObject* prepared) {
    const auto known = known_.find(chosen);
    if (known == known_.end() || known_.contains(prepared)) return true;
    if (events_.on() && !events_.watch(prepared)) return false;
    known->second.body->prepared = Ref<PyCodeObject>::own(prepared);
    known_[prepared] = known->second;
    return true;
}

void LineRecorder::forget(LineFunction& function) noexcept {
    for (const auto& body : function.bodies) {
        for (PyCodeObject* const code : {body->code.get(), body->prepared.get()}) {
            if (code == nullptr) continue;
            events_.unwatch(code);
            known_.erase(code);
        }
    }
    // Codes die last: that may run Python.
    const auto node = functions_.extract(function.original.get());
}

void LineRecorder::remove(LineBook& book) noexcept {
    book.asked_ = false;
    abandon_all();
    std::erase(books_, &book);
    for (const auto& account : book.accounts_) {
        LineFunction& function = *account->function;
        std::erase(function.accounts, account.get());
        for (const auto& body : function.bodies) std::erase(body->switches_on, &book);
        if (function.accounts.empty()) forget(function);
    }
    stop_if_idle();
}

// ---- on and off

bool LineRecorder::start() {
    if (events_.on()) return true;
    if (!events_.start(*this)) return false;
    for (const auto& code : known_codes()) {
        if (events_.watch(code.get())) continue;
        events_.stop();
        return false;
    }
    if (price_.pace != 0 || calibrating_) return true;
    calibrating_ = true;
    LinePrice price;
    const bool measured = measure_line_price(price);
    calibrating_ = false;
    if (measured) {
        price_ = price;
        check_pace(now_ticks());
        return true;
    }
    events_.stop();
    return false;
}

// Apart from the table: what is done with them may run Python, which may change it.
std::vector<Ref<PyCodeObject>> LineRecorder::known_codes() const {
    std::vector<Ref<PyCodeObject>> codes;
    for (const auto& entry : known_) codes.push_back(Ref<PyCodeObject>::own(entry.first));
    return codes;
}

bool LineRecorder::is_wanted() const noexcept {
    if (calibrating_) return true;
    if (std::ranges::any_of(books_, [](const LineBook* book) { return book->on(); })) return true;
    for (const auto& entry : known_)
        if (!entry.second.body->switches_on.empty()) return true;
    return false;
}

void LineRecorder::stop_if_idle() noexcept {
    if (!events_.on() || is_wanted()) return;
    for (const auto& code : known_codes()) events_.unwatch(code.get());
    events_.stop();
}

bool LineRecorder::enable(LineBook& book) {
    if (!contains(books_, &book)) books_.push_back(&book);
    if (!start()) return false;
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

// Lets counts_ follow on().
void LineRecorder::refresh(LineBook& book) noexcept {
    if (book.counts_ == book.on()) return;
    settle();
    book.counts_ = book.on();
    const Ticks now = now_ticks();
    if (book.counts_) {
        ++counting_;
        book.on_since_ = now;
        book.spent_before_ = spent_;
        return;
    }
    --counting_;
    book.on_for_ += now - book.on_since_;
    book.spent_ += spent_ - book.spent_before_;
    const auto in_call = [](const LineBook* other) { return other->calls_ > 0; };
    if (counting_ == 0 && std::ranges::none_of(books_, in_call)) abandon_all();
}

void LineRecorder::settle() noexcept {
    if (counting_ == 0) return;
    const Ticks now = now_ticks();
    for (const auto& entry : threads_) {
        Thread& thread = *entry.second;
        for (const int newest : thread.newest)
            if (newest >= 0) credit(thread, thread.stack[static_cast<std::size_t>(newest)], now);
    }
}

// What is open is credited and forgotten; its next event brings it back.
void LineRecorder::abandon_all() noexcept {
    settle();
    for (const auto& entry : threads_) {
        for (const Activation& open : entry.second->stack)
            if (open.switched)
                for (LineBook* book : open.body->switches_on) --book->calls_;
        entry.second->stack.clear();
        std::ranges::fill(entry.second->newest, -1);
    }
    for (LineBook* book : books_) refresh(*book);
}

void LineRecorder::set_compiled_price(double ticks) noexcept {
    if (price_.pace == 0) return;
    const double slower = static_cast<double>(read_pace()) / static_cast<double>(price_.pace);
    double& price = price_.of[static_cast<std::size_t>(LineProbe::Compiled)];
    price = std::max(ticks / slower, 0.0);
    check_pace(now_ticks());
}

// ---- events

[[gnu::always_inline]] inline LineRecorder::Thread& LineRecorder::thread_of(std::uint64_t id) {
    if (current_ != nullptr && current_->id == id) [[likely]]
        return *current_;
    return meet_thread(id);
}

LineRecorder::Thread& LineRecorder::meet_thread(std::uint64_t id) {
    if (const auto found = threads_.find(id); found != threads_.end()) {
        current_ = found->second.get();
        return *current_;
    }
    if (threads_.size() >= kManyThreads)  // most have died
        std::erase_if(threads_, [](const auto& entry) { return entry.second->stack.empty(); });
    auto made = std::make_unique<Thread>();
    made->id = id;
    current_ = (threads_[id] = std::move(made)).get();
    return *current_;
}

void LineRecorder::check_pace(Ticks now) noexcept {
    next_pace_check_ = now + kPaceChecksEvery;
    if (price_.pace == 0) return;
    const Ticks pace =
        std::clamp<Ticks>(read_pace() * kReferencePace / price_.pace, kReferencePace / 4,
                          kReferencePace * 3);  // beyond it the look was disturbed
    for (std::size_t i = 0; i < kLineProbes; ++i)
        costs_[i] = static_cast<Ticks>(price_.of[i] * static_cast<double>(pace));
}

[[gnu::always_inline]] inline void LineRecorder::pay(Thread& thread, LineProbe probe,
                                                     const LinePlace& place, Ticks now) noexcept {
    const Ticks cost =
        costs_[static_cast<std::size_t>(place.compiled ? LineProbe::Compiled : probe)];
    thread.spent += cost;
    spent_ += cost;
    if (now >= next_pace_check_) [[unlikely]]
        check_pace(now);
}

[[gnu::always_inline]] inline void LineRecorder::credit(Thread& thread, Activation& activation,
                                                        Ticks now) noexcept {
    if (activation.line != kNoLine) {
        const Ticks ticks = std::max<Ticks>(now - activation.since, 0);
        // A price that is wrong for the moment never makes what was measured less than nothing.
        const Ticks probes = std::min(thread.spent - activation.spent, ticks * kReferencePace);
        for (LineAccount* account : activation.function->accounts) {
            if (!account->book->counts_) continue;
            LineTotals& line = account->lines[static_cast<std::size_t>(activation.line)];
            line.ticks += ticks;
            line.probes += probes;
        }
    }
    activation.since = now;
    activation.spent = thread.spent;
}

[[gnu::always_inline]] inline LineRecorder::Activation* LineRecorder::find(Thread& thread,
                                                                           const LinePlace& place,
                                                                           Ticks now) noexcept {
    if (thread.stack.empty()) return nullptr;
    Activation& top = thread.stack.back();
    if (top.frame == place.frame && top.code == place.code) [[likely]]
        return &top;
    return find_below(thread, place, now);
}

// What is above it on the stack has ended unseen, or its stack of calls was switched away from
// (greenlets): then its next event brings it back.
LineRecorder::Activation* LineRecorder::find_below(Thread& thread, const LinePlace& place,
                                                   Ticks now) noexcept {
    auto& stack = thread.stack;
    const auto is_it = [&](const Activation& open) {
        return open.frame == place.frame && open.code == place.code;
    };
    if (std::ranges::none_of(stack, is_it)) return nullptr;
    while (!stack.empty() && !is_it(stack.back())) pop(thread, now);
    return stack.empty() ? nullptr : &stack.back();
}

LineRecorder::Activation* LineRecorder::push(Thread& thread, const LinePlace& place,
                                             Ticks now) noexcept {
    const auto known = known_.find(place.code);
    if (known == known_.end()) return nullptr;
    LineBody& body = *known->second.body;
    const bool switches = !body.switches_on.empty();
    if (counting_ == 0 && !switches) return nullptr;
    for (LineBook* book : body.switches_on) {
        if (book->calls_++ == 0) book->muted_ = false;
        refresh(*book);
    }
    LineFunction& function = *known->second.function;
    if (thread.newest.size() <= function.number) thread.newest.resize(next_number_, -1);
    int& newest = thread.newest[function.number];
    if (newest >= 0) credit(thread, thread.stack[static_cast<std::size_t>(newest)], now);
    thread.stack.push_back({.frame = place.frame,
                            .code = place.code,
                            .body = &body,
                            .function = &function,
                            .switched = switches,
                            .below = newest,
                            .since = now,
                            .spent = thread.spent});
    newest = static_cast<int>(thread.stack.size()) - 1;
    return &thread.stack.back();
}

LineRecorder::Activation* LineRecorder::find_or_push(Thread& thread, const LinePlace& place,
                                                     Ticks now) noexcept {
    Activation* const found = find(thread, place, now);
    return found != nullptr ? found : push(thread, place, now);
}

void LineRecorder::pop(Thread& thread, Ticks now) noexcept {
    credit(thread, thread.stack.back(), now);
    const Activation ended = thread.stack.back();
    thread.stack.pop_back();
    thread.newest[ended.function->number] = ended.below;
    if (ended.below >= 0) {
        Activation& goes_on = thread.stack[static_cast<std::size_t>(ended.below)];
        goes_on.since = now;
        goes_on.spent = thread.spent;
    }
    if (!ended.switched) return;
    for (LineBook* book : ended.body->switches_on) {
        --book->calls_;
        refresh(*book);
    }
}

[[gnu::always_inline]] inline void LineRecorder::come_to(Thread& thread, Activation& activation,
                                                         int line, Ticks now) noexcept {
    credit(thread, activation, now);
    const int index = line - activation.function->first_line;
    if (index < 0 || static_cast<std::size_t>(index) >= activation.function->lines) return;
    activation.line = index;
    activation.from = kHere;
    activation.strayed = false;
}

void LineRecorder::entered(const LinePlace& place) noexcept {
    const Ticks now = now_ticks();
    Thread& thread = thread_of(place.thread);
    pay(thread, LineProbe::Enter, place, now);
    // An activation of this very frame has ended unseen: frames are used again.
    if (!thread.stack.empty() && thread.stack.back().frame == place.frame) pop(thread, now);
    push(thread, place, now);
}

void LineRecorder::resumed(const LinePlace& place, int line) noexcept {
    const Ticks now = now_ticks();
    Thread& thread = thread_of(place.thread);
    pay(thread, LineProbe::Enter, place, now);
    Activation* const activation = find_or_push(thread, place, now);
    if (activation != nullptr) come_to(thread, *activation, line, now);
}

void LineRecorder::hit(const LinePlace& place, int line) noexcept {
    const Ticks now = now_ticks();
    Thread& thread = thread_of(place.thread);
    pay(thread, LineProbe::Hit, place, now);
    Activation* const activation = find_or_push(thread, place, now);
    if (activation == nullptr) return;
    come_to(thread, *activation, line, now);
    if (activation->line == kNoLine) return;
    for (LineAccount* account : activation->function->accounts)
        if (account->book->counts_)
            ++account->lines[static_cast<std::size_t>(activation->line)].hits;
}

// Also of a generator that is resumed by throw(), on the line that it yielded from.
LineRecorder::Activation* LineRecorder::find_thrown(Thread& thread, const LinePlace& place,
                                                    Ticks now) noexcept {
    if (Activation* const activation = find(thread, place, now)) return activation;
    const auto thrown = yielded_from_.find(place.frame);
    if (thrown == yielded_from_.end()) return nullptr;
    const int line = thrown->second;
    Activation* const activation = push(thread, place, now);
    if (activation != nullptr) activation->line = line;
    return activation;
}

void LineRecorder::on_line(const LinePlace& place, int line) noexcept {
    Thread& thread = thread_of(place.thread);
    const Ticks now = now_ticks();
    Activation* const activation = find_thrown(thread, place, now);
    const int index = activation == nullptr ? kNoLine : line - activation->function->first_line;
    if (activation == nullptr || activation->strayed || last_line(*activation) != index)
        hit(place, line);
    else if (activation->from != kHere)
        come_to(thread, *activation, line, now);
}

void LineRecorder::strayed(const LinePlace& place) noexcept {
    Thread& thread = thread_of(place.thread);
    if (!thread.stack.empty() && thread.stack.back().frame == place.frame)
        thread.stack.back().strayed = true;
}

void LineRecorder::caught(const LinePlace& place) noexcept {
    Activation* const activation = find_thrown(thread_of(place.thread), place, now_ticks());
    if (activation != nullptr) activation->caught = last_line(*activation);
}

void LineRecorder::raised_again(const LinePlace& place) noexcept {
    Activation* const activation = find(thread_of(place.thread), place, now_ticks());
    if (activation != nullptr) activation->from = activation->caught;
}

void LineRecorder::left(const LinePlace& place) noexcept {
    const Ticks now = now_ticks();
    Thread& thread = thread_of(place.thread);
    pay(thread, LineProbe::Leave, place, now);
    if (find(thread, place, now) != nullptr) pop(thread, now);
}

// What runs in this thread began later by so much.
void LineRecorder::left_out(std::uint64_t id, std::int64_t nanoseconds) noexcept {
    const double ticks = static_cast<double>(nanoseconds) * 1e-9 / tick_scale().seconds_per_tick();
    Thread& thread = thread_of(id);
    for (const int newest : thread.newest)
        if (newest >= 0)
            thread.stack[static_cast<std::size_t>(newest)].since += static_cast<Ticks>(ticks);
}

void LineRecorder::yielded(const LinePlace& place) noexcept {
    constexpr std::size_t kMany = 100'000;  // most of these generators are gone
    if (yielded_from_.size() > kMany) yielded_from_.clear();
    const Thread& thread = thread_of(place.thread);
    if (!thread.stack.empty() && thread.stack.back().frame == place.frame)
        yielded_from_[place.frame] = thread.stack.back().line;
    left(place);
}

}  // namespace hone::measure
