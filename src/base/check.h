// SPDX-License-Identifier: Apache-2.0
// HONE_CHECK: our own bugs only, never reachable from what a user writes. It prints
// the place and aborts; expected failures are Result values (result.h).
#pragma once

#include <cstdio>
#include <cstdlib>

namespace hone {

[[noreturn]] inline void check_failed(const char* file, int line, const char* what,
                                      const char* why) {
    std::fprintf(stderr, "hone: internal error at %s:%d: %s (%s)\n", file, line, why, what);
    std::abort();
}

}  // namespace hone

#define HONE_CHECK(cond, why) \
    ((cond) ? static_cast<void>(0) : ::hone::check_failed(__FILE__, __LINE__, #cond, why))
