// SPDX-License-Identifier: Apache-2.0
// One call made twice, on forked twins of this process: once as the original, once as the compiled
// function, results compared by fingerprint (compare/fingerprint.h). This process only waits: it
// makes its own call afterwards, as if nothing had been. The twins are no children that wait() or
// SIGCHLD would show, no handler registered with at_fork runs, and a twin that tries to act on the
// outside ends (confine.h). Where the two differ, the original is made once more on a third twin
// whose memory lies otherwise: what differs from itself can't be compared.
// Threads: holds the GIL; a process with several Python threads is not forked.
#pragma once

#include <Python.h>

#include <cstdint>
#include <functional>
#include <string>

namespace hone::tune {

enum class TwinVerdict : std::uint8_t { Equal, Different, HadEffects, NotCompared };

struct TwinAnswer {
    TwinVerdict verdict = TwinVerdict::NotCompared;
    std::string detail;     // what differs, or why it was not compared
    Py_ssize_t opaque = 0;  // objects with state in C that was not looked at
    bool timed_out = false;
};

struct TwinCall {
    // Makes the call, in a twin. A new reference, or null with an error set.
    std::function<PyObject*()> original, compiled;
    // What else the call may have changed, asked afterwards: arguments, globals. A new reference.
    std::function<PyObject*()> state;
};

// `seconds`: how long the twins may take.
[[nodiscard]] TwinAnswer compare_on_twins(const TwinCall& call, double seconds);

}  // namespace hone::tune
