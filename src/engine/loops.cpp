// SPDX-License-Identifier: Apache-2.0
#include "engine/loops.h"

#include <time.h>

#include <algorithm>
#include <climits>

#include "cpython/bytecode/unit.h"
#include "cpython/exits.h"
#include "cpython/frame.h"
#include "cpython/guards.h"
#include "cpython/loops/back_edges.h"
#include "cpython/loops/observe.h"
#include "cpython/loops/ticker.h"
#include "cpython/portable.h"
#include "cpython/stack.h"
#include "cpython/tools.h"
#include "engine/activations.h"
#include "engine/announce.h"
#include "engine/engine.h"
#include "engine/facts.h"
#include "engine/places.h"

namespace hone::engine {
namespace {

using cpython::Frame;

constexpr std::uint32_t kTick = 5;               // milliseconds of CPU time
constexpr std::uint32_t kSlowestTick = 80;       // while nothing is found
constexpr std::uint32_t kTicksBeforeEntry = 10;  // so long a loop pays for loading the compiler
constexpr std::uint32_t kTicksInContest = 100;   // … of a compiled function (contest.h)
constexpr std::uint32_t kTicksWatched = 4;       // without a back edge: given up for now
constexpr int kFramesSeen = 32;
constexpr std::size_t kVersionsOfLoop = 4;
constexpr std::uint32_t kCompilesOfLoops = 24;
constexpr std::uint32_t kFruitless = 4;
constexpr std::uint64_t kExitsBeforeRecompile = 2;
constexpr std::uint32_t kNativeForObject = 20;  // operations that pay for one that runs Python
constexpr double kWorthwhile = 100e-6;  // seconds in compiled code that pay for an entry at once

// The header to which compiled code has just left, where it is announced again: nothing has run.
struct LeftAt {
    Frame* frame = nullptr;
    std::uint32_t unit = 0;
};
LeftAt left_at;

bool stopped = false;
Code* watched = nullptr;  // the one code whose back edges are announced (LoopEntries::Hot)
std::uint32_t watched_for = 0;
std::uint32_t pause = kTick;

double now() {
    timespec time{};
    clock_gettime(CLOCK_MONOTONIC, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

// The loops around a loop, as one span.
cpython::LoopSpan nest_of(const Code& code, const Loop& loop) {
    cpython::LoopSpan nest{loop.first, loop.last};
    for (bool grows = true; std::exchange(grows, false);)
        for (const Loop& other : code.loops) {
            const bool around = other.first <= nest.header && other.last >= nest.header;
            if (!around || (other.first >= nest.header && other.last <= nest.jump)) continue;
            nest = {std::min(nest.header, other.first), std::max(nest.jump, other.last)};
            grows = true;
        }
    return nest;
}

void read_loops(Code& code) {
    if (std::exchange(code.loops_read, true)) return;
    for (const cpython::LoopSpan span : cpython::read_loops(code.original())) {
        const auto same = [&](const Loop& loop) { return loop.first == span.header; };
        const auto known = std::find_if(code.loops.begin(), code.loops.end(), same);
        if (known == code.loops.end())
            code.loops.push_back({.first = span.header, .last = span.jump});
        else
            known->last = std::max(known->last, span.jump);
    }
    for (Loop& loop : code.loops)
        loop.names = cpython::names_stored(code.original(), nest_of(code, loop));
}

bool has_entry_left(const Code& code) {
    return std::any_of(code.loops.begin(), code.loops.end(),
                       [](const Loop& loop) { return loop.refused.empty(); });
}

Loop* loop_at(Code& code, std::uint32_t unit) {
    for (Loop& loop : code.loops)
        if (loop.first == unit) return &loop;
    return nullptr;
}

// Is the frame, which runs `code`, within a loop that may be entered?
bool in_loop(Code& code, Frame* frame) {
    read_loops(code);
    const std::uint32_t unit = cpython::running_unit(frame) - code.entry->body_offset;
    return std::any_of(code.loops.begin(), code.loops.end(), [&](const Loop& loop) {
        return loop.refused.empty() && loop.first <= unit && unit <= loop.last + 1;
    });
}

// Does compiled code run in a frame of it already? (Not known frame by frame.)
bool runs_compiled(const Code& code) {
    const auto active = [](const auto& version) { return version->active != 0; };
    if (std::any_of(code.versions.begin(), code.versions.end(), active)) return true;
    return std::any_of(code.loops.begin(), code.loops.end(), [&](const Loop& loop) {
        return std::any_of(loop.versions.begin(), loop.versions.end(), active);
    });
}

void watch(Code& code, bool on) {
    if (code.watched == on || code.entry->installed == nullptr) return;
    if (on)
        code.watched = cpython::watch_back_edges(code.entry->installed);
    else
        cpython::unwatch_back_edges(code.entry->installed);
    code.watched = on && code.watched;
}

void stop_watching() {
    if (Code* const code = std::exchange(watched, nullptr)) watch(*code, false);
}

void start_watching(Code& code) {
    stop_watching();
    watch(code, true);
    if (!code.watched && code.entry->installed != nullptr) return;
    watched = &code;
    watched_for = 0;
}

// --- the ticker

// The innermost frame that is in a loop of prepared code.
Code* looping_code(PyThreadState* thread) {
    Frame* frame = innermost_interpreted(thread);
    for (int i = 0; frame != nullptr && i < kFramesSeen; ++i, frame = cpython::caller_of(frame)) {
        Code* const code = cpython::is_shim(frame) ? nullptr : code_of(cpython::frame_code(frame));
        if (code != nullptr && !runs_compiled(*code) && in_loop(*code, frame)) return code;
    }
    return nullptr;
}

bool anything_left() {
    return std::any_of(all_codes().begin(), all_codes().end(),
                       [](const Code* code) { return !code->loops_read || has_entry_left(*code); });
}

std::uint32_t slower() {
    return pause = std::min(2 * pause, kSlowestTick);
}

// A function that is compared with the interpreter is found there without its calls being long.
std::uint32_t ticks_before_entry(const Code& code) {
    return code.contest ? kTicksInContest : kTicksBeforeEntry;
}

std::uint32_t tick() noexcept {
    if (stopped || settings().loops != LoopEntries::Hot) return 0;
    if (cpython::foreign_tool_on()) {
        stop_watching();
        return slower();
    }
    if (watched != nullptr) {
        if (++watched_for < kTicksWatched) return kTick;
        stop_watching();
        return slower();
    }
    Code* const code = looping_code(cpython::current_thread());
    if (code == nullptr) return anything_left() ? slower() : 0;
    pause = kTick;
    if (++code->ticks >= ticks_before_entry(*code)) start_watching(*code);
    return kTick;
}

// --- entering

// One back edge in four, in an order that the seed decides (xorshift).
bool drawn() {
    static std::uint64_t state = settings().lot;
    if (settings().lot == 0) return true;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (state >> 20) % 4 == 0;
}

void refuse(Loop& loop, std::string reason) {
    loop.refused = std::move(reason);
    for (auto& version : loop.versions) version->stale = true;
}

// Most of a loop that works on objects runs in the interpreter's own functions either way, and
// there they are reached sooner: each call from compiled code writes the frame first.
bool mostly_native(const Code& code, const Loop& loop, const Version& version) {
    int first = INT_MAX, last = 0;
    for (std::uint32_t unit = loop.first; unit <= loop.last; ++unit) {
        const int line = PyCode_Addr2Line(code.original(), static_cast<int>(2 * unit));
        if (line <= 0) continue;
        first = std::min(first, line);
        last = std::max(last, line);
    }
    std::uint64_t native = 0, objects = 0;
    for (const compiler::LineNote& note : version.made.notes) {
        if (note.line < first || note.line > last) continue;
        native += note.native_ops;
        objects += note.object_ops;
    }
    return objects * kNativeForObject <= native;
}

bool usable(Version& version, Frame* frame, const ir::LoopEntry& seen) {
    if (version.stale || !fits(version) || version.loop != seen ||
        version.globals != cpython::frame_globals(frame) ||
        version.builtins != cpython::frame_builtins(frame))
        return false;
    version.stale = !names_hold(version, version.code->unstable) || version.valid == 0;
    if (version.stale) return false;
    version.globals_version = cpython::dict_version(version.globals);
    version.builtins_version = cpython::dict_version(version.builtins);
    return true;
}

Version* version_for(Code& code, Loop& loop, Frame* frame, ir::LoopEntry seen) {
    for (auto& version : loop.versions)
        if (usable(*version, frame, seen)) return version.get();
    const auto fresh = [](const auto& version) { return !version->stale && fits(*version); };
    const auto count = std::count_if(loop.versions.begin(), loop.versions.end(), fresh);
    if (static_cast<std::size_t>(count) >= kVersionsOfLoop) {
        refuse(loop, "its variables have too many combinations of types");
        return nullptr;
    }
    if (code.compiles >= kCompilesOfLoops) {
        refuse(loop, "its types keep changing");
        return nullptr;
    }
    auto made = compile_loop(code, std::move(seen), cpython::frame_globals(frame),
                             cpython::frame_builtins(frame));
    if (!made) {
        refuse(loop, made.error().reason);
        return nullptr;
    }
    if (settings().loops == LoopEntries::Hot && !mostly_native(code, loop, **made)) {
        refuse(loop, "too little of it is native: it works on objects");
        return nullptr;
    }
    loop.versions.push_back(std::move(*made));
    return loop.versions.back().get();
}

// Where the exit went: out of the loop for good, or into its middle?
bool left_within(const Loop& loop, const Version& version) {
    const std::uint32_t unit = version.made.exits[version.last_exit].frames.front().resume;
    return loop.first <= unit && unit <= loop.last;
}

// Was entering worth it? Returns whether to enter again at the next back edge.
bool judge(Code& code, Loop& loop, Version& version, double seconds) {
    if (!left_within(loop, version)) {
        loop.fruitless = 0;
        code.ticks = 0;
        return false;
    }
    const ir::ExitRow& row = version.made.exits[version.last_exit];
    const auto assumption = static_cast<ir::Assumption>(row.guard);
    if (row.kind == ir::ExitKind::Resume && assumption != ir::Assumption::None &&
        version.exits[version.last_exit] >= kExitsBeforeRecompile) {
        const bool inlined = row.frames.size() > 1;
        code.broken.insert(
            {row.frames.front().resume, inlined ? ir::Assumption::Identity : assumption});
        version.stale = true;
        return true;
    }
    if (seconds >= kWorthwhile) {
        loop.fruitless = 0;
        return true;
    }
    if (++loop.fruitless >= kFruitless) refuse(loop, "compiled code leaves it at once");
    return false;
}

PyObject* run_body(Version& version, Frame* frame, PyThreadState* thread) {
    const std::uint64_t limit = cpython::stack_limit(thread);
    if (version.watched.places) return run_placed(version, frame, thread, limit);
    root.stack_limit = limit;
    ++version.active;
    PyObject* const result = version.body(frame, thread);
    --version.active;
    return result;
}

void run_version(Code& code, Loop& loop, Version& version, Frame* frame, PyThreadState* thread,
                 cpython::Jump jump) {
    const double start = now();
    ++code.loop_entries;
    {
        const cpython::OutsideEvent outside(thread);
        tell_header(version, frame, thread, jump);
        cpython::take_stack(frame, *version.loop, version.words.data());
        Py_DECREF(run_body(version, frame, thread));
    }
    cpython::resume_at_exit(frame, code.entry);
    const std::uint32_t unit = version.made.exits[version.last_exit].frames.front().resume;
    if (cpython::announces_exits()) left_at = {frame, unit + code.entry->body_offset};
    if (settings().loops == LoopEntries::Always) return;
    if (judge(code, loop, version, now() - start)) start_watching(code);
}

void on_back_edge(Frame* frame, PyThreadState* thread, cpython::Jump jump) {
    Code* const code = code_of(cpython::frame_code(frame));
    if (code == nullptr || !code->watched) return;
    read_loops(*code);
    Loop* const loop = loop_at(*code, jump.to - code->entry->body_offset);
    if (loop == nullptr) return;
    const LeftAt left = std::exchange(left_at, {});
    if (left.frame == frame && left.unit == jump.to) return;
    if (settings().loops == LoopEntries::Hot) stop_watching();
    if (!drawn()) return;
    if (stopped || !loop->refused.empty() || !cpython::has_plain_names(frame)) return;
    if (cpython::foreign_tool_on()) return;
    if (reinterpret_cast<std::uint64_t>(__builtin_frame_address(0)) < cpython::stack_limit(thread))
        return;
    auto seen = cpython::observe_loop(frame, loop->first, loop->names);
    if (!seen) return;
    Version* const version = version_for(*code, *loop, frame, std::move(*seen));
    if (version != nullptr) run_version(*code, *loop, *version, frame, thread, jump);
}

}  // namespace

void start_loops() {
    cpython::set_back_edge(&on_back_edge);
}

void stop_loops() {
    stopped = true;
    watched = nullptr;
    cpython::stop_ticker();
    cpython::stop_back_edges();
}

void expect_loops(Code& code) {
    if (stopped || settings().loops == LoopEntries::Never) return;
    if (settings().loops == LoopEntries::Always) {
        read_loops(code);
        if (!code.loops.empty()) watch(code, true);
    } else {
        pause = kTick;
        cpython::start_ticker(&tick);
    }
}

void forget_loops(Code& code) {
    if (watched == &code) watched = nullptr;
}

void loops_after_fork() {
    cpython::restart_ticker();
}

void count_loop_exit(Version& version, std::size_t row) {
    ++version.exits[row];
    version.last_exit = row;
}

}  // namespace hone::engine
