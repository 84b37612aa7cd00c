// SPDX-License-Identifier: Apache-2.0
#include "engine/engine.h"

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <utility>

#include "cpython/exits.h"
#include "cpython/frame.h"
#include "cpython/guards.h"
#include "cpython/layout.h"
#include "cpython/portable.h"
#include "cpython/stack.h"
#include "cpython/tools.h"
#include "engine/activations.h"
#include "engine/announce.h"
#include "engine/facts.h"
#include "engine/loops.h"
#include "engine/places.h"

namespace hone::engine {
namespace {

constexpr std::uint32_t kMaxCompiles = 12;
constexpr std::uint32_t kTicksBeforeCall = 3;  // 15 ms of CPU time in its loops
constexpr std::uint64_t kExitsBeforeRecompile = 20;
constexpr std::uint64_t kCallsBeforeJudging = 500;

std::vector<Code*>& codes() {
    static std::vector<Code*> all;
    return all;
}

// Of a Python class; 0 for builtin types.
std::uint32_t class_version(PyTypeObject* type) {
    return (type->tp_flags & Py_TPFLAGS_HEAPTYPE) != 0 ? cpython::assign_type_version(type) : 0;
}

// Types seen at the cold calls: what differs is Unknown from then on.
void sample_arguments(Code& code, cpython::Frame* frame) {
    PyCodeObject* const original = code.original();
    const auto n = static_cast<std::size_t>(original->co_argcount + original->co_kwonlyargcount);
    const bool first = code.types.size() != n || code.calls <= 1;
    if (first) code.types.assign(n, ir::TypeKind::Unknown), code.classes.assign(n, 0);
    for (std::size_t i = 0; i < n; ++i) {
        PyObject* const argument = cpython::frame_local(frame, static_cast<std::uint32_t>(i));
        const auto kind =
            argument != nullptr ? cpython::type_kind(Py_TYPE(argument)) : ir::TypeKind::Unknown;
        code.types[i] = first || code.types[i] == kind ? kind : ir::TypeKind::Unknown;
        const std::uint32_t version = argument != nullptr ? class_version(Py_TYPE(argument)) : 0;
        code.classes[i] = first || code.classes[i] == version ? version : 0;
    }
}

// A few calls of a function with long loops are as good as many of another: 60 calls of a
// stencil over 10,000 points took 75 ms. Its loops have specialised its bytecode.
bool loops_long(const Code& code) {
    return code.ticks >= kTicksBeforeCall && settings().threshold <= Settings::kThreshold;
}

template <bool kPlaced>
PyObject* run(Code& code, cpython::Frame* frame, PyThreadState* thread, std::uint64_t limit) {
    Version* const version = code.current();
    auto* const function = reinterpret_cast<PyFunctionObject*>(cpython::frame_function(frame));
    if (function->func_globals != version->globals || function->func_builtins != version->builtins)
        return cpython::declined();
    if constexpr (kPlaced) return run_placed(*version, frame, thread, limit);
    root.stack_limit = limit;
    ++version->active;
    PyObject* const result = version->body(frame, thread);
    --version->active;
    return result;
}

// Does this call run compiled while it is compared with the interpreter?
bool takes_part(Code& code, cpython::Frame* frame, PyThreadState* thread) {
    const bool compiled = code.contest->runs_compiled(frame, thread);
    const Contest::Verdict verdict = code.contest->verdict();
    if (verdict == Contest::Verdict::Open) return compiled;
    code.ratio = code.contest->ratio();
    code.contest.reset();
    if (verdict == Contest::Verdict::Interpreted) {
        set_state(code, State::Interpreted);
        char text[64];
        std::snprintf(text, sizeof text, "compiled code was not faster (%.2fx)", code.ratio);
        code.reason = text;
    }
    return compiled;
}

// `kShown`: somebody watches the calls of compiled functions (watch.h). `kPlaced`: versions tell
// where they are (places.h).
template <bool kShown, bool kPlaced>
PyObject* enter(cpython::Entry* entry, cpython::Frame* frame, PyThreadState* thread) {
    Code& code = *static_cast<Code*>(entry->owner);
    const std::uint64_t limit = cpython::stack_limit(thread);
    if (reinterpret_cast<std::uint64_t>(__builtin_frame_address(0)) < limit)
        return cpython::declined();
    const bool watched = cpython::tools_active != 0;
    if (watched && cpython::foreign_tool_on()) return cpython::declined();
    ++code.calls;
    if (code.state == State::Compiled) {
        if (code.contest && !watched && !takes_part(code, frame, thread)) [[unlikely]]
            return cpython::declined();
        if constexpr (kShown) show_call(code, frame);
        return run<kPlaced>(code, frame, thread, limit);
    }
    if (code.state == State::Interpreted) {
        // For good: from the next call on, the prologue is one forward jump.
        cpython::switch_prologue(entry, false);
        return cpython::declined();
    }
    sample_arguments(code, frame);
    const bool hot = code.calls > settings().threshold || loops_long(code);
    if (!hot && code.versions.empty()) return cpython::declined();
    auto* const function = reinterpret_cast<PyFunctionObject*>(cpython::frame_function(frame));
    compile(code, function->func_globals, function->func_builtins);
    if (code.state != State::Compiled) return cpython::declined();
    if constexpr (kShown) show_call(code, frame);
    return run<kPlaced>(code, frame, thread, limit);
}

PyObject* decline(cpython::Entry*, cpython::Frame*, PyThreadState*) {
    return cpython::declined();
}

void release(void* owner) {
    Code* const code = static_cast<Code*>(owner);
    forget_loops(*code);
    std::erase(codes(), code);
    delete code;
}

cpython::Ref<cpython::Entry> entry_for(PyCodeObject* original) {
    auto entry = cpython::make_entry(original);
    if (!entry) return entry;
    auto code = std::make_unique<Code>();
    code->entry = entry.get();
    codes().push_back(code.get());
    entry->owner = code.release();
    choose_entry(*static_cast<Code*>(entry->owner));
    return entry;
}

}  // namespace

Settings& settings() {
    static Settings current;
    return current;
}

Result<void> start() {
    const auto layout = cpython::read_layout();
    if (!layout) return fail(layout.error().reason);
    cpython::set_entry_release(&release);
    if (auto made = cpython::start_trampolines(); !made) return made;
    if (auto watched = cpython::watch_tools(); !watched) return watched;
    start_loops();
    start_announcing();
    return cpython::start_guards();
}

void stop() {
    stop_loops();
    std::vector<std::unique_ptr<Version>>
        dying;  // their objects' finalisers may prepare or run code
    // Direct calls are not counted: below an active version, any other may be active too.
    const bool inside = std::ranges::any_of(codes(), [](const Code* code) {
        const auto active = [](const auto& version) { return version->active != 0; };
        return std::ranges::any_of(code->versions, active) ||
               std::ranges::any_of(code->loops, [&](const Loop& loop) {
                   return std::ranges::any_of(loop.versions, active);
               });
    });
    for (Code* const code : codes()) {
        close_entry(*code);
        if (inside) continue;
        std::ranges::move(std::exchange(code->versions, {}), std::back_inserter(dying));
        for (Loop& loop : code->loops)
            std::ranges::move(std::exchange(loop.versions, {}), std::back_inserter(dying));
    }
}

cpython::Ref<PyCodeObject> prepare(PyCodeObject* code, const Selector& select) {
    const std::size_t before = codes().size();
    auto prepared = cpython::prepare_tree(code, [&](PyCodeObject* original) {
        return select(original) ? entry_for(original) : cpython::Ref<cpython::Entry>();
    });
    const std::vector<Code*> fresh(
        codes().begin() + static_cast<std::ptrdiff_t>(std::min(before, codes().size())),
        codes().end());
    for (Code* const one : fresh) expect_loops(*one);
    return prepared;
}

void choose_entry(Code& code) {
    if (code.entry->call == &decline) return;  // for good
    code.entry->call = watched_now().places
                           ? (watching() ? &enter<true, true> : &enter<false, true>)
                           : (watching() ? &enter<true, false> : &enter<false, false>);
}

void close_entry(Code& code) {
    code.entry->call = &decline;
    code.target.direct = nullptr;
}

const std::vector<Code*>& all_codes() {
    return codes();
}

Code* code_of(PyCodeObject* code) {
    cpython::Entry* const entry = cpython::entry_of(code);
    return entry != nullptr ? static_cast<Code*>(entry->owner) : nullptr;
}

// An exit that is taken often: the next compile does without what it rested on. Where there is
// nothing to do without, and most calls leave, compiled code is of no use.
void count_exit(Version& version, std::size_t row_number) {
    Code& code = *version.code;
    ++code.exits;
    if (version.loop) return count_loop_exit(version, row_number);
    if (settings().exits != compiler::ForcedExits::None || &version != code.current()) return;
    const ir::ExitRow& row = version.made.exits[row_number];
    const auto assumption = static_cast<ir::Assumption>(row.guard);
    if (++version.exits[row_number] < kExitsBeforeRecompile || row.kind != ir::ExitKind::Resume)
        return;
    // Inlined code that leaves for want of an operation can do without the inlining.
    const bool inlined = row.frames.size() > 1;
    if (assumption == ir::Assumption::None && !inlined) {
        const std::uint64_t calls = code.all_calls();
        if (calls < kCallsBeforeJudging || version.exits[row_number] * 2 < calls) return;
        set_state(code, State::Interpreted);
        code.reason = "compiled code leaves at most calls: " + row.reason;
        return;
    }
    code.broken.insert(
        {row.frames.front().resume, inlined ? ir::Assumption::Identity : assumption});
    set_state(code, State::Cold);
    if (code.compiles < kMaxCompiles) return;
    set_state(code, State::Interpreted);
    code.reason = "its types keep changing: " + row.reason;
}

}  // namespace hone::engine
