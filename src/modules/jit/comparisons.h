// SPDX-License-Identifier: Apache-2.0
// Comparing real calls of compiled functions on forked twins (tune/twin/twin.h), and what came of
// it, function by function. For the one run in which `hone tune` compares.
#pragma once

#include <Python.h>

#include "cpython/ref.h"
#include "engine/code.h"

namespace hone::modules {

// Code prepared from now on is compared, for so many seconds in all.
void compare_calls(double seconds);

// What the report says of a function: a new dict, or None if none of its calls was compared.
[[nodiscard]] cpython::Ref<> comparisons_of(const engine::Code& code);

}  // namespace hone::modules
