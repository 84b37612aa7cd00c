// SPDX-License-Identifier: Apache-2.0
#include <Python.h>

#include "measure/sampler_rounds.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <unistd.h>

#include "cpython/frame.h"
#include "cpython/helper_thread.h"
#include "cpython/stacks/names.h"

namespace hone::measure {

namespace {

constexpr std::uint32_t kThreadsAnew = 64;  // rounds after which the list is read in any case
constexpr std::uint32_t kNamings = 1000;    // threads that are not threading's get no name

// The one whose stacks are being read; pending calls know nobody else.
Rounds* current = nullptr;

int serve_look(void*) {
    if (current != nullptr) current->look_from_inside();
    return 0;
}

int serve_names(void*) {
    if (current != nullptr) current->name_threads();
    return 0;
}

}  // namespace

Rounds::Rounds(Spool& spool)
    : spool_(spool), codes_(tell_code, this), walker_(memory_, codes_), tree_(spool) {
    current = this;
}

Rounds::~Rounds() {
    current = nullptr;
}

void Rounds::forget() noexcept {
    current = nullptr;
}

void Rounds::tell_code(void* to, cpython::CodeId id, const cpython::CodeText& text) {
    const std::string payload = code_payload(id, text);
    static_cast<Rounds*>(to)->spool_.append({.kind = RecordKind::Code,
                                             .flags = 0,
                                             .thread = 0,
                                             .link = static_cast<std::uint32_t>(text.first_line),
                                             .value = payload.size()},
                                            payload);
}

void Rounds::find_threads() {
    ask_for_names();
    const cpython::Address newest = cpython::newest_thread();
    if (newest == newest_ && rounds_ % kThreadsAnew != 0) return;
    const auto found = cpython::read_threads(memory_);
    if (!found) return;
    newest_ = newest;
    for (Watched& thread : threads_)
        if (std::ranges::count(*found, thread.facts) == 0) thread.gone = true;
    for (const cpython::ThreadFacts& facts : *found) {
        if (std::ranges::count(threads_, facts, &Watched::facts) != 0) continue;
        Watched& thread = threads_.emplace_back();
        thread.facts = facts;
        thread.index = next_index_++;
        naming_at_ = rounds_ + (naming_gap_ = 1);
        spool_.append({.kind = RecordKind::Thread,
                       .flags = 0,
                       .thread = thread.index,
                       .link = static_cast<std::uint32_t>(facts.native_id),
                       .value = facts.identifier});
    }
}

// A thread is there a little earlier than its name, and the main thread may not serve for a while.
void Rounds::ask_for_names() {
    if (rounds_ < naming_at_ || namings_ == kNamings) return;
    if (std::ranges::count(threads_, false, &Watched::named) != 0) {
        ++namings_;
        cpython::call_soon(serve_names);
    }
    naming_gap_ = std::min(naming_gap_ * 2, kThreadsAnew);
    naming_at_ = rounds_ + naming_gap_;
}

void Rounds::round(Nanoseconds at) {
    bool ask = false;
    {
        const std::lock_guard lock(busy_);
        look_at_all(at);
        ask = std::exchange(request_.fresh, false);
    }
    if (ask) cpython::call_soon(serve_look);  // which may be served at once, elsewhere
}

void Rounds::look_at_all(Nanoseconds at) {
    if (started_ == 0) started_ = at;
    spool_.append({.kind = RecordKind::Round,
                   .flags = 0,
                   .thread = 0,
                   .link = rounds_,
                   .value = at - started_});
    const cpython::Address holder = cpython::gil_holder();
    const auto first = std::ranges::find(threads_, holder,
                                         [](const Watched& thread) { return thread.facts.state; });
    if (first != threads_.end()) sample(*first);
    find_threads();
    for (auto thread = threads_.begin(); thread != threads_.end(); ++thread)
        if (thread != first || !thread->sampled) sample(*thread);
    for (const Watched& thread : threads_)
        if (thread.gone)
            spool_.append({.kind = RecordKind::Gone,
                           .flags = 0,
                           .thread = thread.index,
                           .link = 0,
                           .value = thread.cpu});
    threads_.remove_if([](const Watched& thread) { return thread.gone; });
    ++rounds_;
    spool_.publish();
}

std::uint8_t Rounds::gil_flags(const Watched& thread) const noexcept {
    if (cpython::gil_holder() != thread.facts.state) return 0;
    return kHeldGil | (cpython::collects_garbage() ? kCollected : 0);
}

// `cpu` is its clock, read just now.
Rounds::Look Rounds::look_at(Watched& thread, Nanoseconds cpu) {
    memory_.forget();
    if (cpython::read_thread(memory_, thread.facts.state) != thread.facts) return Look::Gone;
    const cpython::GilStay before = cpython::gil_stay();
    const cpython::Walk walk = walker_.walk(thread.facts.state, stack_);
    const std::uint8_t flags = gil_flags(thread);
    // Without the GIL it may run in C code, on a processor that we were not let to, but not go on
    // in Python.
    const bool without_gil = before.last != thread.facts.state && cpython::gil_stay() == before;
    const bool still = without_gil || cpu_time_of(thread.facts.native_id) == cpu;
    if (walk == cpython::Walk::Torn || !still) {
        codes_.drop();
        return still ? Look::Torn : Look::Ran;
    }
    codes_.keep();
    note_seen(thread, cpu, flags);
    return Look::Seen;
}

// Nothing: there is no reason to ask, or no answer.
std::optional<native::Stacks::Answer> Rounds::look_native(Watched& thread, Nanoseconds cpu) {
    if (!natives_ || !(stack_.in_native_call || stack_.in_operation || stack_.native_entry))
        return std::nullopt;
    const auto again = [&]() -> const cpython::Stack* {
        memory_.forget();
        const cpython::Walk walk = walker_.walk(thread.facts.state, again_);
        codes_.drop();
        return walk == cpython::Walk::Whole ? &again_ : nullptr;
    };
    const auto answer =
        natives_->look(thread.facts.native_id, cpu, thread.readiness, stack_, again);
    return answer.end == native::End::Lost ? std::nullopt : std::optional(answer);
}

std::uint8_t Rounds::flags_of_stack(
    const std::optional<native::Stacks::Answer>& below) const noexcept {
    const bool native = below ? !below->frames.empty() : stack_.in_native_call;
    const bool compiled =
        stack_.paused || (stack_.native_entry && below && below->end == native::End::Generated);
    return static_cast<std::uint8_t>((native ? kInNative : 0) | (compiled ? kCompiled : 0) |
                                     (stack_.cut ? kCut : 0));
}

void Rounds::note_seen(Watched& thread, Nanoseconds cpu, std::uint8_t flags) {
    const auto below = look_native(thread, cpu);
    thread.flags = static_cast<std::uint8_t>(flags | kRan | flags_of_stack(below));
    thread.node = tree_.node_of(stack_.frames, thread.path);
    if (below) thread.node = tree_.below(thread.node, below->frames);
    thread.cpu = cpu;
    thread.sampled = true;
    if (thread.facts.native_id == getpid()) {
        request_.mark = 0;  // it ran and came to no such place: what was seen last time stays
        // What is called is not to be put below what compiled code will show later.
        const bool known =
            below && (below->end == native::End::Evaluator || !below->frames.empty());
        if (stack_.native_entry && !known) ask_inside(thread);
    }
    write(thread);
}

// Its clock stands where it stood: so does its stack.
void Rounds::note_still(Watched& thread) {
    const auto flags = static_cast<std::uint8_t>((thread.flags & ~(kRan | kHeldGil | kCollected)) |
                                                 gil_flags(thread));
    if (flags == thread.flags) return;
    thread.flags = flags;
    write(thread);
}

void Rounds::write(const Watched& thread) {
    spool_.append({.kind = RecordKind::Sample,
                   .flags = thread.flags,
                   .thread = thread.index,
                   .link = thread.node,
                   .value = thread.cpu});
}

void Rounds::sample(Watched& thread) {
    if (thread.gone) return;
    const cpython::ThreadFacts& facts = thread.facts;
    const auto cpu = cpu_time_of(facts.native_id);
    if (!cpu) {
        thread.gone = true;
        return;
    }
    if (thread.sampled && *cpu == thread.cpu) return note_still(thread);
    switch (look_at(thread, *cpu)) {
        case Look::Seen:
            return;
        case Look::Gone:
            thread.gone = true;
            return;
        case Look::Torn:
            ++torn_;
            return put_off(thread);
        case Look::Ran:
            return put_off(thread);
    }
}

// It runs on another processor. Who comes there now would meet it where it next enters the kernel,
// since that is when it gives way (PREEMPT_LAZY): the timer there interrupts it anywhere.
void Rounds::put_off(const Watched& thread) {
    const cpython::ThreadFacts& facts = thread.facts;
    if (const auto processor = processor_of(facts.native_id, facts.identifier))
        place_.go_to(*processor);
    spool_.append(
        {.kind = RecordKind::Later, .flags = 0, .thread = thread.index, .link = 0, .value = 0});
}

// Compiled code makes frames when it needs them and positions when they change; where it asks the
// interpreter whether there is something to do, both are as in the interpreter.
void Rounds::ask_inside(const Watched& thread) {
    request_ = {.mark = spool_.next(), .flags = thread.flags, .fresh = true};
}

void Rounds::look_from_inside() noexcept {
    const std::unique_lock lock(busy_, std::try_to_lock);
    if (!lock || request_.mark == 0) return;
    memory_.forget();
    const auto own = reinterpret_cast<cpython::Address>(cpython::current_thread());
    const bool whole = walker_.walk(own, stack_) == cpython::Walk::Whole;
    if (whole && stack_.paused) {  // else it was interpreted: it may have gone on since it was seen
        codes_.keep();
        StackPath path;
        spool_.amend(request_.mark, tree_.node_of(stack_.frames, path),
                     static_cast<std::uint8_t>((request_.flags & ~kInNative) | kCompiled));
        spool_.publish();
    } else {
        codes_.drop();
    }
    request_.mark = 0;
}

void Rounds::note_cost(Nanoseconds cost, std::uint32_t wakings) {
    const std::lock_guard lock(busy_);
    spool_.append(
        {.kind = RecordKind::Cost, .flags = 0, .thread = 0, .link = wakings, .value = cost});
    spool_.append({.kind = RecordKind::Torn, .flags = 0, .thread = 0, .link = torn_, .value = 0});
    const native::Totals native = native_totals();
    spool_.append({.kind = RecordKind::Asked,
                   .flags = 0,
                   .thread = 0,
                   .link = native.wanted,
                   .value = native.had});
    spool_.publish();
}

void Rounds::name_threads() noexcept {
    const auto names = cpython::names_of_threads();
    const std::lock_guard lock(busy_);
    for (const auto& [identifier, name] : names) {
        const auto thread = std::ranges::find(
            threads_, identifier, [](const Watched& watched) { return watched.facts.identifier; });
        if (thread == threads_.end() || thread->named) continue;
        thread->named = true;
        spool_.append({.kind = RecordKind::Name,
                       .flags = 0,
                       .thread = thread->index,
                       .link = 0,
                       .value = name.size()},
                      name);
    }
    spool_.publish();
}

}  // namespace hone::measure
