// SPDX-License-Identifier: Apache-2.0
// Calls from one library to another, diverted: the entries of the global offset tables of all
// loaded objects (but this one) that hold a function's address get another's. Nothing has to be
// preloaded, the environment and the program's children stay as they are, and it can be undone at
// any time.
//
// Only entries are changed that hold the very address of the function, or that of the stub that
// looks it up at the first call: what another library has put in its place stays, and an object
// that is being loaded and not relocated yet is left for later. Threads: one at a time.
#pragma once

#include <cstddef>
#include <span>

namespace hone::measure::memory {

struct Diversion {
    const char* name;
    void* hook;
    void** real;                          // what `hook` calls; set by find_real()
    const char* older_version = nullptr;  // of the function, which is diverted, too
    void* older = nullptr;
};

// Finds all functions, where the dynamic linker would find them. False: one is not there.
[[nodiscard]] bool find_real(std::span<Diversion> diversions);
// Diverts the calls of all objects that are loaded now.
void divert(std::span<const Diversion> diversions) noexcept;
// Undoes it.
void restore(std::span<const Diversion> diversions) noexcept;

// Somebody begins to load an object. Threads: any.
void expect_objects() noexcept;
// Is that to be thought of? Threads: any.
[[nodiscard]] bool objects_are_expected() noexcept;
// Are there objects to be looked at? They are a while after they were expected, when they have been
// relocated. Threads: any.
[[nodiscard]] bool objects_wait() noexcept;
// Diverts the calls of those that have been loaded since the last time.
void divert_new(std::span<const Diversion> diversions) noexcept;

}  // namespace hone::measure::memory
