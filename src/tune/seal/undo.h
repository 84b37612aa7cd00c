// SPDX-License-Identifier: Apache-2.0
// Taking back, inside the sealed root, what the user's own run has changed: so that a program that
// deletes its input or makes a folder can run again. Which paths, python/hone/tune/before.py knows.
#pragma once

#include <string>
#include <vector>

namespace hone::tune {

// Removes the paths with all that is in them, then lays the tree `kept` over the root: its folders,
// files and links with mode, owner and times ("" = none). Throws SealFailure.
void undo(const std::vector<std::string>& removed, const std::string& kept);

}  // namespace hone::tune
