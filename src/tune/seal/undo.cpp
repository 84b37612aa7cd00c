// SPDX-License-Identifier: Apache-2.0
#include "tune/seal/undo.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "tune/seal/failure.h"

namespace hone::tune {
namespace {

namespace fs = std::filesystem;

void check(const std::error_code& error, const std::string& what) {
    if (error) throw SealFailure{what, error.value()};
}

void put_back(const fs::path& from, const fs::path& to) {
    std::error_code error;
    struct stat info{};
    must(lstat(from.c_str(), &info), "look at " + from.string());
    const bool is_folder = S_ISDIR(info.st_mode), is_link = S_ISLNK(info.st_mode);
    // A folder that is there stays as it is, with what else is in it.
    if (is_folder && fs::is_directory(fs::symlink_status(to, error))) return;
    fs::remove_all(to, error);
    check(error, "remove " + to.string());
    if (is_folder) {
        fs::create_directory(to, error);
    } else if (is_link) {
        fs::copy_symlink(from, to, error);
    } else {
        fs::copy_file(from, to, error);
    }
    check(error, "put back " + to.string());
    if (lchown(to.c_str(), info.st_uid, info.st_gid) < 0) errno = 0;  // an ordinary user's already
    if (!is_link) chmod(to.c_str(), info.st_mode & 07777);
    const timespec times[] = {info.st_atim, info.st_mtim};
    utimensat(AT_FDCWD, to.c_str(), times, AT_SYMLINK_NOFOLLOW);
}

}  // namespace

void undo(const std::vector<std::string>& removed, const std::string& kept) {
    std::error_code error;
    for (const std::string& path : removed) {
        fs::remove_all(path, error);
        check(error, "remove " + path);
    }
    if (kept.empty()) return;
    // Folders come before what is in them.
    for (fs::recursive_directory_iterator at(kept), end; at != end; ++at)
        put_back(at->path(), fs::path("/") / at->path().lexically_relative(kept));
}

}  // namespace hone::tune
