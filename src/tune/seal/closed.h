// SPDX-License-Identifier: Apache-2.0
// Closing a process off where namespaces are not to be had: by Landlock it can open no file for
// writing and make, rename or remove none, by a system-call filter it can reach no socket, no other
// process and no shared memory, and change no file's mode, owner, times or attributes. A program
// that tries gets "permission denied": unlike in a sealed root it can't be measured past that.
// Not kept from it: locks on files it may read, and reading from a named pipe.
#pragma once

#include <string>
#include <vector>

namespace hone::tune {

// Irrevocable, for this process and what it starts. `writable`: folders of hone's own in which
// anything goes. Throws SealFailure.
void close_off(const std::vector<std::string>& writable);

}  // namespace hone::tune
