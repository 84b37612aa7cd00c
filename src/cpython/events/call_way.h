// SPDX-License-Identifier: Apache-2.0
// In which way a call comes about: what of it the interpreter announces, and which of its shortcuts
// it gives up to do so. The price of watching the call depends on it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace hone::cpython {

enum class CallWay : std::uint8_t {
    Function,  // of a Python function or method, from bytecode
    Object,    // of a Python function by a class or another object that was called (3.12 and later)
    Bare,      // of a Python function from C: an operator, a key function, a property
    Resumed,   // of a generator or coroutine that goes on
    Native,    // of a function in C
    Compiled,  // of compiled code by compiled code
    Hidden,  // of a class or another object: no call in the profile, but announced (3.12 and later)
};
inline constexpr std::size_t kCallWays = 7;

}  // namespace hone::cpython
