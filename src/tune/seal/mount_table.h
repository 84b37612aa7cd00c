// SPDX-License-Identifier: Apache-2.0
// The mounts this process sees (/proc/self/mountinfo): mount point and file system type, without
// those hidden below a later mount, parents before children.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hone::tune {

struct MountPoint {
    std::string path;
    std::string type;
};

std::vector<MountPoint> parse_mount_table(std::string_view mountinfo);
std::vector<MountPoint> read_mount_table();  // throws SealFailure

// Is `path` the folder itself or below it?
bool is_within(std::string_view path, std::string_view folder);

}  // namespace hone::tune
