// SPDX-License-Identifier: Apache-2.0
// Result<T>: a value, or the sentence that says why there is none. For failures that
// are expected ("this function can't be compiled"); the sentence reaches the user as
// it stands, through `hone explain`.
#pragma once

#include <expected>
#include <string>

namespace hone {

struct Failure {
    std::string reason;
};

template <class T>
using Result = std::expected<T, Failure>;

[[nodiscard]] inline std::unexpected<Failure> fail(std::string reason) {
    return std::unexpected(Failure{std::move(reason)});
}

}  // namespace hone

// Evaluates to the value, or returns the failure from the enclosing function (GNU statement
// expression).
#define HONE_TRY(expr)                                                   \
    ({                                                                   \
        auto hone_result_ = (expr);                                      \
        if (!hone_result_) return std::unexpected(hone_result_.error()); \
        std::move(*hone_result_);                                        \
    })
