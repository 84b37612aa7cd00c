// SPDX-License-Identifier: Apache-2.0
#include "measure/call_recorder.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "cpython/pause.h"

namespace hone::measure {

namespace {

using cpython::definition_of;
using cpython::own;

constexpr double kLeastPace = 0.25;
constexpr double kMostPace = 8;

std::uint64_t next_session = 1;

// What hone itself calls in the program's threads: no part of the program.
bool is_helper(const PyCodeObject* code) {
    return PyUnicode_CompareWithASCIIString(code->co_filename, cpython::kHelperFile) == 0;
}

}  // namespace

void CallRecorder::begin(const Options& options) {
    options_ = options;
    const bool follow = options.price.pace != 0 && options.follow_pace;
    next_pace_check_ = follow ? 0 : kNoGap;
    gap_ = follow ? kGap : kNoGap;
    price_ = options.price.pace == 0 ? ProbePriceInTicks{} : options.price.at(1, 0);
    owner_thread_ = PyThread_get_thread_ident();
    process_ = getpid();
    number_ = take_number();
    begun_ = now_ticks();
    session_ = next_session++;
}

void CallRecorder::end_py() noexcept {
    const Ticks now = options_.timer != nullptr ? timer_now_py() : now_ticks();
    watched_before_ = watched();
    session_ = 0;
    give_number_back(number_);
    forget_other_processes_threads();
    for (const auto& thread : threads_) {
        if (!thread->ended->load(std::memory_order_acquire)) thread->stack.leave_all(now);
        fold(*thread);
    }
    threads_.clear();
}

// In a forked child only the thread that forked lives on.
void CallRecorder::forget_other_processes_threads() noexcept {
    if (getpid() == process_) return;
    const Thread* mine = nullptr;
    const ThreadSlots& slots = *my_slots;
    if (number_ < slots.count) mine = static_cast<Thread*>(slots.at[number_].state);
    for (const auto& thread : threads_)
        if (thread.get() != mine) thread->stack.abandon();
}

void CallRecorder::clear() noexcept {
    // Only what is finished: an open session keeps its stacks, and with them its identities.
    folded_.clear();
    if (session_ != 0) return;
    watched_before_ = probes_before_ = taken_before_ = compiling_ = 0;
    auto doomed = std::move(identities_);  // finalisers may come back to us
    identities_.clear();
}

void CallRecorder::stand_for(PyObject* function, PyObject* original) {
    stand_in_ = definition_of(function);
    stood_for_ = own(original);
}

Ticks CallRecorder::watched() const noexcept {
    return watched_before_ + (session_ != 0 ? now_ticks() - begun_ : 0);
}

Ticks CallRecorder::probes() const noexcept {
    Ticks sum = probes_before_ - compiling_;
    for (const auto& thread : threads_) sum += thread->stack.removed() - thread->taken_away;
    return sum;
}

Ticks CallRecorder::taken_away() const noexcept {
    Ticks sum = taken_before_;
    for (const auto& thread : threads_) sum += thread->taken_away;
    return sum;
}

void CallRecorder::fold(const Thread& thread) {
    folded_.add(thread.stack);
    probes_before_ += thread.stack.removed() - thread.taken_away;
    taken_before_ += thread.taken_away;
}

// After a gap: what of it others had the processor for goes off what is open, as does this look,
// which the caller takes off. Where there was no gap and the pace is due, kGap stands for it.
void CallRecorder::look(Thread& thread, Ticks now) noexcept {
    const Ticks taken = thread.preemption.within(now - (thread.look_at - kGap), now);
    thread.stack.take_off(taken);
    thread.taken_away += taken;
    if (now >= next_pace_check_) check_pace();
}

void CallRecorder::check_pace() noexcept {
    const double measured =
        static_cast<double>(read_pace()) / static_cast<double>(options_.price.pace);
    const double pace = std::clamp(measured, kLeastPace, kMostPace);
    price_ = options_.price.at(pace, 0);
    for (const auto& thread : threads_)
        thread->stack.set_price(options_.price.at(pace, thread->stack.diversity()));
    // Never before the end of this look, or the next event would pass for one after a gap.
    next_pace_check_ = now_ticks() + kPaceChecksEvery;
}

CallRecorder::Thread* CallRecorder::meet_thread() {
    if (session_ == 0) return nullptr;
    std::erase_if(threads_, [this](const std::unique_ptr<Thread>& thread) {
        if (!thread->ended->load(std::memory_order_acquire)) return false;
        thread->stack.abandon();
        fold(*thread);
        return true;
    });
    Thread* thread = nullptr;
    if (options_.every_thread || PyThread_get_thread_ident() == owner_thread_) {
        threads_.push_back(std::make_unique<Thread>(end_of_this_thread()));
        thread = threads_.back().get();
        thread->look_at = gap_ == kGap ? 0 : kNoGap;
        thread->stack.set_price(price_);
        thread->stack.keep_callers(options_.callers);
    }
    slot_for(number_) = {session_, thread};
    return thread;
}

CallStack::Index CallRecorder::meet_code(CallStack& stack, PyCodeObject* code) {
    if (is_helper(code)) return CallStack::kUnknown;
    auto [place, is_new] = identities_.try_emplace(code);
    if (is_new) {
        place->second.order = identities_.size();
        place->second.keeps = own(reinterpret_cast<PyObject*>(code));
    }
    return stack.add(code);
}

CallStack::Index CallRecorder::meet_native(CallStack& stack, PyObject* function) {
    const PyMethodDef* definition = definition_of(function);
    if (!identities_.contains(definition)) {
        PyObject *type, *value, *traceback;
        PyErr_Fetch(&type, &value, &traceback);
        Identity identity{.native = true,
                          .order = identities_.size() + 1,
                          .keeps = cpython::definition_owner(function),
                          .label = cpython::native_label(function),
                          .qualified = cpython::native_name(function)};
        PyErr_Restore(type, value, traceback);
        identities_.insert_or_assign(definition, std::move(identity));
    }
    return stack.add(definition);
}

Ticks CallRecorder::timer_now_py() noexcept {
    ++timer_depth_;
    const Ticks now = options_.timer->read_py();
    --timer_depth_;
    return now;
}

// The clock is read last, so that finding the edge is billed to the caller's side of the probe.
void CallRecorder::enter_py(Thread& thread, CallStack::Index edge, CallWay way,
                            CallStack::Mark mark) {
    if (edge == CallStack::kUnknown) [[unlikely]]
        return;
    if (options_.timer != nullptr) [[unlikely]] {
        thread.stack.enter_at(edge, timer_now_py(), way, mark);
        return;
    }
    Ticks now = now_ticks();
    if (now >= thread.look_at) [[unlikely]] {
        look(thread, now);
        const Ticks end = now_ticks();
        thread.stack.take_off(end - now);
        thread.taken_away += end - now;
        now = end;
    }
    thread.look_at = next_look(now);
    thread.stack.enter_at(edge, now, way, mark);
}

// `end`: a key, or the mark of a call. The clock is read first.
template <class End>
void CallRecorder::leave_py(End end) {
    const Ticks now = now_ticks();
    Thread* thread = this_thread();
    if (thread == nullptr) return;
    if (options_.timer != nullptr) [[unlikely]] {
        // A call from before is not timed.
        if (thread->stack.depth() != 0) thread->stack.leave(end, timer_now_py());
        return;
    }
    if (now >= thread->look_at) [[unlikely]] {
        look(*thread, now);
        thread->stack.leave(end, now);
        const Ticks after = now_ticks();
        thread->stack.take_off(after - now);
        thread->taken_away += after - now;
        thread->look_at = next_look(after);
        return;
    }
    thread->look_at = next_look(now);
    thread->stack.leave(end, now);
}

CallStack::Index CallRecorder::edge_to(CallStack& stack, PyCodeObject* code) {
    const CallStack::Index edge = stack.find(code);
    return edge == CallStack::kUnknown ? meet_code(stack, code) : edge;
}

void CallRecorder::python_enter_py(PyCodeObject* code, CallWay way) noexcept {
    Thread* thread = this_thread();
    if (thread != nullptr) enter_py(*thread, edge_to(thread->stack, code), way);
}

void CallRecorder::python_leave_py(PyCodeObject* code) noexcept {
    leave_py(Key{code});
}

void CallRecorder::compiled_enter_py(PyCodeObject* code, const void* call) noexcept {
    Thread* thread = this_thread();
    if (thread != nullptr)
        enter_py(*thread, edge_to(thread->stack, code), CallWay::Compiled,
                 static_cast<CallStack::Mark>(call));
}

void CallRecorder::compiled_leave_py(const void* call) noexcept {
    leave_py(static_cast<CallStack::Mark>(call));
}

void CallRecorder::hidden_call_py() noexcept {
    Thread* thread = this_thread();
    if (thread != nullptr && options_.natives) thread->stack.pay(CallWay::Hidden);
}

void CallRecorder::leave_out_py(std::int64_t nanoseconds) noexcept {
    Thread* thread = this_thread();
    if (thread == nullptr || options_.timer != nullptr) return;
    const auto ticks = static_cast<Ticks>(static_cast<double>(nanoseconds) * 1e-9 /
                                          tick_scale().seconds_per_tick());
    thread->stack.take_off(ticks);
    compiling_ += ticks;
}

void CallRecorder::native_enter_py(PyObject* function) noexcept {
    if (!options_.natives) return;
    Thread* thread = this_thread();
    if (thread == nullptr) return;
    function = counted_as(function);
    CallStack::Index edge = thread->stack.find(definition_of(function));
    if (edge == CallStack::kUnknown) [[unlikely]]
        edge = meet_native(thread->stack, function);
    enter_py(*thread, edge, CallWay::Native);
}

void CallRecorder::native_leave_py(PyObject* function) noexcept {
    if (options_.natives) leave_py(Key{definition_of(counted_as(function))});
}

CallTable CallRecorder::table() const {
    CallTable sum = folded_;
    for (const auto& thread : threads_) sum.add(thread->stack);
    return sum;
}

int CallRecorder::traverse(visitproc visit, void* argument) const {
    for (const auto& entry : identities_) {
        if (!entry.second.keeps) continue;
        if (const int status = visit(entry.second.keeps.get(), argument); status != 0)
            return status;
    }
    return 0;
}

}  // namespace hone::measure
