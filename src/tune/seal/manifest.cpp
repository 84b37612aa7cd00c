// SPDX-License-Identifier: Apache-2.0
#include "tune/seal/manifest.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "tune/compare/digest.h"
#include "tune/seal/mount_table.h"

namespace hone::tune {
namespace {

std::string digest_of(int folder, const std::string& name) {
    const int file = openat(folder, name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (file < 0) return "unreadable";
    Digest digest;
    std::array<char, 65536> block;
    for (ssize_t n; (n = read(file, block.data(), block.size())) > 0;) {
        digest.add(block.data(), static_cast<std::size_t>(n));
    }
    close(file);
    return digest.hex();
}

std::string link_target(int folder, const std::string& name) {
    std::array<char, 4096> text{};
    const ssize_t size = readlinkat(folder, name.c_str(), text.data(), text.size());
    return size < 0 ? std::string() : std::string(text.data(), static_cast<std::size_t>(size));
}

// An extended attribute of the overlay on an open folder ("" if it has none).
std::string overlay_mark(int folder, const char* name) {
    std::array<char, 4096> text{};
    for (const char* prefix : {"trusted.overlay.", "user.overlay."}) {
        const ssize_t size =
            fgetxattr(folder, (std::string(prefix) + name).c_str(), text.data(), text.size());
        if (size > 0) return std::string(text.data(), static_cast<std::size_t>(size));
    }
    return "";
}

ChangeKind kind_of(mode_t mode) {
    switch (mode & S_IFMT) {
        case S_IFREG:
            return ChangeKind::kFile;
        case S_IFDIR:
            return ChangeKind::kFolder;
        case S_IFLNK:
            return ChangeKind::kLink;
        case S_IFIFO:
            return ChangeKind::kPipe;
        case S_IFSOCK:
            return ChangeKind::kSocket;
        default:
            return ChangeKind::kDevice;
    }
}

// Overlayfs marks a deleted path by a character device 0:0.
bool is_whiteout(const struct stat& info) {
    return S_ISCHR(info.st_mode) && info.st_rdev == makedev(0, 0);
}

class LayerReader {
  public:
    LayerReader(const std::vector<std::string>& hidden, std::vector<Change>& out)
        : hidden_(hidden), out_(out) {}

    // `lower`: the same folder before the run, -1 if there was none.
    void read_folder(int upper, int lower, const std::string& path) {
        DIR* dir = fdopendir(dup(upper));
        if (!dir) return;
        rewinddir(dir);
        while (const dirent* entry = readdir(dir)) {
            const std::string name = entry->d_name;
            if (name == "." || name == "..") continue;
            read_entry(upper, lower, name, path == "/" ? "/" + name : path + "/" + name);
        }
        closedir(dir);
    }

    void read_entry(int upper, int lower, const std::string& name, const std::string& path) {
        if (is_hidden(path)) return;
        struct stat now;
        struct stat before;
        if (fstatat(upper, name.c_str(), &now, AT_SYMLINK_NOFOLLOW) < 0) return;
        const bool existed =
            lower >= 0 && fstatat(lower, name.c_str(), &before, AT_SYMLINK_NOFOLLOW) == 0;
        if (is_whiteout(now)) {
            if (existed)
                out_.push_back({.kind = ChangeKind::kDeleted, .path = path, .content = {}});
        } else if (S_ISDIR(now.st_mode)) {
            read_changed_folder(upper, lower, name, path, now, existed ? &before : nullptr);
        } else if (Change change = describe(upper, name, path, now);
                   !existed || !is_same(change, describe(lower, name, path, before))) {
            out_.push_back(std::move(change));
        }
    }

  private:
    [[nodiscard]] bool is_hidden(const std::string& path) const {
        return std::ranges::any_of(
            hidden_, [&](const std::string& folder) { return is_within(path, folder); });
    }

    static Change describe(int folder, const std::string& name, const std::string& path,
                           const struct stat& info) {
        Change change{.kind = kind_of(info.st_mode),
                      .path = path,
                      .mode = info.st_mode & 07777,
                      .owner = info.st_uid,
                      .group = info.st_gid,
                      .content = {}};
        if (change.kind == ChangeKind::kFile) {
            change.size = static_cast<std::uint64_t>(info.st_size);
            change.content = digest_of(folder, name);
        } else if (change.kind == ChangeKind::kLink) {
            change.content = link_target(folder, name);
        }
        return change;
    }

    static bool is_same(const Change& a, const Change& b) {
        return a.kind == b.kind && a.mode == b.mode && a.owner == b.owner && a.group == b.group &&
               a.size == b.size && a.content == b.content;
    }

    void read_changed_folder(int upper, int lower, const std::string& name, const std::string& path,
                             const struct stat& now, const struct stat* before) {
        const int folder =
            openat(upper, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (folder < 0) return;
        const std::string redirect = overlay_mark(folder, "redirect");
        const bool replaced = overlay_mark(folder, "opaque") == "y" || !redirect.empty();
        const bool was_folder = before && S_ISDIR(before->st_mode);
        if (!was_folder || replaced || before->st_mode != now.st_mode ||
            before->st_uid != now.st_uid || before->st_gid != now.st_gid) {
            out_.push_back({.kind = ChangeKind::kFolder,
                            .path = path,
                            .mode = now.st_mode & 07777,
                            .owner = now.st_uid,
                            .group = now.st_gid,
                            .content = replaced ? "replaced" + redirect : ""});
        }
        const int old =
            was_folder && !replaced
                ? openat(lower, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
                : -1;
        read_folder(folder, old, path);
        close(folder);
        if (old >= 0) close(old);
    }

    const std::vector<std::string>& hidden_;
    std::vector<Change>& out_;
};

// A split folder lies in the tmpfs itself: what was not there at the beginning is new.
void read_split(const SplitFolder& split, LayerReader& reader) {
    const int folder = open(split.path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return;
    DIR* dir = fdopendir(dup(folder));
    while (const dirent* entry = dir ? readdir(dir) : nullptr) {
        const std::string name = entry->d_name;
        if (name == "." || name == ".." || std::ranges::binary_search(split.entries, name))
            continue;
        reader.read_entry(folder, -1, name,
                          split.path == "/" ? "/" + name : split.path + "/" + name);
    }
    if (dir) closedir(dir);
    close(folder);
}

}  // namespace

std::vector<Change> read_changes(const SealedRoot& root, const std::vector<std::string>& hidden) {
    std::vector<Change> out;
    LayerReader reader(hidden, out);
    for (const Layer& layer : root.layers) reader.read_folder(layer.upper, layer.lower, layer.path);
    for (const SplitFolder& split : root.split) read_split(split, reader);
    std::ranges::sort(out, {}, &Change::path);
    return out;
}

}  // namespace hone::tune
