// SPDX-License-Identifier: Apache-2.0
// What a sealed program changed in the file system, read from the overlays' upper layers and
// compared with the lower ones: a file that was only opened for writing is no change. Sorted by
// path.
#pragma once

#include <string>
#include <vector>

#include "tune/seal/request.h"
#include "tune/seal/root.h"

namespace hone::tune {

// Requires: the program and all its processes have ended. Changes at or below `hidden` are left
// out.
std::vector<Change> read_changes(const SealedRoot& root, const std::vector<std::string>& hidden);

}  // namespace hone::tune
