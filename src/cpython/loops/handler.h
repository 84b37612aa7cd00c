// SPDX-License-Identifier: Apache-2.0
// Between back_edges.cpp and the events of one version.
#pragma once

#include "cpython/loops/back_edges.h"

namespace hone::cpython {

[[nodiscard]] BackEdge back_edge_handler() noexcept;

}  // namespace hone::cpython
