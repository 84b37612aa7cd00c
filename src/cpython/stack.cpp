// SPDX-License-Identifier: Apache-2.0
#include "cpython/private.h"

#include "cpython/stack.h"

#include <pthread.h>

#include <algorithm>

namespace hone::cpython {

namespace {

constexpr std::uint64_t kReserve = 256 << 10;
// Calls of C functions that the interpreter still allows (3.12, 3.13): compiled code stops before
// it would be compiled code's doing that they run out.
constexpr int kReservedCalls = 100;

// The lowest address of the calling thread's stack, as the system has it.
std::uint64_t stack_end() noexcept {
    pthread_attr_t attributes;
    if (pthread_getattr_np(pthread_self(), &attributes) != 0) return 0;
    void* address = nullptr;
    std::size_t size = 0, guard = 0;
    pthread_attr_getstack(&attributes, &address, &size);
    pthread_attr_getguardsize(&attributes, &guard);
    pthread_attr_destroy(&attributes);
    // A part of a small stack, so that there is something left to use.
    return reinterpret_cast<std::uint64_t>(address) + guard +
           std::min<std::uint64_t>(kReserve, size / 2);
}

}  // namespace

std::uint64_t stack_limit(PyThreadState* thread) noexcept {
    thread_local const std::uint64_t limit = stack_end();
    return raw::c_calls_left(thread) < kReservedCalls ? ~std::uint64_t{0} : limit;
}

}  // namespace hone::cpython
