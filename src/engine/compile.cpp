// SPDX-License-Identifier: Apache-2.0
// From a prepared code object to a linked body.
#include <time.h>

#include <optional>

#include "cpython/guards.h"
#include "engine/announce.h"
#include "engine/code.h"
#include "engine/compiler_library.h"
#include "engine/engine.h"
#include "engine/facts.h"
#include "engine/footprint.h"
#include "engine/places.h"
#include "engine/services.h"

namespace hone::engine {
namespace {

double cpu_seconds() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

// What compiling costs, put to the code's account at the end.
class Cost {
  public:
    explicit Cost(Code& code) : code_(code) {
        ++code.compiles;
        tell_compiling(true);
    }
    Cost(const Cost&) = delete;
    Cost& operator=(const Cost&) = delete;
    ~Cost() {
        const double seconds = cpu_seconds() - start_;
        const auto nanoseconds = static_cast<std::int64_t>(seconds * 1e9);
        code_.compile_seconds += seconds;
        leave_out(nanoseconds);  // to no call's charge
        leave_compiling_out(nanoseconds);
        code_.compile_bytes += grown_since(before_);
        tell_compiling(false);
    }

  private:
    Code& code_;
    double start_ = cpu_seconds();
    Footprint before_ = footprint();
};

compiler::Request request_for(const Code& code, std::shared_ptr<const ir::Unit> unit) {
    compiler::Request request;
    request.unit = std::move(unit);
    request.broken = code.broken;
    request.options.exits = settings().exits;
    request.options.seed = settings().seed;
    request.options.watched = watched_now();
    return request;
}

// From here on a rebinding of an assumed name clears `valid` (3.12+), or moves a dict version.
Result<void> watch(Version& version, bool dict_versions) {
    if (dict_versions) {
        version.globals_version = cpython::dict_version(version.globals);
        version.builtins_version = cpython::dict_version(version.builtins);
        return {};
    }
    for (const AssumedName& assumed : version.names)
        if (!cpython::watch_name(assumed.dict, assumed.name, &version.valid))
            return fail("no dict watcher is free");
    return {};
}

Result<std::unique_ptr<Version>> make_version(Code& code, std::optional<ir::LoopEntry> loop,
                                              PyObject* globals, PyObject* builtins) {
    auto version = std::make_unique<Version>();
    version->code = &code;
    version->watched = watched_now();
    version->lines_epoch = lines_epoch();
    version->broken = code.broken.size();
    version->loop = std::move(loop);
    if (version->loop) version->words.resize(ir::words_of(*version->loop));
    version->globals = globals;
    version->builtins = builtins;
    static_cast<void>(version->objects.id_of(globals));
    static_cast<void>(version->objects.id_of(builtins));
    const auto door = compiler_door();
    if (!door) return std::unexpected(door.error());
    auto unit = make_unit(code, *version);
    if (!unit) return std::unexpected(unit.error());
    const bool dict_versions = (*unit)->layout.dict_versions;
    version->tells_lines = (*unit)->lines_watched;
    compiler::Request request = request_for(code, *unit);
    request.loop = version->loop;
    auto made = (*door)->compile(request);
    if (!made) return std::unexpected(made.error());
    version->made = std::move(*made);
    version->exits.assign(version->made.exits.size(), 0);
    auto linked = (*door)->link(version->made,
                                [&](std::string_view symbol) { return resolve(*version, symbol); });
    if (!linked) return std::unexpected(linked.error());
    version->linked = std::move(*linked);
    version->body = reinterpret_cast<Body>(version->linked->entry());
    make_places(*version);
    if (auto watched = watch(*version, dict_versions); !watched)
        return std::unexpected(watched.error());
    return version;
}

}  // namespace

Version::~Version() {
    cpython::unwatch_flag(&valid);
}

void compile(Code& code, PyObject* globals, PyObject* builtins) {
    std::optional<Cost> cost(std::in_place, code);
    if (Version* const last = code.current(); last != nullptr) {
        static_cast<void>(names_hold(*last, code.unstable));
        count_class_changes(*last, code.class_changes);
    }
    auto version = make_version(code, {}, globals, builtins);
    cost.reset();
    if (!version) {
        set_state(code, State::Interpreted);
        code.reason = version.error().reason;
        return;
    }
    code.notes = (*version)->made.notes;
    code.versions.push_back(std::move(*version));
    set_state(code, State::Compiled);
    code.reason.clear();
    code.ticks = 0;
    const bool judged = settings().compare && settings().exits == compiler::ForcedExits::None;
    const bool watched = code.current()->tells_lines || watched_now() != compiler::Watched{};
    if (judged && !watched) code.contest = std::make_unique<Contest>();
}

// Callers over other globals go the general way: they would reach a body that is not theirs.
void set_state(Code& code, State state) {
    code.state = state;
    code.target.direct = nullptr;
    // Who watches calls wants to see those of compiled callers, too.
    if (state != State::Compiled || watching()) return;
    const Version& version = *code.current();
    if (code.target_globals == nullptr) code.target_globals = version.globals;
    if (code.target_globals == version.globals) code.target.direct = version.linked->direct();
}

Result<std::unique_ptr<Version>> compile_loop(Code& code, ir::LoopEntry entry, PyObject* globals,
                                              PyObject* builtins) {
    const Cost cost(code);
    auto version = make_version(code, std::move(entry), globals, builtins);
    if (version) code.notes = (*version)->made.notes;
    return version;
}

}  // namespace hone::engine
