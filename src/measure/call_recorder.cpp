// SPDX-License-Identifier: Apache-2.0
#include "measure/call_recorder.h"

#include <algorithm>
#include <limits>

namespace hone::measure {

namespace {

using cpython::definition_of;
using cpython::own;
using cpython::Ref;
using cpython::steal;

// Some 10 ms. A reading takes 2-4 microseconds, so this costs less than a thousandth.
constexpr Ticks kPaceChecksEvery = 20'000'000;

struct ThreadSlot {
    std::uint64_t session = 0;
    CallStack* stack = nullptr;
};
thread_local constinit ThreadSlot slot;

// Marks the thread as gone when the operating system takes it down (without the GIL).
struct ThreadLife {
    std::shared_ptr<std::atomic<bool>> ended = std::make_shared<std::atomic<bool>>(false);
    ~ThreadLife() { ended->store(true, std::memory_order_release); }
};
thread_local ThreadLife life;

std::uint64_t next_session = 1;

}  // namespace

bool CallRecorder::begin(Ticks reference_pace) {
    if (exit_listener_ != nullptr && !find_exits()) return false;
    reference_pace_ = reference_pace;
    pace_ = kReferencePace;
    next_pace_check_ = reference_pace == 0 ? std::numeric_limits<Ticks>::max() : 0;
    session_ = next_session++;
    return true;
}

void CallRecorder::end() noexcept {
    const Ticks now = now_ticks();
    session_ = 0;
    for (const auto& thread : threads_) {
        if (!thread->ended->load(std::memory_order_acquire)) thread->stack.leave_all(now);
        fold(thread->stack, totals_);
    }
    threads_.clear();
}

void CallRecorder::clear() noexcept {
    // Only what is finished: an open session keeps its stacks, and with them its identities.
    totals_.clear();
    if (session_ != 0) return;
    auto doomed = std::move(identities_);  // finalisers may come back to us
    identities_.clear();
}

bool CallRecorder::find_exits() {
    const Ref<> posix = steal(PyImport_ImportModule("posix"));
    if (!posix) return false;
    for (std::size_t i = 0; i < cpython::kEndings.size(); ++i) {
        const Ref<> function = steal(PyObject_GetAttrString(posix.get(), cpython::kEndings[i]));
        if (!function) return false;
        exits_[i] = definition_of(function.get());
    }
    return true;
}

bool CallRecorder::ends_process(const PyMethodDef* definition) const noexcept {
    return std::find(exits_.begin(), exits_.end(), definition) != exits_.end();
}

CallStack& CallRecorder::this_thread() {
    if (slot.session == session_) [[likely]] {
        return *slot.stack;
    }
    return meet_thread();
}

void CallRecorder::check_pace(Ticks now) noexcept {
    next_pace_check_ = now + kPaceChecksEvery;
    const Ticks pace = read_pace() * kReferencePace / reference_pace_;
    pace_ = static_cast<Pace>(std::clamp<Ticks>(pace, kReferencePace / 4, kReferencePace * 8));
    for (const auto& thread : threads_) thread->stack.set_pace(pace_);
}

CallStack& CallRecorder::meet_thread() {
    std::erase_if(threads_, [this](const std::unique_ptr<Thread>& thread) {
        if (!thread->ended->load(std::memory_order_acquire)) return false;
        thread->stack.abandon();
        fold(thread->stack, totals_);
        return true;
    });
    threads_.push_back(std::make_unique<Thread>(CallStack{}, life.ended));
    threads_.back()->stack.set_pace(pace_);
    slot = {session_, &threads_.back()->stack};
    return *slot.stack;
}

void CallRecorder::fold(const CallStack& stack, Totals& into) const {
    for (const CallStack::Function& function : stack.functions()) {
        if (function.totals.calls != 0) into[function.key].add(function.totals);
    }
}

CallStack::Index CallRecorder::meet_code(CallStack& stack, PyCodeObject* code) {
    auto [place, is_new] = identities_.try_emplace(code);
    if (is_new) place->second.keeps = own(reinterpret_cast<PyObject*>(code));
    return stack.add(code, CallKind::Python);
}

CallStack::Index CallRecorder::meet_native(CallStack& stack, PyObject* function) {
    const PyMethodDef* definition = definition_of(function);
    auto [place, is_new] = identities_.try_emplace(definition);
    if (is_new) {
        place->second.kind = CallKind::Native;
        place->second.keeps = cpython::definition_owner(function);
        place->second.name = cpython::native_name(function);
    }
    return stack.add(definition, CallKind::Native);
}

void CallRecorder::python_enter(PyCodeObject* code) noexcept {
    CallStack& stack = this_thread();
    CallStack::Index function = stack.find(code);
    if (function == CallStack::kUnknown) [[unlikely]] {
        function = meet_code(stack, code);
    }
    stack.enter(function);
}

void CallRecorder::python_leave(PyCodeObject* code) noexcept {
    const Ticks now = now_ticks();
    this_thread().leave(code, now);
    keep_pace(now);
}

void CallRecorder::native_enter_py(PyObject* function) noexcept {
    const PyMethodDef* definition = definition_of(function);
    CallStack& stack = this_thread();
    CallStack::Index index = stack.find(definition);
    if (index == CallStack::kUnknown) [[unlikely]] {
        index = meet_native(stack, function);
    }
    stack.enter(index);
    if (ends_process(definition)) [[unlikely]] {
        exit_listener_->before_exit_py();  // may end the session: nothing of it is used after this
    }
}

void CallRecorder::native_leave(PyObject* function) noexcept {
    const Ticks now = now_ticks();
    this_thread().leave(definition_of(function), now);
    keep_pace(now);
}

CallTotals CallRecorder::totals_of(CallStack::Key key) const {
    CallTotals sum;
    if (const auto found = totals_.find(key); found != totals_.end()) sum.add(found->second);
    for (const auto& thread : threads_) {
        const CallStack::Index index = thread->stack.find(key);
        if (index != CallStack::kUnknown) sum.add(thread->stack.functions()[index].totals);
    }
    return sum;
}

std::vector<CallRecorder::Row> CallRecorder::rows() const {
    std::vector<Row> rows;
    for (const auto& [key, identity] : identities_) {
        if (std::find(hidden_.begin(), hidden_.end(), key) != hidden_.end()) continue;
        const CallTotals totals = totals_of(key);
        if (totals.calls != 0) rows.push_back({&identity, totals});
    }
    return rows;
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
