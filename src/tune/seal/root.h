// SPDX-License-Identifier: Apache-2.0
// The file system a sealed program sees: a copy of the mount tree in which every real file system
// lies below an overlay whose upper layer is a private tmpfs, with a /dev of harmless devices, a
// read-only /sys and the PID namespace's own /proc. What the program changed is then exactly what
// is in the upper layers; manifest.cpp reads it there.
//
// An ordinary user's namespace locks the mounts it inherits, and the kernel lays no overlay over a
// folder with locked mounts below it. There such a folder (always "/") is split: it becomes a plain
// folder, its entries get overlays of their own.
#pragma once

#include <string>
#include <vector>

#include "tune/seal/mount_table.h"

namespace hone::tune {

// One overlay: where it lies, and its two layers as folder descriptors that survive the change of
// root.
struct Layer {
    std::string path;
    int upper = -1;
    int lower = -1;
};

// A split folder: the entries it began with; anything else in it is the program's.
struct SplitFolder {
    std::string path;
    std::vector<std::string> entries;
};

struct SealedRoot {
    std::vector<Layer> layers;
    std::vector<SplitFolder> split;
    std::vector<std::string> notes;
};

// Builds the tree and makes it this process's root. Requires: own mount and PID namespaces.
// `privileged`: the mounts are not locked (the real root user). Throws SealFailure.
SealedRoot enter_sealed_root(bool privileged);

}  // namespace hone::tune
