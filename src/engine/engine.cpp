// SPDX-License-Identifier: Apache-2.0
#include "engine/engine.h"

#include <algorithm>

#include "cpython/exits.h"
#include "cpython/frame.h"
#include "cpython/guards.h"
#include "cpython/layout.h"
#include "cpython/portable.h"
#include "cpython/tools.h"
#include "engine/facts.h"

namespace hone::engine {
namespace {

constexpr std::uint32_t kMaxCompiles = 12;
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

PyObject* run(Code& code, cpython::Frame* frame, PyThreadState* thread) {
    Version* const version = code.current();
    auto* const function = reinterpret_cast<PyFunctionObject*>(cpython::frame_function(frame));
    if (function->func_globals != version->globals || function->func_builtins != version->builtins)
        return cpython::declined();
    ++version->active;
    PyObject* const result = version->body(frame, thread);
    --version->active;
    return result;
}

PyObject* enter(cpython::Entry* entry, cpython::Frame* frame, PyThreadState* thread) {
    Code& code = *static_cast<Code*>(entry->owner);
    if (cpython::tools_active != 0 && cpython::refresh_tools() != 0) return cpython::declined();
    ++code.calls;
    if (code.state == State::Compiled) return run(code, frame, thread);
    if (code.state == State::Interpreted) {
        // For good: from the next call on, the prologue is one forward jump.
        cpython::switch_prologue(entry, false);
        return cpython::declined();
    }
    sample_arguments(code, frame);
    if (code.calls <= settings().threshold) return cpython::declined();
    auto* const function = reinterpret_cast<PyFunctionObject*>(cpython::frame_function(frame));
    compile(code, function->func_globals, function->func_builtins);
    return code.state == State::Compiled ? run(code, frame, thread) : cpython::declined();
}

void release(void* owner) {
    Code* const code = static_cast<Code*>(owner);
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
    entry->call = &enter;
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
    return cpython::start_guards();
}

void stop() {
    std::vector<std::unique_ptr<Version>>
        dying;  // their objects' finalisers may prepare or run code
    for (Code* const code : codes()) {
        code->state = State::Interpreted;
        code->reason = "the interpreter is ending";
        for (auto& version : code->versions)
            if (version->active == 0) dying.push_back(std::move(version));
        std::erase(code->versions, nullptr);
    }
}

cpython::Ref<PyCodeObject> prepare(PyCodeObject* code, const Selector& select) {
    return cpython::prepare_tree(code, [&](PyCodeObject* original) {
        return select(original) ? entry_for(original) : cpython::Ref<cpython::Entry>();
    });
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
    if (settings().exits != compiler::ForcedExits::None || &version != code.current()) return;
    const ir::ExitRow& row = version.made.exits[row_number];
    const auto assumption = static_cast<ir::Assumption>(row.guard);
    if (++version.exits[row_number] < kExitsBeforeRecompile || row.kind != ir::ExitKind::Resume)
        return;
    // Inlined code that leaves for want of an operation can do without the inlining.
    const bool inlined = row.frames.size() > 1;
    if (assumption == ir::Assumption::None && !inlined) {
        if (code.calls < kCallsBeforeJudging || version.exits[row_number] * 2 < code.calls) return;
        code.state = State::Interpreted;
        code.reason = "compiled code leaves at most calls: " + row.reason;
        return;
    }
    code.broken.insert(
        {row.frames.front().resume, inlined ? ir::Assumption::Identity : assumption});
    code.state = State::Cold;
    if (code.compiles < kMaxCompiles) return;
    code.state = State::Interpreted;
    code.reason = "its types keep changing: " + row.reason;
}

}  // namespace hone::engine
