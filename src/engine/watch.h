// SPDX-License-Identifier: Apache-2.0
// Watching compiled functions' calls: an observer is shown a sample of real calls before they are
// made, the first ones, then ever rarer. Costs nothing while nobody watches: only code prepared
// afterwards gets an entry that asks.
#pragma once

#include <Python.h>

#include <cstdint>
#include <functional>

#include "cpython/frame.h"
#include "cpython/trampoline.h"

namespace hone::engine {

struct Code;

// A call that is about to be made: the function, what it was given (borrowed).
struct WatchedCall {
    Code& code;
    PyObject* function;
    PyObject* args;    // tuple
    PyObject* kwargs;  // dict
};
using Observer = std::function<void(const WatchedCall&)>;

// From now on code that is prepared is watched.
void watch_calls(Observer observer);
[[nodiscard]] bool watching() noexcept;
// Shows the call in `frame` to the observer if it is one of the sample.
void show_call(Code& code, cpython::Frame* frame);

// For a forked copy of this process: every function runs as bytecode from now on, or none is shown
// any more.
void interpret_everything();
void stop_watching() noexcept;

// When calls are shown: the first four, then each time a quarter more have been.
struct Sample {
    std::uint64_t calls = 0;  // of the compiled function
    std::uint64_t next = 1;

    [[nodiscard]] bool take() {
        if (++calls != next) return false;
        next = calls < 4 ? calls + 1 : calls + calls / 4;
        return true;
    }
    void end() { next = 0; }
};

}  // namespace hone::engine
