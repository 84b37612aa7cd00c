// SPDX-License-Identifier: Apache-2.0
#include "tune/seal/mount_table.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <sstream>

#include "tune/seal/failure.h"

namespace hone::tune {
namespace {

bool is_octal(char c) {
    return c >= '0' && c <= '7';
}

// The kernel writes space, tab, newline and backslash as \ooo.
std::string unescape(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\\' && i + 3 < text.size() && is_octal(text[i + 1]) &&
            is_octal(text[i + 2]) && is_octal(text[i + 3])) {
            out += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 +
                                     text[i + 3] - '0');
            i += 3;
        } else {
            out += text[i];
        }
    }
    return out;
}

}  // namespace

bool is_within(std::string_view path, std::string_view folder) {
    if (folder == "/") return true;
    return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

std::vector<MountPoint> parse_mount_table(std::string_view mountinfo) {
    // A later mount hides everything that was mounted at or below its place before.
    std::map<std::string, std::string> seen;
    std::istringstream lines{std::string(mountinfo)};
    for (std::string line; std::getline(lines, line);) {
        std::istringstream fields(line);
        std::string id, parent, device, root, place, word, type;
        fields >> id >> parent >> device >> root >> place;
        while (fields >> word && word != "-") {
        }
        if (!(fields >> type)) continue;
        const std::string path = unescape(place);
        std::erase_if(seen, [&](const auto& entry) { return is_within(entry.first, path); });
        seen[path] = type;
    }
    std::vector<MountPoint> out;
    for (auto& [path, type] : seen) out.push_back({path, type});
    return out;  // a map sorts parents before children
}

std::vector<MountPoint> read_mount_table() {
    std::ifstream file("/proc/self/mountinfo");
    if (!file) throw SealFailure{"read /proc/self/mountinfo", errno};
    std::stringstream text;
    text << file.rdbuf();
    return parse_mount_table(text.str());
}

}  // namespace hone::tune
