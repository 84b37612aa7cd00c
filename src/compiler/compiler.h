// SPDX-License-Identifier: Apache-2.0
// The compiler's door: a unit in, relocatable object code with its exit table out; and
// linking that object code into memory. Free of Python; needs no GIL; compiles may run
// on any thread, one at a time per Session.
//
// Generated functions:
//   hone_obj* hone_body(hone_frame* frame, void* thread_state)
//     entered by the trampoline or at a loop. Returns a new reference, or what hone_leave returned;
//     a loop entry always the latter.
//   hone_obj* hone_direct(void* thread_state, hone_frame* frame, Activation* parent, arguments…)
//     called by other compiled code, with a null frame and borrowed arguments; not in every code.
//     Returns a new reference, or null with an error set.
// Symbols they refer to, resolved by the caller of link(); `act` is the ir::Activation:
//   hone_k<N>        object N of the request's object table (its address is the object)
//   hone_t_<type>    the exact type object of a TypeKind, e.g. hone_t_float
//   hone_true, hone_false, hone_none, hone_small_int_zero (the cached int 0)
//   hone_rt_<name>   runtime functions (runtime/functions.def)
//   hone_code        the engine's record of this code, passed to the four calls below
//   hone_valid       uint8: 0 after an assumed name was touched (Layout::dict_versions false)
//   hone_words       loop entries: the words that the stack's items were taken apart into
//   hone_breaker     the eval breaker word, where Layout::breaker_address is set
//   hone_units       the first unit of the installed code's body, in memory
//   hone_root        Activation: the parent of those that the trampoline entered
//   hone_entered     the same where the code tells where it is: a pointer to it, one for each entry
//   hone_tools       int32: not 0 while a tool traces, profiles or monitors
//   hone_target_<N>  of the code that is object N: address of its hone_direct or null (a pointer),
//                    and the number of calls by it (int64)
//   hone_obj* hone_leave(act, hone_code, row, words)      takes exit `row` (Resume or Raise)
//   void      hone_sync(act, hone_code, row, words)       writes locals and position (Sync row)
//   hone_obj* hone_show_int(old, int64), hone_show_float(old, double)   what a frame slot that
//                                                         holds the bits `old` is to show
//   frame*    hone_frame(act)                             makes the frame of a direct call
//   void      hone_bury(act, object)                      the count of a local has reached zero
//                                                         after hone_finish
//   hone_obj* hone_finish(act, hone_code, row, words, result)  a function with a frame returns
//   int64     hone_poll(act, thread_state, hone_code, row, words)  0; 1 = leave by the exit of the
//                                                         same place; -1 with an error set
//   int64     hone_check_globals(hone_code)               1 = all assumed names still hold
//   void      hone_call_begins(act, thread_state), hone_call_ends(act, thread_state)
//                                                         around a direct call, where
//                                                         Watched::calls
//   void      hone_line(act, thread_state, line), hone_probe(probe)   for the line profiler
//   int64     hone_chaos(hone_code, seed)                 1 = fail this guard (random exits)
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "ir/entries.h"
#include "ir/exits.h"
#include "ir/function.h"
#include "ir/unit.h"

namespace hone::compiler {

enum class Quality : std::uint8_t { Quick, Full };
enum class ForcedExits : std::uint8_t { None, Always, Random };

// What the code tells hone's profilers of itself: a kind of code of its own each.
struct Watched {
    bool calls = false;   // announces direct calls, and nothing is inlined
    bool places = false;  // says where it is before it asks for memory (ir/activation.h)
    bool operator==(const Watched&) const = default;
};

struct Options {
    Quality quality = Quality::Full;
    ForcedExits exits = ForcedExits::None;
    std::uint64_t seed = 0;
    std::set<std::string> disabled_passes;
    std::uint32_t max_ops = 6000;     // IR ops; beyond: "too large"
    std::uint32_t max_words = 24000;  // values that its exits and syncs hand over; the same
    Watched watched;
};

// An assumption that failed too often: code unit and kind; the next compile does without it.
using Broken = std::set<std::pair<std::uint32_t, ir::Assumption>>;

struct Request {
    std::shared_ptr<const ir::Unit> unit;
    Broken broken;
    std::optional<ir::LoopEntry> loop;  // where to enter; none = at the function's first line
    Options options;
};

// What explain says of one source line.
struct LineNote {
    std::int32_t line = 0;
    std::uint32_t native_ops = 0, object_ops = 0, guards = 0;
    std::vector<std::string> reasons;
};

struct ObjectCode {
    std::vector<std::uint8_t> elf;  // x86-64 relocatable object
    std::vector<ir::ExitRow> exits;
    std::vector<ir::Place> places;  // what Activation::place counts; where it is told
    std::vector<LineNote> notes;
    std::uint32_t ops = 0;  // IR ops after passes
    std::string ir_text;    // when asked for by HONE_DUMP
};

[[nodiscard]] Result<ObjectCode> compile(const Request& request);

// The middle of compile(), apart for tests and tools.
[[nodiscard]] Result<ir::Function> build_ir(const Request& request, std::vector<LineNote>* notes);

using Resolver = std::function<std::uint64_t(std::string_view symbol)>;  // 0 = unknown

// Code in executable memory; unmapped when destroyed (the caller makes sure that no thread is in
// it).
class LinkedCode {
  public:
    virtual ~LinkedCode() = default;
    [[nodiscard]] virtual void* entry() const = 0;
    [[nodiscard]] virtual void* direct() const = 0;  // hone_direct, or null
    [[nodiscard]] virtual std::size_t size() const = 0;
};

[[nodiscard]] Result<std::unique_ptr<LinkedCode>> link(const ObjectCode& code,
                                                       const Resolver& resolve);

}  // namespace hone::compiler
