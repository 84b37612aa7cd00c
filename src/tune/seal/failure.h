// SPDX-License-Identifier: Apache-2.0
// A step of setting up a sealed run that did not work: what was tried, and errno. Thrown inside the
// forked processes only, and caught there once (launch.cpp), because a set-up of thirty system
// calls reads better without thirty checks; it never crosses a process or reaches Python.
#pragma once

#include <cerrno>
#include <string>
#include <utility>

namespace hone::tune {

struct SealFailure {
    std::string what;
    int number;
};

// Throws unless the system call succeeded.
inline int must(int result, std::string what) {
    if (result < 0) throw SealFailure{std::move(what), errno};
    return result;
}

}  // namespace hone::tune
